"""The life of a promise, as tables of cases."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain.appointments import (
    MOVABLE_STATES,
    AppointmentState,
    check_window,
    demand_movable,
    is_expired,
    kept,
    needs_reminder,
    state_when_left,
)
from dispatch.domain.errors import Code, Refused
from dispatch.domain.policies import parse_policy
from dispatch.domain.work_orders import WorkOrderState

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
S, W = AppointmentState, WorkOrderState


@pytest.mark.rule("APT-4")
@pytest.mark.parametrize(
    ("late", "grace_s", "state"),
    [
        (-HOUR, 0, S.MET),
        (timedelta(0), 0, S.MET),
        (timedelta(seconds=1), 0, S.MISSED),
        (timedelta(seconds=60), 60, S.MET),
        (timedelta(seconds=61), 60, S.MISSED),
    ],
)
def test_an_arrival_by_the_end_of_the_window_keeps_it(
    late: timedelta, grace_s: int, state: AppointmentState
) -> None:
    assert kept(ends_at=NOW, arrived_at=NOW + late, grace_s=grace_s) is state


@pytest.mark.rule("APT-4")
@pytest.mark.parametrize("state", WorkOrderState)
def test_only_what_nobody_has_set_out_for_is_moved(state: WorkOrderState) -> None:
    movable = {W.AWAITING_APPROVAL, W.QUEUED, W.OFFERED, W.ASSIGNED, W.ACCEPTED}
    assert movable == MOVABLE_STATES
    if state in movable:
        demand_movable(state, step="MOVE_APPOINTMENT")
        return
    with pytest.raises(Refused) as error:
        demand_movable(state, step="MOVE_APPOINTMENT")
    assert error.value.refusals[0].code is Code.WRONG_STEP


@pytest.mark.rule("APT-4")
def test_a_promise_whose_window_passed_was_missed_not_moved() -> None:
    assert state_when_left(ends_at=NOW, now=NOW) is S.MISSED
    assert state_when_left(ends_at=NOW + HOUR, now=NOW) is S.MOVED


@pytest.mark.rule("APT-2")
def test_a_hold_ends_with_its_last_second_and_a_promise_never_does() -> None:
    until = NOW + timedelta(minutes=5)
    assert not is_expired(S.HELD, held_until=until, now=until - timedelta(seconds=1))
    assert is_expired(S.HELD, held_until=until, now=until)
    assert not is_expired(S.CONFIRMED, held_until=until, now=until + HOUR)


@pytest.mark.rule("APT-2")
@pytest.mark.parametrize(("starts", "ends"), [(-2, -1), (-1, 0), (2, 1), (1, 1)])
def test_no_window_is_agreed_that_is_over_or_turned_round(starts: int, ends: int) -> None:
    with pytest.raises(Refused) as error:
        check_window(NOW + starts * HOUR, NOW + ends * HOUR, now=NOW)
    assert error.value.refusals[0].code is Code.OUT_OF_RANGE


@pytest.mark.rule("APT-5")
def test_moved_within_the_day_is_agreed_on_the_day_it_falls_on() -> None:
    today, tomorrow = date(2026, 11, 23), date(2026, 11, 24)
    assert needs_reminder(made_on=today, falls_on=today)
    assert not needs_reminder(made_on=today, falls_on=tomorrow)


@pytest.mark.rule("APT-2", "APT-5", "APT-7")
def test_the_numbers_are_the_sites_own() -> None:
    numbers = parse_policy({}).appointments
    assert (numbers.hold_s, numbers.remind_before_s, numbers.remind_answer_s) == (300, 1800, 300)
    assert numbers.call_rule == "FLAGGED"
    own = parse_policy({"appointments": {"hold_s": 60, "call_rule": "REFUSED"}}).appointments
    assert (own.hold_s, own.call_rule) == (60, "REFUSED")
    with pytest.raises(Refused):
        parse_policy({"appointments": {"hold_s": 1}})
