"""The checker finds each kind of broken rule and false figure."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_solver import (
    Break,
    BreakTaken,
    InvalidPlan,
    Need,
    Pin,
    Plan,
    Precedence,
    Problem,
    Route,
    Started,
    Tie,
    Unplaced,
    Window,
    check,
)
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, with_route, with_stop

pytestmark = pytest.mark.rule("DSP-2")


def whole() -> tuple[Problem, Plan]:
    """A right plan with a bit of everything, to be spoilt one way at a time."""
    people = [
        person("ann", skills={"plumbing": 3}, breaks=(Break(12 * HOUR, 13 * HOUR, 1800),)),
        person("bob", skills={"plumbing": 1}, work_limit=8 * HOUR, overtime_limit=HOUR),
        person("eve", skills={}),
    ]
    visits = [
        job("boiler", 10, needs=(Need({"plumbing": 3}),), setup=300),
        job("tap", 3, windows=(Window(9 * HOUR, 10 * HOUR),), named=("bob",)),
        job("pair", 20, needs=(Need({"plumbing": 3}), Need({}, 0, 600))),
        job("after", 21, release=8 * HOUR + 60, due=9 * HOUR),
        job("pinned", 7, pinned=Pin("bob", 15 * HOUR)),
        job("begun", 4, needs=(Need(),), started=Started("eve", 8 * HOUR + 600)),
        job("lost", needs=(Need({"lift": 1}),)),
    ]
    task = problem(people, visits, precedences=(Precedence("boiler", "after", 600),), ties=())
    plan = quick(task, iterations=20)
    assert check(task, plan) == []
    assert [left.visit for left in plan.unplaced] == ["lost"]
    return task, plan


TASK, PLAN = whole()


def codes(task: Problem, plan: Plan) -> set[str]:
    return {violation.code for violation in check(task, plan)}


def visit_with(name: str, **changes: object) -> Problem:
    visits = tuple(replace(v, **changes) if v.id == name else v for v in TASK.visits)
    return replace(TASK, visits=visits)


def at(name: str) -> tuple[int, int]:
    for i, route in enumerate(PLAN.routes):
        for j, stop in enumerate(route.stops):
            if stop.visit == name:
                return i, j
    raise AssertionError(name)


def route_of(name: str) -> Route:
    return PLAN.routes[at(name)[0]]


def shift_with(name: str, **changes: object) -> Problem:
    person_id = route_of(name).technician
    people = tuple(
        replace(p, shifts=(replace(p.shifts[0], **changes),)) if p.id == person_id else p
        for p in TASK.technicians
    )
    return replace(TASK, technicians=people)


def holder_of(name: str) -> str:
    return route_of(name).technician


@pytest.mark.parametrize(
    ("code", "spoilt"),
    [
        ("SKILL", visit_with("boiler", needs=(Need({"lift": 1}),))),
        ("SKILL", visit_with("tap", needs=(Need({"plumbing": 2}),))),
        ("REFUSED", visit_with("boiler", refused=(holder_of("boiler"),))),
        ("NAMED", visit_with("boiler", named=("bob",))),
        ("SITE", replace(visit_with("tap", site="north"), technicians=tuple(
            replace(p, sites=("south",)) for p in TASK.technicians))),
        ("WINDOW", visit_with("tap", windows=(Window(16 * HOUR, 16 * HOUR),))),
        ("RELEASE", visit_with("tap", release=16 * HOUR)),
        ("ON_SITE_TIME", visit_with("tap", duration=31 * MINUTE)),
        ("SETUP", visit_with("tap", setup=60)),
        ("PINNED", visit_with("tap", pinned=Pin("ann"))),
        ("PINNED", visit_with("tap", pinned=Pin("bob", 16 * HOUR))),
        ("PINNED", visit_with("tap", pinned=Pin("bob", position=17))),
        ("STARTED", visit_with("tap", started=Started("bob", 8 * HOUR))),
        ("STARTED", visit_with("lost", started=Started("ann", 8 * HOUR))),
        ("STARTED", visit_with("begun", started=Started("ann", 8 * HOUR + 600))),
        ("CREW_GAP", visit_with("pair", needs=(Need(), Need({}, 7200, 7200)))),
        ("CREW_INCOMPLETE", visit_with("tap", needs=(Need(), Need()))),
        ("SHIFT_START", shift_with("tap", start=16 * HOUR)),
        ("SHIFT_END", shift_with("tap", end=9 * HOUR, overtime_limit=0)),
        ("WORK_LIMIT", shift_with("tap", work_limit=60)),
        ("WORK_LIMIT", shift_with("tap", used_work=9 * HOUR)),
        ("BREAK", shift_with("tap", breaks=(Break(9 * HOUR, 10 * HOUR, 60),))),
        ("BREAK", shift_with("boiler", breaks=(Break(11 * HOUR, 11 * HOUR, 1800),))),
        ("BREAK", shift_with("boiler", breaks=(Break(12 * HOUR, 13 * HOUR, 1801),))),
        ("PRECEDENCE", replace(TASK, precedences=(Precedence("after", "boiler"),))),
        ("PRECEDENCE", replace(TASK, precedences=(Precedence("boiler", "after", 8 * HOUR),))),
        ("PRECEDENCE", replace(TASK, precedences=(Precedence("boiler", "pinned", 0, 1),))),
        ("PRECEDENCE", replace(TASK, precedences=(Precedence("lost", "tap"),))),
        ("TIE", replace(TASK, ties=(Tie("same", ("boiler", "tap")),))),
        ("TIE", replace(TASK, ties=(Tie("different", ("tap", "pinned")),))),
        ("UNKNOWN_VISIT", replace(TASK, visits=TASK.visits[1:])),
        ("UNKNOWN_SHIFT", replace(TASK, technicians=TASK.technicians[1:])),
        ("NOT_ACCOUNTED", replace(TASK, visits=(*TASK.visits, job("new")))),
        ("TERM", visit_with("tap", preferred=("ann",))),
        ("FIGURE", visit_with("tap", due=0)),
    ],
)  # fmt: skip
def test_a_plan_for_another_problem_breaks_its_rules(code: str, spoilt: Problem) -> None:
    assert code in codes(spoilt, PLAN)


def moved(name: str, seconds: int) -> Plan:
    i, j = at(name)
    stop = PLAN.routes[i].stops[j]
    return with_stop(PLAN, name, start=stop.start + seconds, end=stop.end + seconds)


def swapped(name: str) -> Plan:
    """The route that holds the visit, with its stops in the opposite order."""
    i, _ = at(name)
    route = PLAN.routes[i]
    return with_route(PLAN, i, replace(route, stops=route.stops[::-1]))


def doubled(name: str) -> Plan:
    i, j = at(name)
    route = PLAN.routes[i]
    return with_route(PLAN, i, replace(route, stops=(*route.stops, route.stops[j])))


def without_break(name: str) -> Plan:
    i, _ = at(name)
    return with_route(PLAN, i, replace(PLAN.routes[i], breaks=()))


def one_person_twice() -> Plan:
    """The second crew member's stop carried over to the first one's route."""
    second = next(
        (i, s)
        for i, r in enumerate(PLAN.routes)
        for s in r.stops
        if (s.visit, s.need) == ("pair", 1)
    )
    first = next(
        i for i, r in enumerate(PLAN.routes) for s in r.stops if (s.visit, s.need) == ("pair", 0)
    )
    taken = replace(
        PLAN.routes[second[0]],
        stops=tuple(s for s in PLAN.routes[second[0]].stops if s is not second[1]),
    )
    given = replace(PLAN.routes[first], stops=(*PLAN.routes[first].stops, second[1]))
    return with_route(with_route(PLAN, second[0], taken), first, given)


@pytest.mark.parametrize(
    ("code", "spoilt"),
    [
        ("TRAVEL_TIME", moved("boiler", -HOUR)),
        ("WINDOW", moved("tap", 2 * HOUR)),
        ("ARRIVAL", with_stop(PLAN, "tap", arrive=0)),
        ("FIGURE", with_stop(PLAN, "tap", travel_s=1)),
        ("FIGURE", with_stop(PLAN, "after", late_s=9999)),
        ("SETUP", with_stop(PLAN, "boiler", setup_s=1)),
        ("UNKNOWN_NEED", with_stop(PLAN, "tap", need=1)),
        ("UNKNOWN_VISIT", with_stop(PLAN, "tap", visit="ghost")),
        ("UNKNOWN_VISIT", replace(PLAN, unplaced=(*PLAN.unplaced, Unplaced("ghost", "X")))),
        ("TRAVEL_TIME", swapped("tap")),
        ("VISIT_TWICE", doubled("tap")),
        ("BREAK", without_break("boiler")),
        ("CREW_SAME_PERSON", one_person_twice()),
        ("PLACED_AND_LEFT_OUT", replace(PLAN, unplaced=(*PLAN.unplaced, Unplaced("tap", "X")))),
        ("NOT_ACCOUNTED", replace(PLAN, unplaced=())),
        ("ROUTE_TWICE", replace(PLAN, routes=(*PLAN.routes, PLAN.routes[0]))),
        ("TERM", replace(PLAN, terms=replace(PLAN.terms, cost=0.0))),
        ("TERM", with_route(PLAN, 0, replace(PLAN.routes[0], terms=PLAN.routes[2].terms))),
        ("FIGURE", with_route(PLAN, 0, replace(PLAN.routes[0], work_s=1))),
        ("SHIFT_START", with_route(PLAN, 0, replace(PLAN.routes[0], start=0))),
        ("TRAVEL_TIME", with_route(PLAN, 0, replace(PLAN.routes[0], end=0))),
        ("STARTED", moved("begun", 60)),
        ("PINNED", moved("pinned", 60)),
    ],
)  # fmt: skip
def test_an_altered_plan_is_found_out(code: str, spoilt: Plan) -> None:
    assert code in codes(TASK, spoilt)


def test_a_break_may_not_overlap_work() -> None:
    i, j = at("boiler")
    route = PLAN.routes[i]
    rest = route.breaks[0]
    stop = route.stops[j]
    over = BreakTaken(stop.start + 60, stop.start + 60 + rest.end - rest.start, rest.before_stop)
    assert "BREAK" in codes(TASK, with_route(PLAN, i, replace(route, breaks=(over,))))


JUNK = st.sampled_from([-1, 0, 1, 30_000, "tap", "bob", "day", None, [], {}, 1.5, True])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_spoilt_plan_never_breaks_the_checker(data: st.DataObject) -> None:
    """Whatever `Plan.from_json` reads gets an answer: right, or violations."""
    document = json.loads(json.dumps(PLAN.to_json()))
    for _ in range(data.draw(st.integers(1, 4))):
        node = document
        while True:
            keys = sorted(node) if isinstance(node, dict) else range(len(node))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(node[key], (dict, list)) and node[key] and data.draw(st.booleans()):
                node = node[key]
                continue
            node[key] = data.draw(JUNK)
            break
    try:
        plan = Plan.from_json(document)
    except InvalidPlan:
        return
    for violation in check(TASK, plan):
        assert violation.code
        assert violation.detail
