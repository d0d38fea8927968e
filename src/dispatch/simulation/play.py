"""Plays a day: starts the service as a process of its own, lets the people act, reads the end."""

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.api.ids import encode
from dispatch.commands.workplace import workplace
from dispatch.domain.rights import Role
from dispatch.settings import Settings
from dispatch.simulation.audit import Findings, audit
from dispatch.simulation.client import Client
from dispatch.simulation.founding import found
from dispatch.simulation.lag import Lag
from dispatch.simulation.pace import Pace
from dispatch.simulation.people import (
    BOARD,
    Day,
    Habits,
    Order,
    Technician,
    call_back,
    decide,
    report,
)
from dispatch.simulation.requests import Town
from dispatch.timekeeping import FileClock

_START_S = 120.0
_END_S = 60.0
_CHECK_S = 0.2
_SWEEP_S = 0.1
_BEHIND_S = 0.25
"""Time stands still while what was due so many seconds of the world ago is not done."""
_SETTLE_S = 2.0
_CLOCK_SLACK_S = 5.0
"""How late a clock may fire, in seconds of the world."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the day went."""

    findings: Findings
    day: Day
    asked: int
    took_s: float
    speed: float
    stood_still_s: float
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
        cast = await found(services, script.town, seed=script.seed, policy=script.policy)
        lag = Lag(services, clock, behind_s=_BEHIND_S * script.speed)
        async with _service(folder, database_url, port) as client:
            pace = Pace(clock, speed=script.speed, is_behind=lambda: client.is_busy or lag.is_long)
            rng = random.Random(script.seed)  # noqa: S311 -- a reproducible draw, not a secret
            day = Day(cast, client, pace, rng, script.habits, begins, ends, zone)
            watching = asyncio.create_task(lag.watch())
            try:
                took_s = await _live(day, script)
                await lag.settle(_SETTLE_S)
            finally:
                watching.cancel()
        findings = await audit(
            services, site_id=cast.site.id, slack_s=_CLOCK_SLACK_S * script.speed
        )
    return Outcome(
        findings,
        day,
        len(client.seconds),
        took_s,
        (ends - begins).total_seconds() / took_s,
        pace.stood_still_s,
        len(cast.workers),
    )


async def _live(day: Day, script: Script) -> float:
    """Everybody lives the day; the world's seconds it took."""
    technicians = {
        str(each.gid): each for each in (Technician(day, one) for one in day.cast.workers)
    }
    listening = asyncio.Event()
    begun = time.monotonic()
    day.spawn(_listen(day, technicians, script.day, listening))
    await listening.wait()
    for technician in technicians.values():
        day.spawn(technician.live())
        day.spawn(technician.fall_ill())
    for each in script.town.reports:
        day.spawn(report(day, each))
    day.spawn(call_back(day))
    day.spawn(_dispatch(day, script))
    running = asyncio.create_task(day.pace.run(day.ends))
    try:
        while not running.done():
            await asyncio.sleep(_CHECK_S)
            for error in day.failures():
                raise error
        await running
    finally:
        running.cancel()
        for task in tuple(day.tasks):
            task.cancel()
        await asyncio.gather(*day.tasks, return_exceptions=True)
    return time.monotonic() - begun


async def _listen(
    day: Day, technicians: dict[str, Technician], on: date, listening: asyncio.Event
) -> None:
    """Tells everybody what the board tells."""
    site = encode("Site", day.cast.site.id)
    news = day.client.watch(day.token(Role.DISPATCHER), BOARD, site=site, day=on.isoformat())
    day.spawn(_soon(listening))
    async for told in news:
        for seen in told["boardChanged"]["workOrders"]:
            known = day.orders.get(seen["id"])
            if known is not None and known.seen["version"] > seen["version"]:
                continue
            was = (known.seen["state"], known.seen["dispatchStep"]) if known is not None else None
            order = day.orders[seen["id"]] = Order(seen)
            if order.holder is not None and order.holder in technicians:
                technicians[order.holder].hear(order)
            if (seen["state"], seen["dispatchStep"]) == ("QUEUED", "SUPERVISOR") != was:
                day.spawn(decide(day, order.id, tuple(technicians.values())))
            if seen["state"] == "OFFERED" and was != ("OFFERED", seen["dispatchStep"]):
                able = [
                    each
                    for each in technicians.values()
                    if order.fits(each.worker) and day.is_at_work(each.worker)
                ]
                for each in day.rng.sample(able, min(3, len(able))):
                    day.spawn(each.grab(order.id))


async def _soon(listening: asyncio.Event) -> None:
    # The subscription is confirmed by nothing but its first news.
    await asyncio.sleep(1.0)
    listening.set()


async def _dispatch(day: Day, script: Script) -> None:
    """The dispatcher has the optimizer plan what is open, several times an hour."""
    site = encode("Site", day.cast.site.id)
    while True:
        await day.pace.sleep(seconds=1200)
        await day.client.change(
            day.token(Role.DISPATCHER),
            "autoAssign",
            "plan { id }",
            siteId=site,
            day=script.day.isoformat(),
            seconds=1.0,
        )


@asynccontextmanager
async def _service(folder: Path, database_url: str, port: int) -> AsyncIterator[Client]:
    """The service at the simulated time: the API in one process, what falls due and jobs in
    another, as many run it."""
    environment = {
        **os.environ,
        "DISPATCH_DATABASE_URL": database_url,
        "DISPATCH_CLOCK_FILE": str(folder / "clock"),
        "DISPATCH_SWEEP_SECONDS": str(_SWEEP_S),
        # The other core is the API's.
        "DISPATCH_PLAN_THREADS": "1",
    }
    api = {"DISPATCH_SWEEPER": "false", "DISPATCH_JOBS": "false", "DISPATCH_COURIER": "false"}
    client = Client(port)
    async with (
        _process(
            folder / "api.log", {**environment, **api}, "serve", "--port", str(port)
        ) as serving,
        _process(folder / "worker.log", environment, "worker") as working,
    ):
        try:
            async with asyncio.timeout(_START_S):
                while not await client.ready():
                    if serving.returncode is not None or working.returncode is not None:
                        raise RuntimeError(f"the service ended: see the logs in {folder}")
                    await asyncio.sleep(_CHECK_S)
            yield client
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
