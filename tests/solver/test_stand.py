"""A plan in force is begun from, and left only for what is worth it; the stale is mended."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch_solver import Current, Plan, Problem, Stop, Weights, Window, check, validate
from dispatch_solver.held import stops_of
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, stops, who
from tests.solver.days import rich_day


def in_force(task: Problem, plan: Plan) -> Problem:
    """The problem in which everybody holds what the plan gives them."""
    held = stops_of(plan)
    return replace(
        task,
        visits=tuple(
            replace(
                each,
                current=Current(
                    held[each.id][0][0],
                    held[each.id][0][1],
                    tuple(held[each.id][k][0] for k in range(1, len(each.needs))),
                ),
            )
            if each.id in held and each.started is None and each.pinned is None
            else each
            for each in task.visits
        ),
    )


def settled(task: Problem, plan: Plan, *, iterations: int = 200) -> Plan:
    found = quick(task, iterations=iterations, warm_start=plan, stands=True)
    assert check(task, found) == []
    return found


def a_late_tap(*, late_s: int) -> tuple[Problem, Plan]:
    """Ann holds two taps and begins the second so much too late; Bob is free, 12 minutes' worth of
    travel and change away."""
    weights = Weights(lateness_second=1, travel_second=1, change=600, imbalance=0)
    taps = [job("first", 1, windows=(Window(8 * HOUR, 8 * HOUR + 10 * MINUTE),)), job("second", 2)]
    task = problem([person("ann"), person("bob")], taps, weights=weights)
    plan = quick(replace(task, technicians=task.technicians[:1]), iterations=0)
    start = stops(plan)["second"].start
    assert start == 8 * HOUR + 32 * MINUTE
    late = replace(task, visits=(taps[0], replace(taps[1], due=start - late_s)))
    return in_force(late, plan), plan


def test_a_gain_smaller_than_its_changes_moves_nothing() -> None:
    task, plan = a_late_tap(late_s=11 * MINUTE)
    assert stops(settled(task, plan)) == stops_timed(task, plan)
    # Who only looks at the plan's worth, tier by tier, would take it.
    assert stops(quick(task, iterations=200, warm_start=plan))["second"].late_s == 0


def test_a_gain_worth_its_changes_is_taken() -> None:
    task, plan = a_late_tap(late_s=13 * MINUTE)
    assert stops(settled(task, plan))["second"].late_s == 0


@pytest.mark.rule("DSP-3")
@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_of_a_plan_in_force_gains_more_than_it_costs(seed: int) -> None:
    """Against the same plan with what came in later merely added."""
    task = rich_day(6, 24, seed)
    before = quick(replace(task, visits=task.visits[:20], precedences=(), ties=()), seed=seed)
    task = in_force(task, before)
    added = quick(task, iterations=0, warm_start=before).terms
    found = settled(task, before).terms
    assert found.tier1 <= added.tier1
    if found.tier1 == added.tier1:
        assert found.tier2 + found.tier3 <= added.tier2 + added.tier3 + 1e-6


def test_what_serves_more_is_begun_from_nothing() -> None:
    """A plan in force that keeps somebody busy elsewhere while an emergency waits."""
    ann = person("ann", end=10 * HOUR)
    long_one = job("painting", 1, minutes=100, priority=1)
    task = problem([ann], [long_one, job("leak", 1, minutes=60, priority=4)])
    plan = quick(replace(task, visits=task.visits[:1]), iterations=0)
    found = settled(in_force(task, plan), plan, iterations=0)
    assert who(found) == {"leak": ["ann"]}


@pytest.mark.rule("DSP-2")
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data(), st.integers(0, 10_000))
def test_whatever_is_stale_is_mended_or_dropped(data: st.DataObject, seed: int) -> None:
    """People gone, shifts shortened, visits gone and new, other windows, stops that never were."""
    old, new = rich_day(5, 18, seed), rich_day(5, 20, seed)
    plan = quick(old, iterations=5, seed=seed)
    routes = [
        replace(
            route,
            technician=data.draw(st.sampled_from([route.technician, "t1", "nobody"])),
            shift=data.draw(st.sampled_from([route.shift, route.shift, "never"])),
            stops=tuple(
                data.draw(
                    st.sampled_from(
                        [
                            stop,
                            stop,
                            replace(stop, visit="gone"),
                            replace(stop, need=stop.need + 3),
                            replace(stop, start=stop.start + 5 * HOUR),
                        ]
                    )
                )
                for stop in (*route.stops, *route.stops[:1])
            ),
        )
        for route in plan.routes
    ]
    lost = data.draw(st.integers(0, 2))
    staff = tuple(
        replace(each, shifts=each.shifts[: 1 + (i + lost) % 2])
        for i, each in enumerate(new.technicians)
    )
    task = replace(new, technicians=staff)
    if validate(task):
        task = new
    settled(task, replace(plan, routes=tuple(routes)), iterations=10)


def stops_timed(task: Problem, plan: Plan) -> dict[str, Stop]:
    """The stops of a plan as the problem times and counts them."""
    return stops(quick(task, iterations=0, warm_start=plan))
