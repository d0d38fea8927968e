"""How late clocks fire: many are open, and a thousand of them are due in the same second.

    python -m benchmarks.clocks [--open 100000] [--due 1000] [--database URL]

Clocks of escalation ladders about as many tickets as needed, at a site whose roles are held by
people who are told; beside them somebody reports a ticket ten times a second. A second connection
looks every 20 ms which clocks have fired: how late each is, counted to when others see it.
"""

import argparse
import asyncio
import secrets
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from benchmarks.founded import found
from benchmarks.record import measured, write
from dispatch.domain.clocks import TICKET_KINDS, ClockCalendar, ClockState
from dispatch.domain.rights import Actor
from dispatch.domain.tickets import Channel, TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.jobs.sweeper import Sweeper
from dispatch.services import tickets
from dispatch.services.action import Services
from dispatch.store.clocks import Clock
from dispatch.store.engine import Store
from dispatch.store.messages import Message
from dispatch.store.migrate import upgrade
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket

RESULTS = Path(__file__).parent / "results"
LOOK_S = 0.02
REPORT_S = 0.1
CHUNK = 2000
AHEAD_S = 5


async def measure(url: str, *, open_clocks: int, due: int) -> dict[str, Any]:
    """Seconds late of each clock that was due, and what was done meanwhile."""
    await asyncio.to_thread(upgrade, url)
    services = Services(
        store=Store(url), clock=lambda: datetime.now(UTC), randbelow=secrets.randbelow
    )
    try:
        actor, site = await found(services)
        first = await _fill(services, site, open_clocks)
        second = datetime.now(UTC) + timedelta(seconds=AHEAD_S)
        ids = await _set_due(services, first, second, due)
        async with _reporting(services, actor, site) as reported, _sweeping(services):
            late = await _look(services, ids, second)
        async with services.store.reading() as session:
            told = (await session.execute(select(func.count(Message.id)))).scalar_one()
    finally:
        await services.store.close()
    ordered = sorted(late)
    return {
        "database": services.store.engine.dialect.name,
        "open": open_clocks,
        "due": len(ordered),
        "late_s": {
            "median": round(statistics.median(ordered), 3),
            "p99": round(ordered[int(len(ordered) * 0.99) - 1], 3),
            "most": round(ordered[-1], 3),
        },
        "tickets_reported": len(reported),
        "report_s": {
            "median": round(statistics.median(reported), 3) if reported else None,
            "most": round(max(reported), 3) if reported else None,
        },
        "messages": told,
    }


async def _fill(services: Services, site: Site, open_clocks: int) -> int:
    """Tickets with their clocks, all due tomorrow; the id of the first clock."""
    now = datetime.now(UTC)
    count = -(-open_clocks // len(TICKET_KINDS))
    shared = {
        "site_id": site.id,
        "kind": TicketKind.REPAIR,
        "channel": Channel.PHONE,
        "state": TicketState.NEW,
        "description": "drips",
        "priority": Priority.NORMAL,
        "taken_by_name": "bench",
        "reported_at": now,
        "created_at": now,
        "photos": [],
        "version": 1,
    }
    for begin in range(1, count + 1, CHUNK):
        numbers = range(begin, min(begin + CHUNK, count + 1))
        async with services.store.writing() as session:
            await session.execute(
                insert(Ticket), [{**shared, "id": n, "number": f"B-{n}"} for n in numbers]
            )
            await session.execute(
                insert(Clock),
                [
                    {
                        "id": (n - 1) * len(TICKET_KINDS) + at,
                        "site_id": site.id,
                        "kind": kind.value,
                        "subject": "ticket",
                        "subject_id": n,
                        "ticket_id": n,
                        "state": ClockState.RUNNING,
                        "calendar": ClockCalendar.ROUND_THE_CLOCK,
                        "step": 0,
                        "length_s": 86400,
                        "started_at": now,
                        "due_at": now + timedelta(days=1),
                        "paused_s": 0,
                        "data": {},
                        "pauses": [],
                        "tries": 0,
                        "version": 1,
                    }
                    for n in numbers
                    for at, kind in enumerate(TICKET_KINDS, start=1)
                ],
            )
    await _number_from(services, count * len(TICKET_KINDS) + 1, count + 1)
    return 1


async def _number_from(services: Services, clock_id: int, ticket_id: int) -> None:
    """PostgreSQL counts ids by itself: on from those that were given."""
    if services.store.is_sqlite:
        return
    async with services.store.writing() as session:
        for table, following in (("clock", clock_id), ("ticket", ticket_id)):
            name = func.pg_get_serial_sequence(table, "id")
            await session.execute(select(func.setval(name, following)))


async def _set_due(
    services: Services, first: int, second: datetime, due: int
) -> dict[int, datetime]:
    """Spreads the due times of some clocks, all kinds alike, over one second."""
    moments = {
        first + index: second + timedelta(microseconds=index * 1_000_000 // due)
        for index in range(due)
    }
    async with services.store.writing() as session:
        for clock_id, moment in moments.items():
            clock = await session.get_one(Clock, clock_id)
            clock.due_at = moment
    return moments


async def _look(services: Services, moments: dict[int, datetime], second: datetime) -> list[float]:
    """Waits until each has fired; how late each was when it was seen."""
    late: list[float] = []
    waiting = dict(moments)
    while waiting:
        await asyncio.sleep(LOOK_S)
        if datetime.now(UTC) > second + timedelta(seconds=120):
            raise TimeoutError(f"{len(waiting)} clocks have not fired after two minutes")
        async with services.store.reading() as session:
            statement = select(Clock.id).where(
                Clock.state == ClockState.FIRED, Clock.id.in_(list(waiting))
            )
            fired = (await session.execute(statement)).scalars().all()
        now = datetime.now(UTC)
        late += [(now - waiting.pop(each)).total_seconds() for each in fired]
    return late


@asynccontextmanager
async def _sweeping(services: Services) -> AsyncIterator[None]:
    sweeper = Sweeper(services)
    sweeper.start()
    try:
        yield
    finally:
        await sweeper.stop()


@asynccontextmanager
async def _reporting(services: Services, actor: Actor, site: Site) -> AsyncIterator[list[float]]:
    """Somebody who reports a ticket ten times a second; how long each took."""
    took: list[float] = []

    async def report() -> None:
        while True:
            begun = time.perf_counter()
            await services.perform(
                actor,
                tickets.create,
                site_id=site.id,
                kind=TicketKind.MATTER,
                channel=Channel.PHONE,
                description="noise",
                location_text="gate",
            )
            took.append(time.perf_counter() - begun)
            await asyncio.sleep(max(0.0, REPORT_S - took[-1]))

    task = asyncio.create_task(report())
    try:
        yield took
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--open", type=int, default=100_000)
    arguments.add_argument("--due", type=int, default=1000)
    arguments.add_argument(
        "--database", action="append", help="a migrated or empty one; default: a SQLite file"
    )
    given = arguments.parse_args()
    data = measured(
        "clocks", given.database, lambda url: measure(url, open_clocks=given.open, due=given.due)
    )
    for row in data["runs"]:
        print(row)
    print(write(RESULTS, data))


if __name__ == "__main__":
    main()
