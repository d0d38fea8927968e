"""What holds at every moment between two transactions, whatever was called in whatever order.

Each invariant is a function of one ticket or order with all that hangs on it, and yields a sentence
for each way in which it is broken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from dispatch.domain.appointments import STANDING_STATES, AppointmentState
from dispatch.domain.callbacks import CallbackState
from dispatch.domain.clocks import OPEN_CLOCKS, TICKET_KINDS, ClockState
from dispatch.domain.tickets import ENDED_STATES as TICKET_ENDED_STATES
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import (
    DONE_STATES,
    ENDED_STATES,
    HELD_STATES,
    STARTED_STATES,
    WorkOrderState,
)


@dataclass(frozen=True, slots=True)
class Held:
    """One time somebody held an order."""

    technician_id: int
    created_at: datetime
    ended_at: datetime | None
    leads: tuple[int, ...]
    """Members of the crew who lead it."""


@dataclass(frozen=True, slots=True)
class Ticking:
    """A clock about a ticket or an order."""

    kind: str
    state: ClockState
    due_at: datetime
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderState:
    """A work order and all that hangs on it."""

    number: str
    state: WorkOrderState
    started_at: datetime | None
    ended_at: datetime | None
    pause_reason: str | None
    resume_on: datetime | None
    waits_for_customer: bool
    """Whether it is paused for the customer's sake, by the policy."""
    held: Sequence[Held]
    open_offers: int
    appointments: Sequence[AppointmentState]
    clocks: Sequence[Ticking]


@dataclass(frozen=True, slots=True)
class TicketSnapshot:
    """A ticket and all that hangs on it."""

    number: str
    state: TicketState
    resolved_at: datetime | None
    closed_at: datetime | None
    merged_into_id: int | None
    orders: Sequence[OrderState]
    callbacks: Sequence[CallbackState]
    clocks: Sequence[Ticking]


def held_by_one(order: OrderState) -> Iterator[str]:
    """An order is held just when its state says so, by one at a time (GRAB-2)."""
    still = [each for each in order.held if each.ended_at is None]
    if (order.state in HELD_STATES) != (len(still) == 1):
        yield f"is {order.state} and held by {len(still)}"
    in_time = sorted(order.held, key=lambda each: each.created_at)
    for one, following in pairwise(in_time):
        if one.ended_at is None or one.ended_at > following.created_at:
            yield f"was held by {one.technician_id} and {following.technician_id} at once"


def crew_has_one_lead(order: OrderState) -> Iterator[str]:
    """Who holds an order leads its crew, and nobody else (GRAB-7)."""
    for each in order.held:
        if each.leads != (each.technician_id,):
            yield f"is led by {each.leads}, held by {each.technician_id}"


def open_while_offered(order: OrderState) -> Iterator[str]:
    """An offer is open just while the order is on offer (GRAB-1)."""
    if order.open_offers != (order.state is WorkOrderState.OFFERED):
        yield f"is {order.state} with {order.open_offers} open offers"


def work_has_its_times(order: OrderState) -> Iterator[str]:
    """Begun work has a beginning, ended work an end, paused work a reason and a date (EXE)."""
    if order.state in STARTED_STATES | DONE_STATES and order.started_at is None:
        yield f"is {order.state} and never began"
    if (order.state in ENDED_STATES) != (order.ended_at is not None):
        yield f"is {order.state}, ended at {order.ended_at}"
    is_paused = order.state is WorkOrderState.PAUSED
    if is_paused != (order.pause_reason is not None) or is_paused != (order.resume_on is not None):
        yield f"is {order.state}, paused for {order.pause_reason} until {order.resume_on}"


def one_promise(order: OrderState) -> Iterator[str]:
    """At most one appointment stands; none is held for work that has ended (APT-2)."""
    standing = [each for each in order.appointments if each in STANDING_STATES]
    if len(standing) > 1:
        yield f"has {len(standing)} standing appointments"
    if order.state in ENDED_STATES and AppointmentState.HELD in standing:
        yield f"is {order.state} and a slot is held for it"


