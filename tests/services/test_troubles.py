"""What rounds that fail tell: of a database that is away a line a minute."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from sqlalchemy.exc import OperationalError

from dispatch.services.troubles import AGAIN_S, Troubles
from dispatch.telemetry.logs import set_up_logs

AWAY = OperationalError("SELECT 1", {}, psycopg.OperationalError("no route\nto 10.0.0.1"))


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    kept = structlog.get_config()
    set_up_logs()
    yield
    structlog.configure(**kept)


def told(capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def test_a_database_that_is_away_is_told_of_once_a_minute(
    capfd: pytest.CaptureFixture[str],
) -> None:
    now = 100.0
    troubles = Troubles(lambda: now)
    for _ in range(10):
        troubles.failed("sweep_failed", AWAY)
        now += 1
    (first,) = told(capfd)
    assert (first["event"], first["error"]) == ("database_unreachable", "no route")
    now += AGAIN_S
    troubles.failed("delivery_failed", AWAY)
    (again,) = told(capfd)
    assert again["away_s"] == 70.0
    troubles.went_well()
    troubles.went_well()
    (back,) = told(capfd)
    assert (back["event"], back["away_s"]) == ("database_back", 70.0)
    troubles.failed("sweep_failed", AWAY)
    assert len(told(capfd)) == 1


def test_other_faults_are_told_each_time_with_where_they_came_from(
    capfd: pytest.CaptureFixture[str],
) -> None:
    troubles = Troubles()
    for _ in range(2):
        try:
            raise RuntimeError("broken")
        except RuntimeError as error:
            troubles.failed("sweep_failed", error)
    one, two = told(capfd)
    assert one["event"] == two["event"] == "sweep_failed"
    assert "broken" in json.dumps(one["exception"])
