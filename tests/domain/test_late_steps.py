"""Steps that come late and in any order make one history."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.errors import Refused
from dispatch.domain.late_steps import Told, clock_correction, history, own_time
from dispatch.domain.work_orders import STEPS, WorkOrderState, WorkOrderStep

S, W = WorkOrderStep, WorkOrderState
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WAY = (S.ACCEPT, S.SET_OUT, S.ARRIVE, S.START)


def day(pauses: int) -> list[WorkOrderStep]:
    return [*WAY, *(S.PAUSE, S.RESUME) * pauses, S.COMPLETE]


def told(step: WorkOrderStep, minute: int, *, is_taken: bool = False) -> Told:
    at = NOON + timedelta(minutes=minute)
    return Told(step, at, at, is_taken)


@pytest.mark.rule("EXE-6")
@given(pauses=st.integers(0, 3), seed=st.integers(0, 10**6))
def test_any_order_of_delivery_ends_in_the_whole_history(pauses: int, seed: int) -> None:
    steps = [told(step, minute) for minute, step in enumerate(day(pauses))]
    delivered = steps[:]
    random.Random(seed).shuffle(delivered)
    known: list[Told] = []
    for step in delivered:
        known.append(step)
        held = history(W.ASSIGNED, known)
        # What was taken stays taken, and each step leads from where the one before led.
        assert {i for i, each in enumerate(known) if each.is_taken} <= {h.index for h in held}
        state = W.ASSIGNED
        for each in held:
            state = STEPS.after(state=state, step=known[each.index].step)
            assert state is each.state
        taken = {each.index for each in held}
        known = [
            Told(one.step, one.at, one.occurred_at, is_taken=i in taken)
            for i, one in enumerate(known)
        ]
    assert all(each.is_taken for each in known)
    assert history(W.ASSIGNED, known)[-1].state is W.COMPLETED


@pytest.mark.rule("EXE-6")
def test_what_comes_too_early_waits_and_what_does_not_fit_is_left_out() -> None:
    assert history(W.ASSIGNED, [told(S.ARRIVE, 2)]) == ()
    # A pause alone cannot go before a completion that was taken; with its end it can.
    done = [told(step, minute, is_taken=True) for minute, step in enumerate(WAY)]
    done.append(told(S.COMPLETE, 60, is_taken=True))
    held = history(W.ASSIGNED, [*done, told(S.PAUSE, 20)])
    assert [each.index for each in held] == [0, 1, 2, 3, 4]
    held = history(W.ASSIGNED, [*done, told(S.PAUSE, 20), told(S.RESUME, 40)])
    assert [each.index for each in held] == [0, 1, 2, 3, 5, 6, 4]
    # Two steps in one tick were taken in the order of the work.
    tick = [told(S.ARRIVE, 5), told(S.SET_OUT, 5)]
    assert [each.index for each in history(W.ACCEPTED, tick)] == [1, 0]


@pytest.mark.rule("EXE-6")
def test_a_device_may_be_wrong_about_the_time_within_bounds() -> None:
    fast, oldest = timedelta(minutes=5), timedelta(days=7)

    def counted(occurred_at: datetime, stamped: datetime | None = None) -> datetime:
        return own_time(occurred_at, now=NOON, stamped=stamped, fast=fast, oldest=oldest)

    assert counted(NOON - timedelta(hours=3)) == NOON - timedelta(hours=3)
    assert counted(NOON + timedelta(minutes=5)) == NOON
    online = NOON - timedelta(minutes=10)
    assert counted(online - timedelta(minutes=2), online) == online
    assert counted(online - timedelta(minutes=9), online) == online - timedelta(minutes=9)
    for wrong in (NOON + timedelta(minutes=6), NOON - timedelta(days=8)):
        with pytest.raises(Refused):
            counted(wrong)
    day_off = timedelta(days=1)
    assert clock_correction(timedelta(seconds=25), most=day_off) == timedelta(0)
    assert clock_correction(timedelta(minutes=-61), most=day_off) == timedelta(minutes=-61)
    with pytest.raises(Refused):
        clock_correction(timedelta(days=2), most=day_off)
