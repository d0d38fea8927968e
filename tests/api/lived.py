"""A lived day at a site, and what its raw record says of it: read by plain Python alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.domain.callbacks import CallResult
from dispatch.domain.rights import Actor
from dispatch.domain.work_orders import PauseReason
from dispatch.services import callbacks, execution, firing, merging, tickets, work_orders
from dispatch.services.completions import HoursInput
from dispatch.store.callbacks import Callback
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World, a_world, move_to_morning, parts, reopened
from tests.support.worlds import fill

DONE = {"found": "found", "cause": "cause", "done": "done", "signature": "王芳"}


@dataclass
class Lived:
    """Who worked, and the first day."""

    world: World
    people: dict[str, tuple[Technician, Actor]]
    first: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.world.site.time_zone)


@asynccontextmanager
async def a_lived_world(url: str) -> AsyncIterator[Lived]:
    """A copy of the world in which people lived; they do it once a run."""
    kept = await fill(url, _live_in, name="lived")
    async with reopened(url, kept["world"], now=kept["now"]) as world:
        yield Lived(world, kept["people"], kept["first"])


async def _live_in(url: str) -> dict[str, Any]:
    async with a_world(url, now=datetime.now(UTC)) as world:
        await move_to_morning(world)
        lived = await _live(world)
        made = {"people": lived.people, "first": lived.first, "now": world.clock.now}
        return {"world": parts(world), **made}


async def _live(world: World) -> Lived:
    """Two days, not long ago: tickets of all fates, by a leader, a worker and a helper."""
    zone = ZoneInfo(world.site.time_zone)
    began = world.clock.now.astimezone(zone).replace(hour=8, minute=0, second=0, microsecond=0)
    world.clock.now = began - timedelta(days=3)
    lead = await world.technician("lead", **DAY_AND_NIGHT, trades={"plumbing": 3, "electrical": 3})
    worker = await world.technician(
        "worker", leader_id=lead[0].id, trades={"plumbing": 2, "electrical": 2}, **DAY_AND_NIGHT
    )
    idle = await world.technician("idle", trades={"plumbing": 1}, lunch=True)
    lived = Lived(world, {"lead": lead, "worker": worker, "idle": idle}, world.clock.now)
    await _first_day(lived)
    world.clock.now = lived.first + timedelta(days=1, minutes=7)
    await _second_day(lived)
    world.clock.now = lived.first + timedelta(days=3)
    return lived


async def _first_day(lived: Lived) -> None:
    world = lived.world
    satisfied = await _ticket(lived, minutes=7)
    await _visit(lived, satisfied, "lead", travel=12, work=50, helper="worker")
    await _answered(lived, satisfied, satisfied=True)
    world.clock.forward(minutes=40)
    failed = await _ticket(lived, minutes=21, place_id=world.garden.id)
    await _visit(lived, failed, "worker", travel=25, work=35, planned=30)
    await _answered(lived, failed, satisfied=False)
    world.clock.forward(minutes=15)
    await _visit(lived, failed, "lead", travel=9, work=20)
    called_off = await _ticket(lived, minutes=3)
    await world.do(world.desk, tickets.cancel, ticket_id=called_off.id, reason="no more")
    double = await world.ticket()
    await world.do(world.desk, merging.merge, ticket_id=double.id, into_id=failed.id)


async def _second_day(lived: Lived) -> None:
    world = lived.world
    again = await _ticket(lived, minutes=5, place_id=world.garden.id)
    await _visit(lived, again, "worker", travel=5, work=15, paused=30)
    late = await _ticket(lived, minutes=2, category="no_power", place_id=world.rooms[2].id)
    order = await _order(world, late)
    await _assign(lived, order, "worker", planned=20)
    await _accept(lived, order, "worker")
    world.clock.forward(hours=7)
    await _fire(world)
    await _steps(lived, order, "worker", travel=11)
    world.clock.forward(hours=1, minutes=1)
    await world.ticket(description="没人理")
    world.clock.forward(hours=5)
    await _fire(world)


async def _ticket(
    lived: Lived, *, minutes: int, category: str = "tap_leak", **fields: Any
) -> Ticket:
    """A report that is triaged some minutes later."""
    world = lived.world
    ticket = await world.ticket(**fields)
    world.clock.forward(minutes=minutes, seconds=ticket.id % 50)
    leaf = await world.category(category)
    await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    return ticket


async def _order(world: World, ticket: Ticket) -> WorkOrder:
    return (await world.rows(WorkOrder, WorkOrder.ticket_id == ticket.id))[-1]


async def _assign(
    lived: Lived, order: WorkOrder, name: str, *, planned: int | None, helper: str | None = None
) -> None:
    world = lived.world
    start = world.clock.now + timedelta(minutes=planned or 0)
    times = {"planned_start": start} if planned else {}
    helpers = {"helper_ids": [lived.people[helper][0].id]} if helper else {}
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=lived.people[name][0].id,
        **times,
        **helpers,
    )


async def _accept(lived: Lived, order: WorkOrder, name: str) -> None:
    await lived.world.do(lived.people[name][1], execution.accept, work_order_id=order.id)


async def _steps(lived: Lived, order: WorkOrder, name: str, *, travel: int) -> None:
    world, who = lived.world, lived.people[name][1]
    world.clock.forward(minutes=4)
    await world.do(who, execution.set_out, work_order_id=order.id)
    world.clock.forward(minutes=travel, seconds=13)
    await world.do(who, execution.arrive, work_order_id=order.id)
    await world.do(who, execution.start, work_order_id=order.id, door_code=order.door_code)


async def _visit(
    lived: Lived,
    ticket: Ticket,
    name: str,
    *,
    travel: int,
    work: int,
    planned: int | None = None,
    paused: int = 0,
    helper: str | None = None,
) -> None:
    """A visit from assigning to completing."""
    world, who = lived.world, lived.people[name][1]
    order = await _order(world, ticket)
    await _assign(lived, order, name, planned=planned, helper=helper)
    await _accept(lived, order, name)
    await _steps(lived, order, name, travel=travel)
    world.clock.forward(minutes=work)
    if paused:
        resume_on = world.clock.now + timedelta(hours=1)
        reason = PauseReason.PARTS
        given = {"work_order_id": order.id}
        await world.do(who, execution.pause, **given, reason=reason, resume_on=resume_on)
        world.clock.forward(minutes=paused)
        await world.do(who, execution.resume, **given)
    hours = [HoursInput(lived.people[helper][0].id, 1234)] if helper else []
    await world.do(who, execution.complete, work_order_id=order.id, **DONE, hours=hours)


async def _answered(lived: Lived, ticket: Ticket, *, satisfied: bool) -> None:
    world = lived.world
    world.clock.forward(minutes=30)
    (owed,) = await world.rows(Callback, Callback.ticket_id == ticket.id)
    given: dict[str, Any] = {"solved": satisfied, "satisfied": satisfied}
    if not satisfied:
        given["dissatisfaction_reason"] = "还在漏"
    await world.do(
        world.desk, callbacks.record, callback_id=owed.id, result=CallResult.ANSWERED, **given
    )


async def _fire(world: World) -> None:
    while await world.do(world.root, firing.fire_due):
        pass


@dataclass
class Visit:
    """One assignment that was carried out, as the record tells it."""

    technician_id: int
    arrived_at: datetime
    set_out_at: datetime | None = None
    way_m: int = 0
    work_order_id: int = 0
    started_at: datetime | None = None
    done_at: datetime | None = None
    hours: dict[int, int] = field(default_factory=dict)
    planned: tuple[datetime, datetime] | None = None


@dataclass
class Told:
    """One ticket, as the record tells it."""

    number: int
    row: dict[str, Any]
    reported_at: datetime
    answered_at: datetime | None = None
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    @property
    def is_completed(self) -> bool:
        return self.row["state"] in ("RESOLVED", "CLOSED") and bool(self.row.get("resolved_at"))

    @property
    def arrived_at(self) -> datetime | None:
        return min((each.arrived_at for each in self.visits), default=None)

    @property
    def done(self) -> list[Visit]:
        return [each for each in self.visits if each.done_at is not None]

    @property
    def lead_id(self) -> int | None:
        return self.done[0].technician_id if self.done else None


DEADLINES = {
    "FIRST_ANSWER", "STEWARD_REPORT", "RESOLVE", "ACCEPT", "ARRIVE", "PROGRESS"
}  # fmt: skip


async def retold(world: World) -> list[Told]:
    """Every ticket by replaying the record: no table but the events is read."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    told: dict[int, Told] = {}
    planned: dict[int, tuple[datetime, datetime]] = {}
    set_out: dict[int, datetime] = {}
    for event in await world.events():
        row = rows.setdefault((event.subject, event.subject_id), {})
        row.update(event.after)
        if event.subject == "ticket" and event.kind == "ticket.created":
            told[event.subject_id] = Told(
                event.subject_id, row, datetime.fromisoformat(row["reported_at"])
            )
        one = told.get(event.ticket_id or 0)
        if one is None:
            continue
        at = event.at
        if event.kind in ("ticket.triaged", "ticket.taken_up"):
            one.answered_at = one.answered_at or at
        elif event.kind == "clock.fired" and event.data["step"] == 0:
            if event.data["clock"] in DEADLINES:
                one.breaches.append(event.data["clock"])
        elif event.subject == "callback" and event.kind == "callback.created":
            one.callbacks.append(row)
        elif event.subject == "assignment" and event.kind == "assignment.made":
            planned.pop(event.work_order_id or 0, None)
            if row.get("planned_start"):
                moments = (row["planned_start"], row["planned_end"])
                first, last = map(datetime.fromisoformat, moments)
                planned[event.work_order_id or 0] = (first, last)
        elif event.subject == "work_order":
            one.orders[event.subject_id] = row
            _step(one, event, planned=planned, set_out=set_out)
    return list(told.values())


