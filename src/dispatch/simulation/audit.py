"""Reads the records after the day: what must hold, and the figures of the day."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.clocks import OPEN_CLOCKS, ClockKind, ClockState
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import UNDER_WAY_STATES, AssignmentEnd, WorkOrderState
from dispatch.services.action import Services, plain
from dispatch.services.auto_step import AUTO_JOB
from dispatch.services.soundness import unsound
from dispatch.simulation.lag import waiting_jobs
from dispatch.store.base import Base
from dispatch.store.clocks import Clock
from dispatch.store.events import Event
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, WorkOrder

_BATCH = 5_000
_MOVING = (
    ClockKind.DISPATCH_STEP,
    ClockKind.DISPATCH_LIMIT,
    ClockKind.CLIMB,
    ClockKind.OFFER_WIDENS,
)
"""What takes an order that nobody holds to the next step."""
_ENDED = (TicketState.CLOSED, TicketState.CANCELLED, TicketState.MERGED)


@dataclass
class Findings:
    """What the records say. `faults` must be empty."""

    faults: list[str] = field(default_factory=list)
    tickets: Counter[str] = field(default_factory=Counter)
    open_because: Counter[str] = field(default_factory=Counter)
    assigned_by: Counter[str] = field(default_factory=Counter)
    ended_by: Counter[str] = field(default_factory=Counter)
    clocks: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    escalations: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    events: int = 0
    completed: int = 0
    on_time: int = 0
    response_s: list[float] = field(default_factory=list)
    travel_s: int = 0
    reassigned: int = 0

    @property
    def median_response_s(self) -> float:
        return median(self.response_s) if self.response_s else 0.0


async def audit(services: Services, *, site_ids: Iterable[int], slack_s: float) -> Findings:
    """Everything that can be told from the records of sites; `slack_s`: how late a clock may
    fire by their own time."""
    findings = Findings()
    async with services.store.reading() as session:
        for site_id in site_ids:
            await _tickets(session, site_id, findings, now=services.clock(), slack_s=slack_s)
            await _orders(session, site_id, findings)
            await _stuck(session, site_id, findings)
            findings.faults += await unsound(session, site_id, now=services.clock())
            await _clocks(session, site_id, findings, now=services.clock(), slack_s=slack_s)
            await _escalations(session, site_id, findings)
            findings.messages += await _count(session, Message, Message.site_id == site_id)
            for row in (Ticket, WorkOrder):
                await _record(session, row, site_id, findings)
    return findings


async def _tickets(
    session: AsyncSession, site_id: int, findings: Findings, *, now: datetime, slack_s: float
) -> None:
    """Every ticket is closed, or the records say what it waits for and until when."""
    rows = await session.execute(
        select(Ticket.state, func.count()).where(Ticket.site_id == site_id).group_by(Ticket.state)
    )
    findings.tickets += Counter({state.value: count for state, count in rows})
    rows = await session.execute(
        select(Ticket, WorkOrder, Assignment)
        .outerjoin(WorkOrder, WorkOrder.ticket_id == Ticket.id)
        .outerjoin(
            Assignment, (Assignment.work_order_id == WorkOrder.id) & Assignment.ended_at.is_(None)
        )
        .where(Ticket.site_id == site_id, Ticket.state.not_in(_ENDED))
        .order_by(Ticket.id, WorkOrder.id)
    )
    newest = {ticket.id: (ticket, order, held) for ticket, order, held in rows}
    overdue = now - timedelta(seconds=slack_s)
    away = {
        held.technician_id
        for _, order, held in newest.values()
        if held is not None and order is not None and order.state in UNDER_WAY_STATES
    } | await _just_done(session, site_id, since=overdue)
    for ticket, order, held in newest.values():
        reason = _why_open(ticket, order, held, overdue=overdue, away=away)
        if reason is None:
            number = order.number if order is not None else ticket.number
            findings.faults.append(f"{number} is open, and nothing says why")
        findings.open_because[reason or "nobody knows"] += 1


def _why_open(
    ticket: Ticket,
    order: WorkOrder | None,
    held: Assignment | None,
    *,
    overdue: datetime,
    away: Collection[int],
) -> str | None:
    """What a ticket waits for; None if the records don't say. `overdue`: before it, something has
    been missed; `away`: who is at another's door, or was a moment ago."""
    if ticket.state is TicketState.RESOLVED:
        return "done, the callback is owed"
    if order is None:
        return "just come in" if ticket.created_at >= overdue else None
    if order.state is WorkOrderState.PAUSED:
        return f"paused: {order.pause_reason}"
    if order.state in UNDER_WAY_STATES:
        return "somebody is at it"
    if order.state is WorkOrderState.QUEUED:
        # That somebody or something will move it on is looked at by itself.
        return f"nobody has it, step {order.dispatch_step}"
    if held is None or held.planned_start is None:
        return f"order {order.state}"
    if held.planned_start >= overdue:
        return "planned for later"
    return "behind another visit" if held.technician_id in away else None


async def _just_done(session: AsyncSession, site_id: int, *, since: datetime) -> set[int]:
    """Who has ended a visit so lately that nobody can expect them at the next one yet."""
    statement = (
        select(Assignment.technician_id)
        .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
        .where(WorkOrder.site_id == site_id, Assignment.ended_at >= since)
        .where(Assignment.end == AssignmentEnd.DONE)
    )
    return set((await session.execute(statement)).scalars())


