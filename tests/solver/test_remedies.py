"""Each remedy is done as it says, and then the visit has its place; the cheapest kind is told."""

from dataclasses import replace

import pytest

from dispatch_solver import (
    LivePlan,
    Need,
    Pin,
    Plan,
    Precedence,
    Problem,
    Remedy,
    Tie,
    Visit,
    Window,
    check,
    insert,
)
from dispatch_solver.insert import put_in
from dispatch_solver.model import compile_problem
from dispatch_solver.relax import with_level
from dispatch_solver.remedies_linked import without_member
from dispatch_solver.warm import state_of
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, stops, who
from tests.solver.days import day, rich_day
from tests.solver.placing import placed, plan_of, without

PAIR = (Need({"plumbing": 1}), Need({"plumbing": 1}))
BUSY = job("busy", 5, minutes=8 * 60, priority=4)


def remedy_of(task: Problem, plan: Plan, visit: str = "tap") -> Remedy | None:
    return LivePlan(task, plan).why_not(visit).remedy


def with_visit(task: Problem, visit: Visit) -> Problem:
    return replace(task, visits=tuple(visit if v.id == visit.id else v for v in task.visits))


def relaxed(task: Problem, visit: Visit, remedy: Remedy) -> Problem:
    """The problem after doing what the remedy says; visits that move or go stay as they are."""
    data = remedy.data
    if remedy.code == "LATER_WINDOW":
        return with_visit(task, replace(visit, windows=(Window(data["start"], data["start"]),)))
    if remedy.code == "LOWER_LEVEL":
        return with_visit(task, with_level(visit, data["need"], data["trade"], data["level"]))
    if remedy.code == "SMALLER_CREW":
        return with_visit(task, without_member(visit, data["need"]))
    someone = next((p for p in task.technicians if p.id == data["technician"]), None)
    assert someone is not None
    shift = next(s for s in someone.shifts if s.id == data["shift"])
    if remedy.code == "EXTRA_PERSON":
        more = replace(someone, id="one more", shifts=(shift,))
        return replace(task, technicians=(*task.technicians, more))
    if remedy.code == "OVERTIME":
        longer = replace(shift, overtime_limit=shift.overtime_limit + data["seconds"])
        shifts = tuple(longer if s is shift else s for s in someone.shifts)
        people = (replace(p, shifts=shifts) if p is someone else p for p in task.technicians)
        return replace(task, technicians=tuple(people))
    return task


def carried_out(task: Problem, plan: Plan, name: str, remedy: Remedy) -> Plan:
    """A plan of the relaxed problem that serves what `plan` serves, and the visit."""
    visit = next(v for v in task.visits if v.id == name)
    eased = relaxed(task, visit, remedy)
    data = remedy.data
    if remedy.code == "LEAVE_VISIT":
        other = next(v for v in task.visits if v.id == data["visit"])
        weights = task.weights.unserved
        assert weights[other.priority] < weights[visit.priority]
        plan = without(plan, other.id)
    if remedy.code == "MOVE_VISIT":
        lighter = without(plan, data["visit"])
        (here,) = (
            p
            for p in insert(eased, lighter, name, most=10_000)
            if (p.technician, p.shift) == (data["technician"], data["shift"])
        )
        lighter = placed(eased, lighter, name, here)
        (there,) = (
            p
            for p in insert(eased, lighter, data["visit"], most=10_000)
            if (p.technician, p.shift, p.start) == (data["to"], data["to_shift"], data["start"])
        )
        return placed(eased, lighter, data["visit"], there)
    state = state_of(compile_problem(eased), plan)
    number = state.model.visit_index[name]
    if state.model.linked[state.model.tasks_of[number][0]]:
        assert put_in(state, number) is not None
        found = plan_of(state)
        assert check(eased, found) == []
        return found
    places = insert(eased, plan, name, most=10_000)
    if "technician" in data:
        who_does_it = "one more" if remedy.code == "EXTRA_PERSON" else data["technician"]
        places = [p for p in places if (p.technician, p.shift) == (who_does_it, data["shift"])]
    assert places
    return placed(eased, plan, name, places[0])


def proved(task: Problem, plan: Plan, name: str = "tap") -> Remedy:
    remedy = remedy_of(task, plan, name)
    assert remedy is not None
    after = carried_out(task, plan, name, remedy)
    gone = {remedy.data["visit"]} if remedy.code == "LEAVE_VISIT" else set()
    assert who(after).keys() == (who(plan).keys() | {name}) - gone
    assert remedy.text
    assert "{" not in remedy.text
    return remedy


LONG_DAY = job("tap", 1, minutes=60, windows=(Window(8 * HOUR, 16 * HOUR),))


