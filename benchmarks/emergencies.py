"""How long an emergency takes into the running day of a large site (DSP-6).

    python -m benchmarks.emergencies [--technicians 200] [--visits 2000] [--emergencies 20]
        [--database URL]

Everybody holds as many visits as fit; one emergency after the other goes to whoever can be there
first, and the optimizer fits it into their day. The time is what whoever asks waits for the answer.
"""

import argparse
import asyncio
import random
import secrets
import statistics
import time as wall
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.founded import found
from benchmarks.record import measured, write
from dispatch.domain.rights import Actor
from dispatch.domain.technicians import TechnicianKind, Travel
from dispatch.domain.tickets import Area, Channel, TicketKind
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.planning.runner import Planner
from dispatch.services import tickets
from dispatch.services.action import Services, Tx
from dispatch.services.emergencies import insert_emergency
from dispatch.store.engine import Store
from dispatch.store.migrate import upgrade
from dispatch.store.sites import Site
from dispatch.store.technicians import (
    ShiftPattern,
    Technician,
    TechnicianSite,
    TechnicianSkill,
)
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

RESULTS = Path(__file__).parent / "results"
TRADES = ("plumbing", "electrical", "carpentry", "hvac")
STARTS, ENDS = time(8), time(20)
# The moment of the measurement: everybody is at work, and the day has room.
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


async def measure(url: str, *, technicians: int, visits: int, emergencies: int) -> dict[str, Any]:
    """Seconds that each emergency took."""
    await asyncio.to_thread(upgrade, url)
    services = Services(store=Store(url), clock=lambda: NOW, randbelow=secrets.randbelow)
    planner = Planner(1)
    try:
        root, site = await found(services)
        await planner.warm()
        took = await insert_all(
            services,
            planner,
            root,
            site,
            technicians=technicians,
            visits=visits,
            emergencies=emergencies,
        )
    finally:
        await planner.close()
        await services.store.close()
    return {
        "database": services.store.engine.dialect.name,
        "technicians": technicians,
        "visits": visits,
        "emergencies": len(took),
        "seconds": {
            "first": round(took[0], 3),
            "median": round(statistics.median(took), 3),
            "p95": round(percentile(took, 0.95), 3),
            "most": round(max(took), 3),
        },
    }


async def insert_all(
    services: Services,
    planner: Planner,
    root: Actor,
    site: Site,
    *,
    technicians: int,
    visits: int,
    emergencies: int,
) -> list[float]:
    """Fills the site's day and sends for the emergencies; seconds of each, in order."""
    ticket = await services.perform(
        root,
        tickets.create,
        site_id=site.id,
        kind=TicketKind.REPAIR,
        channel=Channel.PHONE,
        description="drips",
        requester_name="bench",
        requester_phone="13800000000",
        location_text="gate",
        area=Area.PUBLIC,
    )
    waiting = await services.perform(
        root,
        fill,
        site=site,
        ticket_id=ticket.id,
        technicians=technicians,
        visits=visits,
        emergencies=emergencies,
    )
    await _know_statistics(services)
    took = []
    for order_id in waiting:
        begun = wall.perf_counter()
        done = await insert_emergency(services, planner, root, work_order_id=order_id)
        took.append(wall.perf_counter() - begun)
        if done.assignment is None:
            raise AssertionError(f"nobody goes to {order_id}")
    return took


async def _know_statistics(services: Services) -> None:
    """What PostgreSQL gathers by itself within a minute, where a day does not come all at once."""
    if not services.store.is_sqlite:
        async with services.store.writing() as session:
            await session.execute(text("ANALYZE"))


def percentile(took: Sequence[float], share: float) -> float:
    return sorted(took)[max(0, round(share * len(took)) - 1)]


async def fill(
    tx: Tx, *, site: Site, ticket_id: int, technicians: int, visits: int, emergencies: int
) -> list[int]:
    """A day of visits, every one held; ids of the emergencies that wait."""
    chance = random.Random(3)
    people = [
        Technician(
            organization_id=site.organization_id,
            code=f"B{number:03d}",
            name=f"B{number}",
            kind=TechnicianKind.STAFF,
            travel=Travel.SCOOTER,
            home_latitude=31.3 + chance.uniform(-0.02, 0.02),
            home_longitude=120.6 + chance.uniform(-0.02, 0.02),
            overtime_limit_s=7200,
            is_active=True,
        )
        for number in range(technicians)
    ]
    tx.session.add_all(people)
    await tx.session.flush()
    for number, person in enumerate(people):
        tx.session.add_all(
            [
                TechnicianSite(technician_id=person.id, site_id=site.id),
                TechnicianSkill(
                    technician_id=person.id, trade=TRADES[number % len(TRADES)], level=2
                ),
                ShiftPattern(
                    technician_id=person.id,
                    weekdays=list(range(7)),
                    starts=STARTS,
                    ends=ENDS,
                    break_minutes=0,
                    valid_from=date(2011, 1, 1),
                ),
            ]
        )
    orders = [
        _order(chance, tx.now, number, site.id, ticket_id, urgent=number >= visits)
        for number in range(visits + emergencies)
    ]
    tx.session.add_all(orders)
    await tx.session.flush()
    each = visits // technicians
    held = []
    for number, order in enumerate(orders[:visits]):
        person = people[number % technicians]
        order.trade = TRADES[number % technicians % len(TRADES)]
        starts = tx.now + timedelta(minutes=10 + 60 * (number // technicians % each))
        held.append(
            Assignment(
                work_order_id=order.id,
                technician_id=person.id,
                step=AssignmentStep.AUTO,
                planned_start=starts,
                planned_end=starts + timedelta(seconds=order.duration_s),
                why={},
                confirmed_by_name="plan",
                created_at=tx.now,
            )
        )
    tx.session.add_all(held)
    await tx.session.flush()
    tx.session.add_all(
        CrewMember(assignment_id=row.id, technician_id=row.technician_id, is_lead=True)
        for row in held
    )
    await tx.session.flush()
    return [order.id for order in orders[visits:]]


def _order(
    chance: random.Random, now: datetime, number: int, site_id: int, ticket_id: int, *, urgent: bool
) -> WorkOrder:
    return WorkOrder(
        site_id=site_id,
        ticket_id=ticket_id,
        number=f"S-{number:05d}",
        state=WorkOrderState.QUEUED if urgent else WorkOrderState.ASSIGNED,
        dispatch_step=AssignmentStep.AUTO,
        priority=Priority.EMERGENCY if urgent else Priority.NORMAL,
        trade=TRADES[number % len(TRADES)],
        level=1,
        duration_s=1800,
        crew_size=1,
        area=Area.PUBLIC,
        latitude=31.3 + chance.uniform(-0.02, 0.02),
        longitude=120.6 + chance.uniform(-0.02, 0.02),
        created_at=now,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--technicians", type=int, default=200)
    arguments.add_argument("--visits", type=int, default=2000)
    arguments.add_argument("--emergencies", type=int, default=20)
    arguments.add_argument(
        "--database", action="append", help="an empty one; default: a SQLite file"
    )
    given = arguments.parse_args()
    counts = {name: getattr(given, name) for name in ("technicians", "visits", "emergencies")}
    data = measured("emergencies", given.database, lambda url: measure(url, **counts))
    for row in data["runs"]:
        print(row)
    print(write(RESULTS, data))


if __name__ == "__main__":
    main()