def clocks_end_with_the_order(order: OrderState) -> Iterator[str]:
    """No clock runs on about work that has ended (SLA-1)."""
    if order.state in ENDED_STATES:
        yield from _running(order.clocks, str(order.state))


def pauses_are_kept(order: OrderState) -> Iterator[str]:
    """A clock that stands still knows since when (SLA-2)."""
    for clock in order.clocks:
        if (clock.state is ClockState.PAUSED) != (clock.paused_at is not None):
            yield f"has a clock {clock.kind} {clock.state}, paused at {clock.paused_at}"


def resolved_when_all_is_done(ticket: TicketSnapshot) -> Iterator[str]:
    """A ticket is resolved or closed only when all its orders have ended (TRI-6)."""
    ended = TICKET_ENDED_STATES | {TicketState.RESOLVED}
    busy = [each.number for each in ticket.orders if each.state not in ENDED_STATES]
    if ticket.state in ended and busy:
        yield f"is {ticket.state} while {', '.join(busy)} go on"


def ticket_has_its_times(ticket: TicketSnapshot) -> Iterator[str]:
    """What has ended has its time, and a merged ticket its main one (INT-6)."""
    if (ticket.state in TICKET_ENDED_STATES) != (ticket.closed_at is not None):
        yield f"is {ticket.state}, closed at {ticket.closed_at}"
    if (ticket.state is TicketState.MERGED) and ticket.merged_into_id is None:
        yield "is merged into nothing"


def callback_is_owed(ticket: TicketSnapshot) -> Iterator[str]:
    """A resolved ticket is owed a call, until it is reached or given up (CBK-1)."""
    due = sum(each is CallbackState.DUE for each in ticket.callbacks)
    if ticket.state is TicketState.RESOLVED and due > 1:
        yield f"is owed {due} calls"
    if ticket.state is TicketState.RESOLVED and not ticket.callbacks:
        yield "is resolved and nobody is to call"


def clocks_end_with_the_ticket(ticket: TicketSnapshot) -> Iterator[str]:
    """No clock runs on about a ticket that has ended (SLA-1)."""
    if ticket.state in TICKET_ENDED_STATES:
        yield from _running(ticket.clocks, str(ticket.state))


def clocks_stand_still_with_the_work(ticket: TicketSnapshot) -> Iterator[str]:
    """The clocks of what is not solved stand while all that is left of it waits for the customer,
    and run while anything else is to be done (SLA-2)."""
    left = [each for each in ticket.orders if each.state not in ENDED_STATES]
    stands = bool(left) and all(each.waits_for_customer for each in left)
    expected = ClockState.PAUSED if stands else ClockState.RUNNING
    for clock in ticket.clocks:
        if clock.kind in TICKET_KINDS and clock.state in OPEN_CLOCKS and clock.state != expected:
            yield f"has a clock {clock.kind} {clock.state} that should be {expected}"


ORDER_INVARIANTS: Sequence[Callable[[OrderState], Iterator[str]]] = (
    held_by_one,
    crew_has_one_lead,
    open_while_offered,
    work_has_its_times,
    one_promise,
    clocks_end_with_the_order,
    pauses_are_kept,
)
TICKET_INVARIANTS: Sequence[Callable[[TicketSnapshot], Iterator[str]]] = (
    resolved_when_all_is_done,
    ticket_has_its_times,
    callback_is_owed,
    clocks_end_with_the_ticket,
    clocks_stand_still_with_the_work,
)


def broken(ticket: TicketSnapshot) -> list[str]:
    """Every invariant that a ticket with its orders breaks, in words; empty when all hold."""
    faults = [
        f"{ticket.number} {fault} ({check.__name__})"
        for check in TICKET_INVARIANTS
        for fault in check(ticket)
    ]
    faults += [
        f"{order.number} {fault} ({check.__name__})"
        for order in ticket.orders
        for check in ORDER_INVARIANTS
        for fault in check(order)
    ]
    return faults


def _running(clocks: Sequence[Ticking], state: str) -> Iterator[str]:
    for clock in clocks:
        if clock.state in OPEN_CLOCKS:
            yield f"is {state} and its clock {clock.kind} runs on"
