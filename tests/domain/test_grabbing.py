"""Where an order on offer fits into a day, and whom that is fair to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from dispatch.domain.grabbing import HERE, Day, Stop, first_to_see, fit, is_over_limit, reach_s

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def stop(name: int, minutes: int = 30, **given: float) -> Stop:
    times = {key: at(value) for key, value in given.items()}
    return Stop(name, f"WO-{name}", minutes * 60, **times)


def day(*held: Stop, free: float = 0, ends: float | None = 480, travel_min: int = 10) -> Day:
    """Every two stops are as far from each other."""
    ids = (HERE, *(each.order_id for each in held), 99)
    travel = {(a, b): 0 if a == b else travel_min * 60 for a, b in product(ids, ids)}
    return Day(at(free), None if ends is None else at(ends), held, travel)


@pytest.mark.rule("GRAB-5")
@pytest.mark.parametrize(
    ("held", "wanted", "starts", "between", "fits"),
    [
        # An empty day: as soon as one is there.
        ([], stop(99), 10, (None, None), True),
        # It fits before what is planned for later: nothing is delayed.
        ([stop(1, planned=120, latest=180)], stop(99), 10, (None, 1), True),
        # Too long to go first; after it there is room.
        ([stop(1, planned=30, latest=30)], stop(99, 60), 70, (1, None), True),
        # Between two.
        (
            [stop(1, planned=10, latest=15), stop(2, planned=120, latest=120)],
            stop(99),
            50,
            (1, 2),
            True,
        ),
        # Its own window opens later.
        ([], stop(99, earliest=90, latest=150), 90, (None, None), True),
        # The shift ends too soon.
        ([], stop(99, 500), 10, (None, None), False),
    ],
)
def test_an_order_goes_where_nothing_promised_is_missed(
    held: list[Stop],
    wanted: Stop,
    starts: float,
    between: tuple[int | None, int | None],
    fits: bool,
) -> None:
    found = fit(day(*held), wanted)
    assert (found.starts_at, (found.after, found.before)) == (at(starts), between)
    assert found.fits is fits
    assert found.breaks is None


@pytest.mark.rule("GRAB-5")
def test_the_promise_that_would_be_missed_is_named_with_by_how_much() -> None:
    held = [stop(1, 60, planned=10, latest=10), stop(2, planned=80, latest=85)]
    # Its own window is over before anything else could move aside.
    found = fit(day(*held), stop(99, 30, latest=12))
    assert (found.breaks, found.late_s, found.fits) == ("WO-1", 40 * 60, False)
    own = fit(day(stop(1, 60, planned=10, latest=10)), stop(99, 30, latest=60))
    assert (own.breaks, own.late_s) == ("WO-99", 20 * 60)


@pytest.mark.rule("GRAB-5")
def test_a_promise_that_is_missed_anyway_is_not_the_new_orders_fault() -> None:
    late = stop(1, planned=0, latest=-30)
    found = fit(day(late), stop(99))
    assert (found.breaks, found.after, found.delays_s) == (None, 1, 0)


@pytest.mark.rule("GRAB-4")
def test_the_job_at_hand_counts_towards_reaching_the_next() -> None:
    assert reach_s(day(free=15), stop(99), now=NOON) == (15 + 10) * 60
    assert reach_s(day(free=-15), stop(99), now=NOON) == 10 * 60


@pytest.mark.rule("GRAB-6")
def test_those_with_less_work_see_an_offer_first() -> None:
    loads = {1: 0, 2: 3600, 3: 7200, 4: 7201}
    assert first_to_see(loads, gap_s=7200) == {1, 2, 3}
    assert first_to_see(loads, gap_s=0) == {1}
    assert first_to_see({}, gap_s=0) == set()


@pytest.mark.rule("GRAB-6")
@pytest.mark.parametrize(
    ("load", "more", "limit", "over"),
    [(0, 3600, None, False), (0, 3600, 3600, False), (1, 3600, 3600, True), (0, 1, 0, True)],
)
def test_a_work_limit_is_kept_to_the_second(
    load: int,
    more: int,
    limit: int | None,
    over: bool,
) -> None:
    assert is_over_limit(load, more, limit_s=limit) is over
