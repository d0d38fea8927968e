"""The clocks of tickets and orders follow their state: whatever changes a row, in whichever
service, its deadlines are right in the same transaction (SLA-1, SLA-2)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from dispatch.domain.clocks import (
    OPEN_CLOCKS,
    ORDER_KINDS,
    TICKET_KINDS,
    ClockCalendar,
    ClockKind,
)
from dispatch.domain.deadlines import (
    TRAVELLING,
    UNSOLVED,
    Span,
    TicketFacts,
    order_clocks,
    stops_clocks,
    ticket_clocks,
)
from dispatch.domain.tickets import ENDED_STATES as TICKET_ENDED_STATES
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import ENDED_STATES, PauseReason, WorkOrderState
from dispatch.services import clocks, shift_days
from dispatch.services.action import Change, Follower, Tx
from dispatch.services.alignment import Wanted, align, newest_clocks
from dispatch.services.arrival_checks import drop_obsolete
from dispatch.services.order_facts import facts_of
from dispatch.services.policies import forget, policy_of
from dispatch.services.walking import WALK
from dispatch.store.calendars import CalendarDay
from dispatch.store.clocks import Clock
from dispatch.store.policies import PolicyRecord
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

# Steps that leave the state as it was: a new holder, a word from the site, or from the steward.
PROGRESSED = "work_order.progressed"
_STEPS_IN_PLACE = frozenset({"work_order.assigned", "work_order.grabbed", PROGRESSED})
STEWARD_REPORTED = "ticket.steward_reported"
_CHUNK = 500

_OPEN_ORDERS = select(WorkOrder.site_id, WorkOrder.state, WorkOrder.pause_reason).where(
    WorkOrder.ticket_id == bindparam("ticket"), WorkOrder.state.not_in(ENDED_STATES)
)


async def follow_tickets(tx: Tx, changed: Sequence[Change]) -> None:
    ended = [
        each.row
        for each in changed
        if "state" in each.before and each.row.state in TICKET_ENDED_STATES
    ]
    tickets = {each.row.id: each.row for each in changed if each.row not in ended}
    reopened = {
        each.row.id for each in changed if each.before.get("state") == TicketState.RESOLVED.value
    }
    reported = {each.row.id for each in changed if each.kind == STEWARD_REPORTED}
    new = {each.row.id for each in changed if each.is_new}
    await _align_tickets(tx, tickets, reopened=reopened, reported=reported, new=new)
    for ticket in ended:
        # Its deadlines, and whatever else was to fall due about it: reports of a rework, for one.
        await clocks.stop(tx, ticket)


async def follow_orders(tx: Tx, changed: Sequence[Change]) -> None:
    # What had ended before has no deadlines left, however it is closed.
    orders = {
        each.row.id: each.row
        for each in changed
        if not (each.before.get("state") in ENDED_STATES and each.row.state in ENDED_STATES)
    }
    stepped = {
        each.row.id
        for each in changed
        if each.is_new or "state" in each.before or each.kind in _STEPS_IN_PLACE
    }
    new = {each.row.id for each in changed if each.is_new}
    await _align_orders(tx, orders, stepped=stepped, new=new)
    for row_id in new:
        # An order that was not there has no other clocks either.
        clocks.keep_foreseen(tx, orders[row_id], WALK, [])
    # The customer is asked only while somebody should be coming.
    await drop_obsolete(
        tx, [each.row for each in changed if each.before.get("state") in TRAVELLING]
    )
    paused = WorkOrderState.PAUSED
    touched = {
        each.row.ticket_id
        for each in changed
        if each.row.state is paused or each.before.get("state") == paused.value
    }
    joined = {each.row.ticket_id for each in changed if each.is_new} - touched
    for ticket_id in joined:
        ticket = await tx.session.get_one(Ticket, ticket_id)
        # Until somebody accepts one of its orders, none of them can stand still.
        if ticket.state is not TicketState.TRIAGED:
            touched.add(ticket_id)
    # Of most tickets it was the only order: nothing is left that could stand still.
    ended = {each.ticket_id for each in orders.values() if each.state in ENDED_STATES} - touched
    touched |= {ticket_id for ticket_id in ended if await _open_orders(tx, ticket_id)}
    await _pause_tickets(tx, touched)


async def follow_appointments(tx: Tx, changed: Sequence[Change]) -> None:
    """Another window: another time to arrive by."""
    ids = {each.row.work_order_id for each in changed} - {None}
    if not ids:
        return
    statement = select(WorkOrder).where(WorkOrder.id.in_(ids))
    orders = {each.id: each for each in (await tx.session.execute(statement)).scalars()}
    await _align_orders(tx, orders)


async def follow_policies(tx: Tx, changed: Sequence[Change]) -> None:
    """A policy in force counts the site's open clocks anew; one set ahead does so in its time."""
    for each in changed:
        record: PolicyRecord = each.row
        forget(tx, record.site_id)
        if record.valid_from > tx.now:
            await clocks.start(
                tx,
                ClockKind.POLICY_STARTS,
                record,
                site_id=record.site_id,
                due_at=record.valid_from,
            )
            continue
        await rebase_site(tx, record.site_id)


async def follow_calendar_days(tx: Tx, changed: Sequence[Change]) -> None:
    """Another day is open or closed: what runs on business hours moves, and shifts may differ."""
    for each in changed:
        day: CalendarDay = each.row
        await rebase_site(tx, day.site_id, Clock.calendar == ClockCalendar.BUSINESS_HOURS)
    await shift_days.day_changed(tx, [each.row.site_id for each in changed])


