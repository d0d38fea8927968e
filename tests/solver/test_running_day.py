"""A day that goes on: whatever happens in it, one thing after the other, the plan in force is
mended and can be asked, as the service does both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dispatch.planning.live import InForce
from dispatch_solver import (
    InvalidProblem,
    Plan,
    Problem,
    Shift,
    Started,
    Technician,
    Visit,
    Window,
    check,
    repair,
)
from dispatch_solver.held import stops_of
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, stops, who
from tests.solver.days import day, laden_day, rich_day

DAYS = {"plain": day, "rich": rich_day, "laden": laden_day}
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
HAPPENINGS = ("time_passes", "delay", "illness", "longer", "begun", "urgent", "cancelled")


def time_passes(task: Problem, _plan: Plan, _who: int, minutes: int) -> Problem:
    """Nobody can begin anything before now any more."""
    return replace(
        task,
        technicians=tuple(
            replace(each, shifts=tuple(_later(shift, minutes) for shift in each.shifts))
            for each in task.technicians
        ),
    )


def delay(task: Problem, _plan: Plan, who: int, minutes: int) -> Problem:
    people = list(task.technicians)
    late = people[who % len(people)]
    shifts = (_later(late.shifts[0], minutes), *late.shifts[1:])
    people[who % len(people)] = replace(late, shifts=shifts)
    return replace(task, technicians=tuple(people))


def illness(task: Problem, _plan: Plan, who: int, minutes: int) -> Problem:
    """Somebody goes home."""
    people = list(task.technicians)
    ill = people[who % len(people)]
    first = ill.shifts[0]
    short = replace(first, end=min(first.end, first.start + minutes * MINUTE), overtime_limit=0)
    people[who % len(people)] = replace(ill, shifts=(short, *ill.shifts[1:]))
    return replace(task, technicians=tuple(people))


def longer(task: Problem, _plan: Plan, which: int, minutes: int) -> Problem:
    visits = list(task.visits)
    visit = visits[which % len(visits)]
    visits[which % len(visits)] = replace(visit, duration=visit.duration + minutes * MINUTE)
    return replace(task, visits=tuple(visits))


def begun(task: Problem, plan: Plan, which: int, minutes: int) -> Problem:
    """The first stop of a route is begun, not always when it was to be."""
    routes = [each for each in plan.routes if each.stops and each.shift == "day"]
    if not routes or any(each.started for each in task.visits):
        return task
    route = routes[which % len(routes)]
    first = route.stops[0]
    linked = {each for links in task.precedences for each in (links.before, links.after)}
    linked |= {each for tie in task.ties for each in tie.visits}
    if first.visit in linked:
        return task
    visits = (
        replace(
            each,
            started=Started(route.technician, first.start + minutes * MINUTE // 4),
            needs=each.needs[:1],
            pinned=None,
            current=None,
        )
        if each.id == first.visit
        else each
        for each in task.visits
    )
    return replace(task, visits=tuple(visits))


def urgent(task: Problem, _plan: Plan, which: int, minutes: int) -> Problem:
    like = task.visits[which % len(task.visits)]
    new = Visit(
        f"new{len(task.visits)}-{which}-{minutes}",
        like.place,
        minutes * MINUTE,
        needs=like.needs[:1],
        priority=4 if minutes % 2 else 2,
        promise=like.promise,
    )
    return replace(task, visits=(*task.visits, new))


def cancelled(task: Problem, _plan: Plan, which: int, _minutes: int) -> Problem:
    gone = task.visits[which % len(task.visits)].id
    return replace(
        task,
        visits=tuple(each for each in task.visits if each.id != gone),
        precedences=tuple(p for p in task.precedences if gone not in (p.before, p.after)),
        ties=tuple(each for each in task.ties if gone not in each.visits),
    )


def _later(shift: Shift, minutes: int) -> Shift:
    return replace(shift, start=min(shift.start + minutes * MINUTE, shift.end - MINUTE))


@settings(max_examples=15, phases=PHASES)
@given(data=st.data())
def test_the_plan_in_force_is_mended_whatever_happens(data: st.DataObject) -> None:
    _live_through(data, steps=5)


@pytest.mark.slow
@settings(max_examples=120, phases=PHASES)
@given(data=st.data())
def test_the_plan_in_force_is_mended_through_many_days(data: st.DataObject) -> None:
    _live_through(data, steps=10)


def _live_through(data: st.DataObject, *, steps: int) -> None:
    make = DAYS[data.draw(st.sampled_from(sorted(DAYS)))]
    people, visits = data.draw(st.integers(2, 4)), data.draw(st.integers(5, 14))
    task: Problem = make(people, visits, data.draw(st.integers(0, 10_000)))
    if data.draw(st.booleans()):
        # Half of what there is to do fits, if it does.
        task = replace(task, technicians=tuple(_half_day(each) for each in task.technicians))
    try:
        plan = quick(task, iterations=20)
    except InvalidProblem:
        return
    for _ in range(steps):
        happens = globals()[data.draw(st.sampled_from(HAPPENINGS))]
        number, minutes = data.draw(st.integers(0, 30)), data.draw(st.integers(5, 200))
        after = happens(task, plan, number, minutes)
        if len(after.visits) < 2:
            return
        try:
            mended = repair(after, plan, seconds=30, iterations=data.draw(st.sampled_from((1, 20))))
        except InvalidProblem:
            continue
        assert check(after, mended) == []
        _can_be_asked(after, mended, data.draw(st.integers(0, 30)))
        task, plan = after, mended


def _half_day(each: Technician) -> Technician:
    first = each.shifts[0]
    short = replace(first, end=first.start + 5 * HOUR, breaks=())
    return replace(each, shifts=(short, *each.shifts[1:]))


def _can_be_asked(task: Problem, plan: Plan, number: int) -> None:
    """With only some of the visits promised, as a customer on the phone finds the day."""
    served = sorted(stops_of(plan))
    promised = frozenset(served[::2] + sorted(each.id for each in task.visits)[::3])
    live = InForce(task, plan, promised).made_ready()
    visit = task.visits[number % len(task.visits)]
    for place in live.insert(visit.id):
        assert place.start >= visit.release
    live.slots(visit.id, [Window(8 * HOUR, 12 * HOUR), Window(12 * HOUR, 17 * HOUR)])


def test_who_lost_their_place_need_not_wait_for_it() -> None:
    """The afternoon's visit falls to somebody who has time for it in the morning alone."""
    ann, bob = person("ann"), person("bob", end=12 * HOUR)
    late = job("late", 5, minutes=60, windows=(Window(8 * HOUR, 16 * HOUR),))
    plan = quick(problem([ann], [job("first", 0, minutes=300), late]))
    (held,) = [stop for name, stop in stops(plan).items() if name == "late"]
    assert held.start >= 12 * HOUR
    after = problem([person("ann", end=13 * HOUR + 30 * MINUTE), bob], [*_with(300), late])
    found = repair(after, plan, seconds=30, iterations=1)
    assert check(after, found) == []
    assert who(found) == {"first": ["ann"], "late": ["bob"]}


def _with(minutes: int) -> list[Visit]:
    return [job("first", 0, minutes=minutes)]
