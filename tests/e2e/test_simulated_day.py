"""A simulated day, through the API of real processes, leaves sound records."""

from __future__ import annotations

import socket
from datetime import date
from pathlib import Path

import pytest

from dispatch.simulation.command import POLICY
from dispatch.simulation.play import Outcome, Script, play
from dispatch.simulation.requests import drawn

DAY = date(2026, 11, 23)


async def played(folder: Path, url: str, *, count: int, speed: float) -> Outcome:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Script(drawn(count, seed=1), DAY, speed, 1, POLICY)
    return await play(folder, url, port, script)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.rule("GRAB-2", "SLA-4", "SEC-4")
async def test_every_ticket_of_a_day_is_closed_or_explained(
    database_url: str, tmp_path: Path
) -> None:
    outcome = await played(tmp_path, database_url, count=60, speed=2000)
    assert outcome.findings.faults == []
    assert sum(outcome.findings.tickets.values()) == 60
    assert outcome.findings.completed > 0
