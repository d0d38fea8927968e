"""Which clocks a ticket or an order has in its state, and when each is due (SLA-1, SLA-5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.domain.clocks import ClockCalendar, ClockKind
from dispatch.domain.policies.clocks import Clocks
from dispatch.domain.tickets import TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import ENDED_STATES, PauseReason, WorkOrderState

_T, _W = TicketState, WorkOrderState

UNSOLVED = frozenset({_T.NEW, _T.TRIAGED, _T.IN_PROGRESS})
"""A ticket on which something is still to be done; a solved one waits for its callback alone."""

TRAVELLING = frozenset({_W.ASSIGNED, _W.ACCEPTED, _W.EN_ROUTE})
"""Somebody holds the order and is not there yet."""
_NOBODY_THERE = frozenset({_W.AWAITING_APPROVAL, _W.QUEUED, _W.OFFERED}) | TRAVELLING


@dataclass(frozen=True, slots=True)
class Span:
    """A deadline: `length_s` of counted time from `starts_at`, or a moment whatever was paused."""

    starts_at: datetime
    length_s: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What a ticket's clocks depend on; `since` is the report, or the reopening."""

    state: TicketState
    priority: Priority | None
    since: datetime


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What an order's clocks depend on.

    `stepped_at`: its last step; `held_since`: when its holder got it; `expected_at`: when the
    visit is planned or promised to begin; `window_ends`: when the promise, or the priority's time,
    is over; `is_same_day`: the visit is for the day of its dispatch.
    """

    kind: TicketKind
    state: WorkOrderState
    priority: Priority
    stepped_at: datetime
    held_since: datetime | None = None
    expected_at: datetime | None = None
    window_ends: datetime | None = None
    resume_on: datetime | None = None
    is_same_day: bool = True


def ticket_clocks(facts: TicketFacts, policy: Clocks) -> dict[ClockKind, Span]:
    """The deadlines of a ticket as it stands."""
    if facts.state not in UNSOLVED:
        return {}
    priority = (facts.priority or Priority.NORMAL).value
    spans = {
        ClockKind.RESOLVE: Span(facts.since, policy.resolve_s[priority]),
        ClockKind.STEWARD_REPORT: Span(facts.since, policy.steward_report_s),
    }
    if facts.state is TicketState.NEW:
        spans[ClockKind.FIRST_ANSWER] = Span(facts.since, policy.first_answer_s[priority])
    return _used(spans, policy)


def order_clocks(facts: OrderFacts, policy: Clocks) -> dict[ClockKind, Span]:
    """The deadlines of an order as it stands."""
    if facts.state in ENDED_STATES:
        return {}
    spans = {ClockKind.PROGRESS: Span(_waits_until(facts), policy.progress_s)}
    held = facts.held_since or facts.stepped_at
    expected = facts.expected_at or held
    if facts.state is _W.ASSIGNED:
        needed = expected - timedelta(seconds=policy.accept_ahead_s)
        spans[ClockKind.ACCEPT] = Span(max(held, needed), policy.accept_s)
    within_s = policy.arrive_s[facts.priority.value]
    if within_s is not None and facts.state in TRAVELLING:
        begins = held if facts.priority is Priority.EMERGENCY else max(held, expected)
        spans[ClockKind.ARRIVE] = Span(begins, within_s)
    elif within_s is None and facts.window_ends is not None and facts.state in _NOBODY_THERE:
        spans[ClockKind.ARRIVE] = Span(held, due_at=facts.window_ends)
    is_checked = facts.kind is TicketKind.REPAIR and facts.is_same_day
    if is_checked and facts.state in TRAVELLING:
        spans[ClockKind.ARRIVAL_CHECK] = Span(max(held, expected), policy.arrival_check_s)
    return _used(spans, policy)


def calendar_for(kind: ClockKind, priority: Priority | None, policy: Clocks) -> ClockCalendar:
    """Which time counts for a clock."""
    is_urgent = priority is Priority.EMERGENCY and policy.emergencies_round_the_clock
    if kind in policy.business_hours and not is_urgent:
        return ClockCalendar.BUSINESS_HOURS
    return ClockCalendar.ROUND_THE_CLOCK


def stops_clocks(reason: PauseReason | None, policy: Clocks) -> bool:
    """Whether a pause is for the customer's sake."""
    return reason in policy.customer_pauses


def _waits_until(facts: OrderFacts) -> datetime:
    """From when on an order that stands still is one that should not."""
    if facts.state is _W.PAUSED:
        return max(facts.stepped_at, facts.resume_on or facts.stepped_at)
    if facts.state in _NOBODY_THERE:
        return max(facts.stepped_at, facts.expected_at or facts.stepped_at)
    return facts.stepped_at


def _used(spans: dict[ClockKind, Span], policy: Clocks) -> dict[ClockKind, Span]:
    return {kind: span for kind, span in spans.items() if kind not in policy.unused}
