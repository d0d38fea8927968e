"""`dispatch simulate`: a day of requests through the API, and a report of it."""

import shutil
import socket
from datetime import date
from pathlib import Path

import typer

from dispatch.commands.words import say
from dispatch.commands.workplace import out, run
from dispatch.simulation.play import Script, play
from dispatch.simulation.requests import drawn, real
from dispatch.simulation.show import show

POLICY = {
    "planning": {"seconds": 0.05, "repair_seconds": 0.05, "abandoned_after_s": 86_400},
    "live": {"settle_s": 300},
    "guesses": {"retrain_after": 10_000},
    "clocks": {"unused": ["STEWARD_REPORT"]},
    "dispatching": {
        "auto_wait_s": {"EMERGENCY": 0, "HIGH": 3600, "NORMAL": 3600, "LOW": 3600},
    },
}
"""What takes seconds of the world takes up to an hour of this day. So plans are short, a repair
waits for what comes with its disturbance, the classifier learns on days without such a rush, and
a plan of the day goes by before the optimizer is asked for one order alone. The town has no
stewards (管家) who would report."""


def simulate(
    *,
    folder: Path,
    database_url: str | None,
    data: Path | None,
    count: int,
    speed: float,
    day: date,
    seed: int,
) -> None:
    """Plays the day and prints the report; ends with 1 when the records hold a fault."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    town = real(data, count) if data is not None else drawn(count, seed=seed)
    out.print(say("sim_begins", count=len(town.reports), name=town.name, speed=f"{speed:.0f}"))
    url = database_url or f"sqlite+aiosqlite:///{(folder / 'dispatch.db').resolve()}"
    script = Script(town, day, speed, seed, POLICY)
    faults = 0

    async def work() -> None:
        nonlocal faults
        outcome = await play(folder, url, _free_port(), script)
        show(outcome)
        faults = len(outcome.findings.faults)

    run(work)
    if faults:
        raise typer.Exit(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