FOLLOWING: Mapping[str, Follower] = {
    "ticket": follow_tickets,
    "work_order": follow_orders,
    "appointment": follow_appointments,
    "policy": follow_policies,
    "calendar_day": follow_calendar_days,
}
"""By table: what its rows' changes bring about."""


async def count_anew(tx: Tx, clock: Clock) -> None:
    """A policy set ahead has come into force."""
    await rebase_site(tx, clock.site_id)


async def rebase_site(tx: Tx, site_id: int, *conditions: Any) -> None:
    """Counts a site's open clocks anew, by the policy and the calendar in force now."""
    statement = select(Clock.subject, Clock.subject_id).where(
        Clock.site_id == site_id, Clock.state.in_(OPEN_CLOCKS), *conditions
    )
    found = {(subject, row_id) for subject, row_id in await tx.session.execute(statement)}
    for ids in _chunks(row_id for subject, row_id in found if subject == "ticket"):
        rows = await tx.session.execute(select(Ticket).where(Ticket.id.in_(ids)))
        await _align_tickets(tx, {each.id: each for each in rows.scalars()})
    for ids in _chunks(row_id for subject, row_id in found if subject == "work_order"):
        rows = await tx.session.execute(select(WorkOrder).where(WorkOrder.id.in_(ids)))
        await _align_orders(tx, {each.id: each for each in rows.scalars()})


async def _align_tickets(
    tx: Tx,
    tickets: Mapping[int, Ticket],
    *,
    reopened: Iterable[int] = (),
    reported: Iterable[int] = (),
    new: Iterable[int] = (),
) -> None:
    kept = await newest_clocks(tx, "ticket", set(tickets) - set(new), TICKET_KINDS)
    for ticket in tickets.values():
        policy = await policy_of(tx, ticket.site_id)
        newest = kept.get(ticket.id, {})
        # What was imported begins to count when it came here.
        since = ticket.created_at if ticket.source is not None else ticket.reported_at
        since = tx.now if ticket.id in reopened else _basis(newest.get(ClockKind.RESOLVE), since)
        spans = ticket_clocks(TicketFacts(ticket.state, ticket.priority, since), policy.clocks)
        bases = dict.fromkeys(spans, since)
        if ClockKind.STEWARD_REPORT in spans:
            last = _basis(newest.get(ClockKind.STEWARD_REPORT), since)
            last = tx.now if ticket.id in reported else max(last, since)
            bases[ClockKind.STEWARD_REPORT] = last
            length_s = spans[ClockKind.STEWARD_REPORT].length_s
            spans[ClockKind.STEWARD_REPORT] = Span(last, length_s)
        await align(tx, ticket, newest, Wanted(spans, bases), policy)
    await tx.session.flush()


async def _align_orders(
    tx: Tx,
    orders: Mapping[int, WorkOrder],
    *,
    stepped: Iterable[int] = (),
    new: Iterable[int] = (),
) -> None:
    kept = await newest_clocks(tx, "work_order", set(orders) - set(new), ORDER_KINDS)
    open_orders = [each for each in orders.values() if each.state not in ENDED_STATES]
    steps = {
        each.id: tx.now
        if each.id in stepped
        else _basis(kept.get(each.id, {}).get(ClockKind.PROGRESS), each.created_at)
        for each in open_orders
    }
    facts = await facts_of(tx, open_orders, steps)
    for order in orders.values():
        policy = await policy_of(tx, order.site_id)
        spans: dict[ClockKind, Span] = {}
        bases: dict[ClockKind, datetime] = {}
        if order.id in facts:
            known = facts[order.id]
            spans = order_clocks(known, policy.clocks)
            bases = dict.fromkeys(spans, known.held_since or known.stepped_at)
            bases[ClockKind.PROGRESS] = known.stepped_at
            arrive = spans.get(ClockKind.ARRIVE)
            if arrive is not None and arrive.due_at is not None:
                bases[ClockKind.ARRIVE] = arrive.due_at
        await align(tx, order, kept.get(order.id, {}), Wanted(spans, bases), policy)
    await tx.session.flush()


async def _pause_tickets(tx: Tx, ticket_ids: Iterable[int]) -> None:
    """A ticket's clocks stand while all its open orders wait for the customer (SLA-2)."""
    for ticket_id in ticket_ids:
        # Of two orders that stop at the same moment, the later one sees what the other did.
        ticket = await tx.session.get_one(
            Ticket, ticket_id, with_for_update=True, populate_existing=True
        )
        if ticket.state not in UNSOLVED:
            continue
        reason = await _shared_reason(tx, await _open_orders(tx, ticket_id))
        for clock in await clocks.open_clocks(tx, ticket, *TICKET_KINDS):
            if reason is not None:
                await clocks.pause(tx, clock, reason=reason.value)
            else:
                await clocks.resume(tx, clock)


async def _open_orders(tx: Tx, ticket_id: int) -> Sequence[Any]:
    return (await tx.session.execute(_OPEN_ORDERS, {"ticket": ticket_id})).all()


async def _shared_reason(tx: Tx, orders: Sequence[Any]) -> PauseReason | None:
    reasons = []
    for site_id, state, reason in orders:
        policy = await policy_of(tx, site_id)
        if state is not WorkOrderState.PAUSED or not stops_clocks(reason, policy.clocks):
            return None
        reasons.append(reason)
    return reasons[0] if reasons else None


def _basis(clock: Clock | None, otherwise: datetime) -> datetime:
    given = clock.data.get("basis") if clock is not None else None
    return datetime.fromisoformat(given) if given is not None else otherwise


def _chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[at : at + _CHUNK] for at in range(0, len(ordered), _CHUNK))
