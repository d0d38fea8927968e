"""When clocks are due, what is left of them, and which ladders have an end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.arrival_checks import check_answer
from dispatch.domain.calendars import BusinessCalendar, Opening, RoundTheClock
from dispatch.domain.clocks import LADDERED, ClockCalendar, ClockKind, Count, Pause, count
from dispatch.domain.deadlines import (
    OrderFacts,
    Span,
    TicketFacts,
    calendar_for,
    order_clocks,
    stops_clocks,
    ticket_clocks,
)
from dispatch.domain.errors import Refused
from dispatch.domain.ladders import DECIDERS, OrderMove
from dispatch.domain.policies import Policy, parse_policy, policy_document
from dispatch.domain.policies.clocks import Clocks
from dispatch.domain.tickets import TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import PauseReason, WorkOrderState
from dispatch.texts import render

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
ALWAYS = RoundTheClock()
OFFICE = BusinessCalendar(
    ZoneInfo("Asia/Shanghai"), (Opening((0, 1, 2, 3, 4), time(9), time(17, 30)),)
)
POLICY = Clocks()
K, P, W = ClockKind, Priority, WorkOrderState


def later(**delta: float) -> datetime:
    return NOW + timedelta(**delta)


@pytest.mark.rule("SLA-2")
def test_pauses_do_not_count_and_an_open_one_tells_what_is_left() -> None:
    hour = Pause(later(minutes=10), later(minutes=70))
    assert count(ALWAYS, started_at=NOW, length_s=1800) == Count(later(minutes=30))
    assert count(ALWAYS, started_at=NOW, length_s=1800, pauses=[hour]).due_at == later(minutes=90)
    # A pause that began when it was over changes nothing.
    assert count(ALWAYS, started_at=NOW, length_s=600, pauses=[hour]).due_at == later(minutes=10)
    lasting = Pause(later(minutes=80), None)
    counted = count(ALWAYS, started_at=NOW, length_s=1800, pauses=[hour, lasting])
    assert counted == Count(later(minutes=90), 600)
    # Over the night, on business hours, a pause costs nothing but open time.
    night = Pause(later(hours=8), later(hours=24))
    assert count(OFFICE, started_at=NOW, length_s=9 * 3600, pauses=[night]).due_at == later(
        hours=25
    )


@pytest.mark.rule("SLA-2")
@given(
    st.lists(st.integers(0, 5000), max_size=8, unique=True),
    st.integers(0, 20_000),
    st.sampled_from([ALWAYS, OFFICE]),
)
def test_a_paused_clock_runs_exactly_its_length(
    edges: list[int], length_s: int, calendar: RoundTheClock | BusinessCalendar
) -> None:
    moments = [later(seconds=each * 10) for each in sorted(edges)]
    pauses = [Pause(begin, end) for begin, end in zip(moments[::2], moments[1::2], strict=False)]
    due = count(calendar, started_at=NOW, length_s=length_s, pauses=pauses).due_at
    ran = calendar.elapsed(NOW, due) - sum(
        calendar.elapsed(each.starts_at, min(each.ends_at or due, due)) for each in pauses
    )
    assert ran == length_s


def order(**given: Any) -> OrderFacts:
    facts: dict[str, Any] = {
        "kind": TicketKind.REPAIR,
        "state": W.ASSIGNED,
        "priority": P.NORMAL,
        "stepped_at": NOW,
        "held_since": NOW,
        "window_ends": later(hours=4),
        **given,
    }
    return OrderFacts(**facts)


@pytest.mark.rule("SLA-1")
def test_each_state_has_its_clocks() -> None:
    kinds = {state: set(order_clocks(order(state=state), POLICY)) for state in W}
    assert kinds[W.ASSIGNED] == {K.ACCEPT, K.ARRIVE, K.PROGRESS, K.ARRIVAL_CHECK}
    assert kinds[W.ACCEPTED] == kinds[W.EN_ROUTE] == {K.ARRIVE, K.PROGRESS, K.ARRIVAL_CHECK}
    assert kinds[W.QUEUED] == kinds[W.OFFERED] == {K.ARRIVE, K.PROGRESS}
    assert kinds[W.ARRIVED] == kinds[W.STARTED] == kinds[W.PAUSED] == {K.PROGRESS}
    assert kinds[W.COMPLETED] == kinds[W.CLOSED] == kinds[W.CANCELLED] == set()
    states = {
        state: set(ticket_clocks(TicketFacts(state, None, NOW), POLICY)) for state in TicketState
    }
    assert states[TicketState.NEW] == {K.FIRST_ANSWER, K.RESOLVE, K.STEWARD_REPORT}
    assert states[TicketState.TRIAGED] == states[TicketState.IN_PROGRESS]
    assert states[TicketState.IN_PROGRESS] == {K.RESOLVE, K.STEWARD_REPORT}
    for ended in (TicketState.RESOLVED, TicketState.CLOSED, TicketState.MERGED):
        assert states[ended] == set()


@pytest.mark.rule("SLA-1")
def test_the_numbers_are_the_policys() -> None:
    clocks = order_clocks(order(priority=P.EMERGENCY), POLICY)
    assert clocks[K.ACCEPT] == Span(NOW, 300)
    assert clocks[K.ARRIVE] == Span(NOW, 900)
    assert clocks[K.PROGRESS] == Span(NOW, 7200)
    assert order_clocks(order(), POLICY)[K.ARRIVE].due_at == later(hours=4)
    report = ticket_clocks(TicketFacts(TicketState.NEW, P.EMERGENCY, NOW), POLICY)
    assert report == {
        K.FIRST_ANSWER: Span(NOW, 300),
        K.RESOLVE: Span(NOW, 24 * 3600),
        K.STEWARD_REPORT: Span(NOW, 4 * 3600),
    }
    other = parse_policy(
        {
            "clocks": {
                "accept_s": 60,
                "arrive_s": {"EMERGENCY": 600, "NORMAL": 1200},
                "unused": ["PROGRESS", "STEWARD_REPORT"],
                "resolve_s": {"NORMAL": 3600},
            }
        }
    ).clocks
    clocks = order_clocks(order(), other)
    assert clocks[K.ACCEPT].length_s == 60
    assert clocks[K.ARRIVE] == Span(NOW, 1200)
    assert K.PROGRESS not in clocks
    normal = ticket_clocks(TicketFacts(TicketState.TRIAGED, P.NORMAL, NOW), other)
    assert normal == {K.RESOLVE: Span(NOW, 3600)}


def test_what_is_planned_for_later_is_not_late_now() -> None:
    tomorrow = order(expected_at=later(hours=24), window_ends=later(hours=26), is_same_day=False)
    clocks = order_clocks(tomorrow, POLICY)
    assert clocks[K.ACCEPT].starts_at == later(hours=12)
    assert clocks[K.PROGRESS].starts_at == later(hours=24)
    assert K.ARRIVAL_CHECK not in clocks
    paused = order(state=W.PAUSED, resume_on=later(hours=20))
    assert order_clocks(paused, POLICY)[K.PROGRESS].starts_at == later(hours=20)


@pytest.mark.rule("SLA-5")
def test_only_same_day_repairs_are_asked_after() -> None:
    assert order_clocks(order(), POLICY)[K.ARRIVAL_CHECK] == Span(NOW, 900)
    planned = order(expected_at=later(hours=2))
    assert order_clocks(planned, POLICY)[K.ARRIVAL_CHECK] == Span(later(hours=2), 900)
    assert K.ARRIVAL_CHECK not in order_clocks(order(kind=TicketKind.SERVICE), POLICY)
    assert K.ARRIVAL_CHECK not in order_clocks(order(is_same_day=False), POLICY)


@pytest.mark.rule("SLA-5")
def test_nobody_there_needs_apology_reason_and_a_new_time() -> None:
    check_answer(is_there=True, apologized=False, reason=None, new_time=None, now=NOW)
    check_answer(
        is_there=False, apologized=True, reason="traffic", new_time=later(minutes=20), now=NOW
    )
    with pytest.raises(Refused) as error:
        check_answer(is_there=False, apologized=False, reason=" ", new_time=None, now=NOW)
    assert [each.field for each in error.value.refusals] == [
        ("apologized",),
        ("reason",),
        ("new_time",),
    ]
    with pytest.raises(Refused):
        check_answer(is_there=False, apologized=True, reason="traffic", new_time=NOW, now=NOW)


@pytest.mark.rule("SLA-2")
def test_the_policy_says_which_time_counts_and_which_pauses_do_not() -> None:
    policy = parse_policy({"clocks": {"business_hours": ["RESOLVE"]}}).clocks
    assert calendar_for(K.RESOLVE, P.NORMAL, policy) is ClockCalendar.BUSINESS_HOURS
    assert calendar_for(K.RESOLVE, P.EMERGENCY, policy) is ClockCalendar.ROUND_THE_CLOCK
    assert calendar_for(K.ACCEPT, P.NORMAL, policy) is ClockCalendar.ROUND_THE_CLOCK
    assert stops_clocks(PauseReason.CUSTOMER_AWAY, policy)
    assert not stops_clocks(PauseReason.PARTS, policy)
    assert not stops_clocks(None, policy)


RUNG: dict[str, Any] = {"after_s": 0, "tell": ["SUPERVISOR"]}


@pytest.mark.rule("SLA-3")
def test_a_ladder_says_who_when_by_what_and_what_becomes_of_the_order() -> None:
    rungs = [
        {"after_s": 0, "tell": ["HOLDER", "LEADER"], "means": ["SMS", "WECOM"]},
        {"after_s": 300, "tell": ["PROJECT_MANAGER"], "order": "REASSIGN"},
    ]
    policy = parse_policy({"clocks": {"ladders": {"ACCEPT": rungs}}})
    first, last = policy.clocks.ladders[K.ACCEPT]
    assert (first.means, first.order) == (("SMS", "WECOM"), OrderMove.NOTHING)
    assert (last.after_s, last.order) == (300, OrderMove.REASSIGN)
    assert policy.clocks.ladders[K.ARRIVE] == POLICY.ladders[K.ARRIVE]
    assert parse_policy(policy_document(policy)) == policy


@pytest.mark.rule("SLA-3")
def test_every_clock_ships_with_a_ladder_that_ends_with_somebody_who_decides() -> None:
    assert set(POLICY.ladders) == LADDERED
    assert parse_policy(policy_document(Policy())) == Policy()
    for ladder in POLICY.ladders.values():
        assert DECIDERS & set(ladder[-1].tell)


@pytest.mark.rule("SLA-3")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ACCEPT": []}, "1 to 10 entries"),
        ({"ACCEPT": [{**RUNG, "after_s": 60}]}, "the breach itself"),
        ({"ACCEPT": [RUNG, {**RUNG, "after_s": 59}]}, "1 minute later than the one before"),
        ({"ACCEPT": [{**RUNG, "tell": []}]}, "tells nobody"),
        ({"ACCEPT": [{**RUNG, "tell": ["RESIDENT"]}]}, "cannot be told: RESIDENT"),
        ({"ACCEPT": [{**RUNG, "tell": ["LEADER"]}]}, "no end"),
        ({"RESOLVE": [{**RUNG, "order": "OFFER"}]}, "Only a ladder about an order"),
        ({"ACCEPT": [{**RUNG, "order": "BURN"}]}, "one of NOTHING, OFFER"),
        ({"ACCEPT": [{**RUNG, "whom": "x"}]}, "no “whom”"),
        ({"ACCEPT": [{"after_s": 0}]}, "“tell” is missing"),
        ({"POLICY_STARTS": [RUNG]}, "no “POLICY_STARTS”"),
    ],
)
def test_a_ladder_without_sense_is_refused_with_the_reason(
    given: Mapping[str, object], said: str
) -> None:
    with pytest.raises(Refused) as error:
        parse_policy({"clocks": {"ladders": given}})
    (kind,) = given
    assert {each.field for each in error.value.refusals} == {
        ("document", "clocks", "ladders", kind)
    }
    assert said in " ".join(render(each, "en")[0] for each in error.value.refusals)
