"""Plays a day: starts the service as a process of its own, lets the people act, reads the end."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.commands.workplace import workplace
from dispatch.settings import Settings
from dispatch.simulation.audit import Findings, audit
from dispatch.simulation.board import listen
from dispatch.simulation.client import Client
from dispatch.simulation.day import Day, Habits
from dispatch.simulation.founding import found
from dispatch.simulation.lag import Lag
from dispatch.simulation.office import call_back, dispatch, report
from dispatch.simulation.pace import Pace
from dispatch.simulation.requests import Town
from dispatch.simulation.tasks import Tasks
from dispatch.simulation.technician import Technician
from dispatch.timekeeping import FileClock

_START_S = 120.0
_END_S = 60.0
_CHECK_S = 0.2
_API_PROCESSES = 2
_HEARD_S = 1.0
_SWEEP_S = 0.2
_BEHIND_S = 0.4
"""Time stands still while what was due so many seconds of the world ago is not done."""
_SETTLE_S = 2.0
_CLOCK_SLACK_S = 5.0
"""How late a clock may fire, in seconds of the world."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the day went."""

    findings: Findings
    done: Counter[str]
    """What people did, by kind."""
    refused: Counter[str]
    answered_s: Sequence[float]
    """Seconds to the answer of each request, ordered."""
    took_s: float
    speed: float
    stood_still_s: float
    sites: int
    people: int


@dataclass(frozen=True, slots=True)
class Script:
    """What to play: where, on which day, how fast, and the site's own policy."""

    town: Town
    day: date
    speed: float
    seed: int
    policy: dict[str, Any]
    habits: Habits = field(default_factory=Habits)


async def play(folder: Path, database_url: str, port: int, script: Script) -> Outcome:
    """The whole day, from midnight to midnight; raises what failed."""
    zone = ZoneInfo(script.town.zone)
    begins = datetime.combine(script.day, clock_time(0), zone).astimezone(UTC)
    ends = begins + timedelta(days=1)
    clock = FileClock.create(folder / "clock", begins - timedelta(minutes=1))
    settings = Settings(database_url=database_url, clock_file=folder / "clock")
    async with workplace(settings, clock=clock) as services:
        lag = Lag(services, clock, behind_s=_BEHIND_S * script.speed)
        async with _service(folder, database_url, port) as (client, ready):
            # The service starts while the company is founded.
            casts = await found(services, script.town, seed=script.seed, policy=script.policy)
            await ready()
            pace = Pace(clock, speed=script.speed, is_behind=lambda: client.is_busy or lag.is_long)
            rng = random.Random(script.seed)  # noqa: S311 -- a reproducible draw, not a secret
            tasks, done = Tasks(), Counter[str]()
            days = [
                Day(
                    cast=cast,
                    client=client,
                    pace=pace,
                    rng=rng,
                    habits=script.habits,
                    begins=begins,
                    ends=ends,
                    zone=zone,
                    done=done,
                    tasks=tasks,
                )
                for cast in casts
            ]
            watching = asyncio.create_task(lag.watch())
            try:
                took_s = await _live(days, tasks, pace, on=script.day)
                await lag.settle(_SETTLE_S)
            finally:
                watching.cancel()
        findings = await audit(
            services,
            site_ids=[each.site.id for each in casts],
            slack_s=_CLOCK_SLACK_S * script.speed,
        )
    return Outcome(
        findings,
        done,
        client.refused,
        sorted(client.seconds),
        took_s,
        (ends - begins).total_seconds() / took_s,
        pace.stood_still_s,
        len(casts),
        sum(len(each.workers) for each in casts),
    )


async def _live(days: Sequence[Day], tasks: Tasks, pace: Pace, *, on: date) -> float:
    """Everybody lives the day; the world's seconds it took."""
    crews = [(day, [Technician(day, each) for each in day.cast.workers]) for day in days]
    for day, technicians in crews:
        tasks.spawn(listen(day, technicians, on=on))
    # The subscriptions are confirmed by nothing but their first news.
    await asyncio.sleep(_HEARD_S)
    begun = time.monotonic()
    for day, technicians in crews:
        for technician in technicians:
            tasks.spawn(technician.live())
            tasks.spawn(technician.fall_ill())
        for each in day.cast.reports:
            tasks.spawn(report(day, each))
        tasks.spawn(call_back(day))
        tasks.spawn(dispatch(day, on=on))
    running = asyncio.create_task(pace.run(days[0].ends))
    try:
        while not running.done():
            await asyncio.sleep(_CHECK_S)
            tasks.check()
        await running
    finally:
        running.cancel()
        await tasks.cancel()
    return time.monotonic() - begun


@asynccontextmanager
async def _service(
    folder: Path, database_url: str, port: int
) -> AsyncIterator[tuple[Client, Callable[[], Awaitable[None]]]]:
    """The service at the simulated time: the API in some processes, what falls due and jobs in
    another, as many run it. With it comes a wait until it has started."""
    environment = {
        **os.environ,
        "DISPATCH_DATABASE_URL": database_url,
        "DISPATCH_CLOCK_FILE": str(folder / "clock"),
        "DISPATCH_SWEEP_SECONDS": str(_SWEEP_S),
        # The other cores are the API's.
        "DISPATCH_PLAN_THREADS": "1",
    }
    api = {"DISPATCH_SWEEPER": "false", "DISPATCH_JOBS": "false", "DISPATCH_COURIER": "false"}
    serve = ("serve", "--port", str(port), "--workers", str(_API_PROCESSES))
    client = Client(port)
    async with (
        _process(folder / "api.log", {**environment, **api}, *serve) as serving,
        _process(folder / "worker.log", environment, "worker") as working,
    ):

        async def ready() -> None:
            async with asyncio.timeout(_START_S):
                while not await client.ready():
                    if serving.returncode is not None or working.returncode is not None:
                        raise RuntimeError(f"the service ended: see the logs in {folder}")
                    await asyncio.sleep(_CHECK_S)

        try:
            yield client, ready
        finally:
            await client.close()


@asynccontextmanager
async def _process(
    log: Path, environment: Mapping[str, str], *command: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """One of the service's processes; ended with the block."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dispatch.cli", *command),
            env=environment,
            stdout=output,
            stderr=output,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), _END_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise RuntimeError("the service did not end when it was asked to") from None