@pytest.mark.parametrize(
    ("code", "task"),
    [
        ("OVERTIME", problem([person()], [BUSY, job(place=6, minutes=60)])),
        ("LATER_WINDOW", problem([person(fair_share=None)], [
            job(windows=(Window(9 * HOUR, 10 * HOUR),)),
            job("long", minutes=180, windows=(Window(9 * HOUR, 9 * HOUR),), priority=4)])),
        ("LOWER_LEVEL", problem([person()], [job(needs=(Need({"plumbing": 3}),))])),
        ("EXTRA_PERSON", problem([person(work_limit=9 * HOUR)], [
            BUSY, job(place=6, minutes=60)])),
        ("MOVE_VISIT", problem(
            [person("ann", skills={"plumbing": 1, "lift": 1}, work_limit=2 * HOUR),
             person("bob", work_limit=2 * HOUR)],
            [job("first", 5, minutes=90, windows=(Window(9 * HOUR, 9 * HOUR),), priority=4,
                 preferred=("ann",)),
             job(minutes=90, needs=(Need({"lift": 1}),),
                 windows=(Window(9 * HOUR, 9 * HOUR),))])),
        ("SMALLER_CREW", problem([person(), person("b", end=9 * HOUR)], [
            job(needs=PAIR, windows=(Window(10 * HOUR, 12 * HOUR),))])),
        ("LOWER_LEVEL", problem([person(), person("b")], [
            job(needs=(Need({"plumbing": 1}), Need({"plumbing": 3})))])),
        ("LATER_WINDOW", problem([person(), person("b", start=11 * HOUR)], [
            job(needs=PAIR, windows=(Window(9 * HOUR, 10 * HOUR + 55 * MINUTE),))])),
        ("LATER_WINDOW", problem([person()], [
            job(windows=(Window(9 * HOUR, 10 * HOUR),)),
            job("before", minutes=60, windows=(Window(10 * HOUR, 10 * HOUR),), priority=4)],
            precedences=(Precedence("before", "tap"),))),
        ("OVERTIME", problem([person(end=11 * HOUR), person("b")], [
            job(needs=PAIR, minutes=60, windows=(Window(10 * HOUR, 10 * HOUR + 60),))])),
    ],
)  # fmt: skip
def test_the_cheapest_kind_is_told_and_works(code: str, task: Problem) -> None:
    # The urgent visits first, so that what is asked about finds the routes taken.
    taken = replace(task, visits=tuple(v for v in task.visits if v.id != "tap"), precedences=())
    plan = quick(taken, iterations=5)
    assert who(plan).keys() == {v.id for v in taken.visits}
    assert proved(task, plan).code == code


def test_leaving_a_lighter_visit_out_is_the_last_resort() -> None:
    full = person(work_limit=2 * HOUR, skills={"plumbing": 1})
    light = job("light", 5, minutes=90, priority=1)
    wanted = job(minutes=90, named=("ann",), priority=4, windows=(Window(9 * HOUR, 12 * HOUR),))
    task = problem([full], [light, wanted])
    plan = quick(problem([full], [light]), iterations=5)
    remedy = proved(task, plan)
    assert (remedy.code, remedy.data["visit"]) == ("LEAVE_VISIT", "light")


def test_a_decision_is_not_bent() -> None:
    task = problem([person()], [job(pinned=Pin("ann", 20 * HOUR))])
    plan = quick(task, iterations=5)
    assert remedy_of(task, plan) is None


def test_what_waits_for_a_visit_left_out_has_no_remedy() -> None:
    first = job("first", needs=(Need({"lift": 1}),))
    task = problem([person()], [job(), first], precedences=(Precedence("first", "tap"),))
    assert remedy_of(task, quick(task, iterations=5)) is None


def test_a_tie_is_kept_by_every_remedy() -> None:
    people = [person(), person("bob", end=10 * HOUR)]
    visits = [
        job(windows=(Window(11 * HOUR, 12 * HOUR),)),
        job("twin", priority=4, windows=(Window(8 * HOUR, 9 * HOUR),), named=("ann",)),
    ]
    task = problem(people, visits, ties=(Tie("different", ("tap", "twin")),))
    plan = quick(replace(task, visits=tuple(visits[1:]), ties=()), iterations=5)
    after = carried_out(task, plan, "tap", proved(task, plan))
    assert set(who(after)["tap"]).isdisjoint(who(after)["twin"])


@pytest.mark.parametrize("seed", range(8))
def test_every_remedy_told_is_true(seed: int) -> None:
    """On full days of both kinds, for every visit left out."""
    told = 0
    for task in (day(3, 26, seed), rich_day(4, 30, seed)):
        plan = quick(task, iterations=10)
        assert check(task, plan) == []
        for left in plan.unplaced:
            remedy = remedy_of(task, plan, left.visit)
            if remedy is not None:
                told += 1
                after = carried_out(task, plan, left.visit, remedy)
                assert left.visit in stops(after)
    assert told


def test_all_kinds_occur() -> None:
    """Days that are full, narrow and short of skills bring up most kinds by themselves."""
    kinds: set[str] = set()
    for seed in range(10):
        for task in (day(3, 26, seed), rich_day(4, 30, seed)):
            live = LivePlan(task, plan := quick(task, iterations=5))
            remedies = [live.why_not(left.visit).remedy for left in plan.unplaced]
            kinds |= {remedy.code for remedy in remedies if remedy is not None}
    assert kinds >= {"LATER_WINDOW", "OVERTIME", "LOWER_LEVEL", "MOVE_VISIT"}
