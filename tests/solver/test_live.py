"""Questions about a plan held ready: the answers are exact, and leave the plan as it was."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from dispatch_solver import (
    InvalidProblem,
    LivePlan,
    Need,
    Pin,
    Place,
    Plan,
    Problem,
    Visit,
    Window,
    insert,
    slots,
    why_not,
)
from dispatch_solver.compiled import available
from dispatch_solver.model import compile_problem
from dispatch_solver.ready import make_ready
from dispatch_solver.slots import offered
from dispatch_solver.state import State
from dispatch_solver.trial import best_places, best_swaps, run
from dispatch_solver.warm import state_of
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, who
from tests.solver.days import day, rich_day
from tests.solver.placing import placed, without

DAY_KINDS = [(day, seed) for seed in range(4)] + [(rich_day, seed) for seed in range(8)]


def by_brute_force(state: State, visit: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Per technician and shift the least that any index of the route adds, tier by tier."""
    model, task = state.model, state.model.tasks_of[visit][0]
    _, second, third = state.worth()
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for s, data in enumerate(model.shifts):
        name = model.problem.technicians[data.technician].id, model.names[s]
        for at in range(len(state.routes[s]) + 1):
            state.begin()
            if model.can(s, task) and state.insert(task, s, at):
                _, second_now, third_now = state.worth()
                added = round(second_now - second, 4), round(third_now - third, 4)
                found[name] = min(added, found.get(name, added))
            state.rollback()
    return found


def as_tiers(places: list[Place]) -> dict[tuple[str, str], tuple[float, float]]:
    return {(p.technician, p.shift): (round(p.tier2, 4), round(p.tier3, 4)) for p in places}


def left_out(task: Problem, plan: Plan) -> Iterator[tuple[State, int, Visit]]:
    """Each visit without links that the plan leaves out."""
    state = state_of(compile_problem(task), plan)
    for v in sorted(state.missing):
        if not state.model.linked[state.model.tasks_of[v][0]]:
            yield state, v, task.visits[v]


@pytest.mark.parametrize(("make", "seed"), DAY_KINDS)
def test_insert_equals_brute_force(make: Callable[..., Problem], seed: int) -> None:
    task = make(4, 26, seed)
    # A part of the day only, so that much of the rest has places.
    served = quick(replace(task, visits=task.visits[:14], precedences=(), ties=()), iterations=5)
    live = LivePlan(task, served)
    for state, v, visit in left_out(task, served):
        places = live.insert(visit.id, most=100)
        told, wanted = as_tiers(places), by_brute_force(state, v)
        assert told.keys() == wanted.keys()
        for name, tiers in wanted.items():
            assert told[name] == pytest.approx(tiers, abs=1e-3)
        assert places == sorted(places, key=lambda p: (round(p.tier2, 6), round(p.tier3, 6)))
        assert live.insert(visit.id, most=2) == places[:2]


@pytest.mark.parametrize("seed", range(3))
def test_a_caller_is_answered_like_a_visit_of_the_problem(seed: int) -> None:
    task = day(4, 20, seed)
    known = replace(task, visits=task.visits[:16])
    plan = quick(known, iterations=5)
    live, whole = LivePlan(known, plan), LivePlan(task, plan)
    for visit in task.visits[16:]:
        assert live.insert(visit) == whole.insert(visit.id)


def test_a_crew_that_calls_is_answered_and_forgotten() -> None:
    people = [person("ann"), person("bob"), person("cid", skills={})]
    pair = job("pair", 7, needs=(Need({"plumbing": 1}), Need({"plumbing": 1})))
    plan = quick(problem(people, [job()]))
    live = LivePlan(problem(people, [job()]), plan)
    before = live.insert("tap")
    (place,) = live.insert(pair)
    assert {place.technician, place.others[0][0]} == {"ann", "bob"}
    assert place.start == place.others[0][3]
    (slot,) = live.slots(pair, [Window(10 * HOUR, 10 * HOUR), Window(0, HOUR)])
    assert slot.start == 10 * HOUR
    assert len(slot.others) == 1
    assert live.insert("tap") == before


def test_what_the_plan_serves_is_taken_out_first_and_put_back() -> None:
    task = day(4, 20, 3)
    plan = quick(task, iterations=20)
    live = LivePlan(task, plan)
    for name, (holder, *_) in who(plan).items():
        places = live.insert(name, most=50)
        assert holder in {place.technician for place in places}
        assert as_tiers(places) == as_tiers(insert(task, without(plan, name), name, most=50))


def test_the_best_place_is_where_the_visit_then_is() -> None:
    task = day(4, 20, 5)
    plan = quick(replace(task, visits=task.visits[:12]), iterations=5)
    for visit in task.visits[12:]:
        for place in insert(task, plan, visit.id):
            after = placed(task, plan, visit.id, place)
            mine = next(r for r in after.routes if r.technician == place.technician)
            stop = mine.stops[place.position]
            assert (stop.visit, stop.start) == (visit.id, place.start)


