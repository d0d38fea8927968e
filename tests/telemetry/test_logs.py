"""Log lines: of what they are part, and what they keep to themselves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dispatch.telemetry.current import apart, begin, doing, note_site, traceparent
from dispatch.telemetry.logs import plain, set_up_logs
from dispatch.telemetry.traces import read_trace


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests find the log as they left it."""
    kept = structlog.get_config()
    yield
    structlog.configure(**kept)


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ('duplicate key "a"\nDETAIL:  Key (phone)=(13800000000) exists.', 'duplicate key "a"'),
        ("bad [parameters: ('13800000000',)]", "bad"),
        ("invalid literal for int(): '13 8000'", "invalid literal for int(): '…'"),
        ("relation 'work_order' is missing", "relation 'work_order' is missing"),
        ("no '张' here", "no '…' here"),
        ("call 13800000000 now", "call … now"),
        ("row 12345", "row 12345"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
    ],
)
def test_the_words_of_an_exception_tell_no_values(words: str, told: str) -> None:
    assert plain(words) == told


def test_a_line_says_what_it_is_part_of(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    log = structlog.get_logger()
    with begin("a job", job="plan_run", job_id="plan_run-1") as made:
        made.user_id, made.home_site_id, made.operation = 7, 2, "BoardDay"
        log.info("one")
        note_site(3)
        note_site(3)
        log.info("two")
        note_site(4)
        log.info("three")
    log.info("outside")
    one, two, three, outside = lines(capfd)
    assert one["trace_id"] == made.trace.trace_id
    known = {name: one[name] for name in ("job", "job_id", "user", "site", "document")}
    assert known == {
        "job": "plan_run",
        "job_id": "plan_run-1",
        "user": 7,
        "site": 2,
        "document": "BoardDay",
    }
    assert two["site"] == 3
    assert three["sites"] == [3, 4]
    assert "site" not in three
    assert not {"trace_id", "user", "site"} & outside.keys()


def test_exceptions_and_libraries_are_told_without_values(
    capfd: pytest.CaptureFixture[str],
) -> None:
    set_up_logs()
    try:
        try:
            int("13800000000x")
        except ValueError as error:
            raise RuntimeError("call 13800000000") from error
    except RuntimeError:
        structlog.get_logger().exception("failed")
    logging.getLogger("somebody").warning("no answer from %s", "13800000000")
    told = capfd.readouterr().err
    failed, library = (json.loads(line) for line in told.splitlines())
    assert "13800000000" not in told
    assert [each["exc_type"] for each in failed["exception"]] == ["RuntimeError", "ValueError"]
    assert (library["logger"], library["level"]) == ("somebody", "warning")


def test_at_a_terminal_lines_are_words(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "warning")
    log = structlog.get_logger()
    log.info("not_told")
    try:
        raise RuntimeError("call 13800000000")
    except RuntimeError:
        log.exception("failed")
    told = capfd.readouterr().err
    assert "not_told" not in told
    assert "RuntimeError: call …" in told
    assert "test_logs.py" in told


async def test_a_task_that_outlives_its_starter_is_part_of_nothing() -> None:
    async def part_of() -> object:
        return doing()

    with begin("a request") as made:
        assert await asyncio.create_task(part_of()) is made
        assert await asyncio.create_task(part_of(), context=apart()) is None
        here = read_trace(traceparent())
        assert here == made.trace
    assert traceparent() is None