async def _orders(session: AsyncSession, site_id: int, findings: Findings) -> None:
    arrived = (
        select(Event.work_order_id, func.min(Event.at).label("at"))
        .where(Event.kind == "work_order.arrived", Event.site_id == site_id)
        .group_by(Event.work_order_id)
        .subquery()
    )
    rows = await session.execute(
        select(WorkOrder, arrived.c.at)
        .outerjoin(arrived, arrived.c.work_order_id == WorkOrder.id)
        .where(WorkOrder.site_id == site_id)
    )
    for order, at in rows:
        if order.state not in (WorkOrderState.COMPLETED, WorkOrderState.CLOSED) or at is None:
            continue
        findings.completed += 1
        findings.response_s.append((at - order.created_at).total_seconds())
        findings.on_time += order.due_at is None or at <= order.due_at
    rows = await session.execute(
        select(Assignment.step, Assignment.end, Assignment.travel_s)
        .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
        .where(WorkOrder.site_id == site_id)
    )
    for step, end, travel_s in rows:
        findings.assigned_by[step.value] += 1
        findings.ended_by[end.value if end is not None else "OPEN"] += 1
        if end is AssignmentEnd.DONE:
            findings.travel_s += travel_s or 0
        findings.reassigned += end is AssignmentEnd.REASSIGNED


async def _stuck(session: AsyncSession, site_id: int, findings: Findings) -> None:
    """Every order that waits will be moved on by a clock or a job, or was called for up to the
    last who must assign it."""
    jobs = await waiting_jobs(session)
    asked = {int(key.split("-")[1]) for key in jobs if key.startswith(f"{AUTO_JOB}-")}
    clocks = (
        select(Clock.work_order_id)
        .where(
            Clock.site_id == site_id,
            or_(
                Clock.kind.in_([each.value for each in _MOVING]) & Clock.state.in_(OPEN_CLOCKS),
                (Clock.kind == ClockKind.CLIMB.value) & (Clock.state == ClockState.FIRED),
            ),
        )
        .scalar_subquery()
    )
    rows = await session.execute(
        select(WorkOrder.number, WorkOrder.dispatch_step).where(
            WorkOrder.site_id == site_id,
            WorkOrder.state == WorkOrderState.QUEUED,
            WorkOrder.id.not_in(clocks),
            WorkOrder.id.not_in(asked),
        )
    )
    for number, step in rows:
        findings.faults.append(f"{number} waits at {step}, and nothing will move it on")


async def _clocks(
    session: AsyncSession, site_id: int, findings: Findings, *, now: datetime, slack_s: float
) -> None:
    """None that is due still runs, and none fired much later than it was due."""
    rows = await session.execute(select(Clock).where(Clock.site_id == site_id))
    for clock in rows.scalars():
        findings.clocks[clock.state.value] += 1
        if clock.state is ClockState.FIRED:
            findings.fired[clock.kind] += 1
        end = clock.ended_at if clock.state is ClockState.FIRED else now
        is_due = clock.state in (ClockState.FIRED, ClockState.RUNNING)
        late_s = (end - clock.due_at).total_seconds() if end is not None else 0.0
        if is_due and late_s > slack_s:
            verb = "fired" if clock.state is ClockState.FIRED else "has not fired"
            findings.faults.append(f"clock {clock.id} {clock.kind} {verb}, {late_s:.0f} s late")


async def _escalations(session: AsyncSession, site_id: int, findings: Findings) -> None:
    """How often a ladder was climbed, or an order went up a level."""
    rows = await session.execute(
        select(Clock.kind, func.count().label("times"))
        .join(Event, (Event.subject == "clock") & (Event.subject_id == Clock.id))
        .where(Event.site_id == site_id, Event.kind == "clock.escalated")
        .group_by(Clock.kind)
    )
    findings.escalations += Counter({row.kind: row.times for row in rows})
    climbed = select(func.count()).where(
        Clock.site_id == site_id,
        Clock.kind == ClockKind.CLIMB.value,
        Clock.state == ClockState.FIRED,
    )
    findings.escalations += Counter(
        {ClockKind.CLIMB.value: (await session.execute(climbed)).scalar_one()}
    )


async def _record(
    session: AsyncSession, row: type[Ticket] | type[WorkOrder], site_id: int, findings: Findings
) -> None:
    """Every change has its event and every event its change: the events of a row, one after the
    other, give the row as it is."""
    folded: dict[int, dict[str, Any]] = defaultdict(dict)
    after = 0
    while True:
        events = (
            await session.execute(
                select(Event.id, Event.subject_id, Event.before, Event.after, Event.kind)
                .where(
                    Event.site_id == site_id,
                    Event.subject == row.__tablename__,
                    Event.id > after,
                )
                .order_by(Event.id)
                .limit(_BATCH)
            )
        ).all()
        for event_id, subject_id, before, changed, kind in events:
            findings.faults += _unfit(folded[subject_id], before, f"{kind} (event {event_id})")
            folded[subject_id].update(changed)
            after = event_id
        findings.events += len(events)
        if len(events) < _BATCH:
            break
    rows = await session.execute(select(row).where(row.site_id == site_id))
    for each in rows.scalars():
        findings.faults += _unfit(
            {name: plain(getattr(each, name)) for name in folded[each.id]},
            folded[each.id],
            f"{row.__tablename__} {each.id} against its events",
        )


def _unfit(known: Mapping[str, Any], told: Mapping[str, Any], where: str) -> Iterable[str]:
    for name, value in told.items():
        if name in known and known[name] != value:
            yield f"{where}: {name} is {known[name]!r}, told as {value!r}"


async def _count(session: AsyncSession, row: type[Base], *conditions: Any) -> int:
    return (
        await session.execute(select(func.count()).select_from(row).where(*conditions))
    ).scalar_one()