@pytest.mark.parametrize("seed", range(3))
def test_slots_are_the_windows_with_what_they_add(seed: int) -> None:
    task = day(4, 24, seed)
    plan = quick(replace(task, visits=task.visits[:18]), iterations=5)
    windows = [Window(h * HOUR, h * HOUR + 2 * HOUR - 1) for h in range(6, 22, 2)]
    for visit in task.visits[18:]:
        found = slots(task, plan, visit.id, windows, most=20)
        costs = [(round(s.tier2, 6), round(s.tier3, 6)) for s in found]
        assert costs == sorted(costs)
        told = {s.window: s for s in found}
        for window in windows:
            eased = replace(
                task,
                visits=tuple(offered(v, window) if v.id == visit.id else v for v in task.visits),
            )
            places = insert(eased, plan, visit.id, most=1)
            assert bool(places) == (window in told)
            if places:
                slot = told[window]
                assert window.start <= slot.start <= window.end
                assert (slot.technician, slot.start) == (places[0].technician, places[0].start)
                assert (slot.tier2, slot.tier3) == pytest.approx((places[0].tier2, places[0].tier3))


def test_a_slot_stands_for_window_promise_and_pinned_start() -> None:
    visit = job(
        windows=(Window(8 * HOUR, 9 * HOUR),),
        promise=Window(8 * HOUR, 9 * HOUR),
        pinned=Pin("bob", 8 * HOUR),
        release=13 * HOUR,
    )
    task = problem([person("ann"), person("bob")], [visit])
    asked = [
        Window(12 * HOUR, 14 * HOUR),
        Window(11 * HOUR, 12 * HOUR),
        Window(14 * HOUR, 15 * HOUR),
    ]
    found = slots(task, quick(problem(task.technicians, [])), "tap", asked)
    assert [(s.window, s.technician, s.start, s.tier2) for s in found] == [
        (asked[0], "bob", 13 * HOUR, 0.0),
        (asked[2], "bob", 14 * HOUR, 0.0),
    ]
    assert slots(task, quick(problem(task.technicians, [])), "tap", asked, most=1) == found[:1]


def test_questions_leave_no_trace() -> None:
    task = rich_day(5, 30, 4)
    plan = quick(task, iterations=10)
    live = LivePlan(task, plan)
    names = [visit.id for visit in task.visits]
    windows = [Window(9 * HOUR, 12 * HOUR), Window(13 * HOUR, 16 * HOUR)]

    def answers() -> list[object]:
        return [
            [live.insert(name) for name in names],
            [live.slots(name, windows) for name in names],
            [live.why_not(name) for name in names],
        ]

    first = answers()
    live.alternatives(seconds=30)
    assert answers() == first


def test_why_not_of_a_held_plan_is_that_of_the_call() -> None:
    task = day(3, 26, 2)
    plan = quick(task, iterations=10)
    live = LivePlan(task, plan)
    assert plan.unplaced
    for left in plan.unplaced:
        assert live.why_not(left.visit) == why_not(task, plan, left.visit)


@pytest.mark.parametrize(
    ("code", "visit"),
    [
        ("UNKNOWN_PLACE", replace(job("new"), place="nowhere")),
        ("UNKNOWN_PRIORITY", job("new", priority=99)),
        ("UNKNOWN_TECHNICIAN", job("new", named=("zoe",))),
        ("WINDOW_EMPTY", job("new", windows=(Window(5, 4),))),
        ("DUPLICATE_ID", job("tap", 9)),
        ("OUT_OF_RANGE", job("new", minutes=-1)),
    ],
)
def test_a_caller_with_faults_is_refused(code: str, visit: Visit) -> None:
    task = problem([person()], [job()])
    with pytest.raises(InvalidProblem) as caught:
        LivePlan(task, quick(task)).insert(visit)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_a_name_nobody_knows_is_a_key_error() -> None:
    task = problem([person()], [job()])
    live = LivePlan(task, quick(task))
    for question in (live.insert, live.why_not, lambda name: live.slots(name, [])):
        with pytest.raises(KeyError):
            question("nothing")


def test_late_ends_and_broken_promises_of_the_tail_are_counted() -> None:
    """What comes after the new visit is late by it: that is in the answer, to the second."""
    tail = job("tail", 6, windows=(Window(9 * HOUR, 12 * HOUR),), due=9 * HOUR)
    task = problem([person(fair_share=None)], [tail])
    live = LivePlan(task, quick(task))
    urgent = job("urgent", 6, minutes=60, windows=(Window(8 * HOUR, 8 * HOUR + 50 * MINUTE),))
    (place,) = live.insert(urgent)
    # There at 8:06, an hour of work, then the other at the same place six minutes late.
    assert (place.position, place.start) == (0, 8 * HOUR + 6 * MINUTE)
    assert place.tier2 == pytest.approx(6 * MINUTE)


@pytest.mark.skipif(not available(), reason="nothing is compiled here")
def test_nothing_is_left_to_be_compiled_by_a_question() -> None:
    assert make_ready()
    functions = (best_places, best_swaps, run)
    before = [len(function.signatures) for function in functions]  # type: ignore[attr-defined]
    for task in (day(3, 24, 1), rich_day(4, 30, 2)):
        live = LivePlan(task, quick(task, iterations=1))
        for visit in task.visits:
            live.insert(visit.id)
            live.slots(visit.id, [Window(9 * HOUR, 10 * HOUR)])
            live.why_not(visit.id)
        live.insert(replace(task.visits[0], id="caller"))
    after = [len(function.signatures) for function in functions]  # type: ignore[attr-defined]
    assert after == [max(1, count) for count in before]