def _step(
    one: Told,
    event: Any,
    *,
    planned: dict[int, tuple[datetime, datetime]],
    set_out: dict[int, datetime],
) -> None:
    order_id = event.subject_id
    mine = [each for each in one.visits if each.work_order_id == order_id]
    verb = event.kind.partition(".")[2]
    if verb == "set_out":
        set_out[order_id] = event.at
    elif verb == "arrived":
        one.visits.append(
            Visit(
                event.data["technician_id"],
                event.at,
                set_out[order_id],
                event.data["way_m"] or 0,
                order_id,
                planned=planned.get(order_id),
            )
        )
    elif verb == "started":
        mine[-1].started_at = event.at
    elif verb == "completed":
        mine[-1].done_at = event.at
        hours = event.after["completion"]["hours"]
        mine[-1].hours = {each["technician_id"]: each["seconds"] for each in hours}


def nearest(values: Sequence[float], percent: int) -> int | None:
    """The percentile by counting: the first value that enough don't exceed."""
    for value in sorted(values):
        if sum(each <= value for each in values) * 100 >= percent * len(values):
            return int(value)
    return None


def iso(seconds: float | None) -> str | None:
    """As the API writes a duration."""
    if seconds is None:
        return None
    hours, rest = divmod(abs(int(seconds)), 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (left, "S"))
    return "-" * (seconds < 0) + "PT" + ("".join(f"{n}{unit}" for n, unit in parts if n) or "0S")
