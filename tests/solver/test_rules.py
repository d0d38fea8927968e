"""One test per rule that no plan may break, and for the order in which plans are preferred."""

import pytest

from dispatch_solver import (
    Break,
    Current,
    Need,
    Pin,
    Precedence,
    Shift,
    Started,
    Tie,
    Weights,
    Window,
    check,
)
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, stops, who

pytestmark = pytest.mark.rule("DSP-2")


def test_trade_and_least_level() -> None:
    people = [person("junior", skills={"plumbing": 1}), person("senior", skills={"plumbing": 3})]
    hard = job("boiler", needs=(Need({"plumbing": 3}),))
    other = job("socket", needs=(Need({"electrical": 1}),))
    task = problem(people, [hard, other, job("tap", 7)])
    plan = quick(task)
    assert who(plan)["boiler"] == ["senior"]
    assert [left.visit for left in plan.unplaced] == ["socket"]
    assert check(task, plan) == []


def test_shift_and_leave() -> None:
    """Leave in the middle of a shift is a break with a fixed start."""
    leave = Break(10 * HOUR, 10 * HOUR, 4 * HOUR)
    task = problem(
        [person(breaks=(leave,))],
        [
            job("early", windows=(Window(9 * HOUR, 10 * HOUR),)),
            job("in leave", windows=(Window(11 * HOUR, 13 * HOUR),)),
            job("after work", windows=(Window(18 * HOUR, 19 * HOUR),)),
            job("too long", minutes=6 * 60),
        ],
    )
    plan = quick(task)
    assert set(who(plan)) == {"early"}
    assert check(task, plan) == []


def test_overtime_up_to_its_limit() -> None:
    late = job(windows=(Window(16 * HOUR + 50 * MINUTE, 17 * HOUR),), minutes=30)
    with_limit = problem([person(overtime_limit=30 * MINUTE)], [late])
    assert who(quick(with_limit)) == {"tap": ["ann"]}
    assert quick(with_limit).terms.overtime_s == 25 * MINUTE
    assert who(quick(problem([person(overtime_limit=20 * MINUTE)], [late]))) == {}


def test_windows_and_release() -> None:
    spans = (Window(9 * HOUR, 9 * HOUR), Window(14 * HOUR, 15 * HOUR))
    task = problem([person()], [job(windows=spans, release=9 * HOUR + 1)])
    assert stops(quick(task))["tap"].start == 14 * HOUR


def test_travel_time_lies_between_stops() -> None:
    task = problem(
        [person()],
        [
            job("near", 10, windows=(Window(9 * HOUR, 9 * HOUR),)),
            job("far", 39, windows=(Window(9 * HOUR + 58 * MINUTE, 9 * HOUR + 58 * MINUTE),)),
        ],
    )
    plan = quick(task)
    # 30 minutes of work and 29 of travel: 9:59 is the earliest, one minute too late.
    assert len(who(plan)) == 1
    assert check(task, plan) == []


def test_set_up_once_per_place() -> None:
    jobs = [job(name, 5, setup=10 * MINUTE) for name in ("one", "two")]
    plan = quick(problem([person()], [*jobs, job("three", 6, setup=10 * MINUTE)]))
    assert sum(stop.setup_s for stop in stops(plan).values()) == 20 * MINUTE


def test_crew_size() -> None:
    pair = job("door", needs=(Need({"carpentry": 1}), Need()))
    alone = problem([person("ann", skills={"carpentry": 1})], [pair])
    assert quick(alone).unplaced[0].code == "CREW_TOO_SMALL"
    both = problem([person("ann", skills={"carpentry": 1}), person("bob")], [pair, job()])
    plan = quick(both)
    assert who(plan)["door"] == ["ann", "bob"]
    starts = {s.start for route in plan.routes for s in route.stops if s.visit == "door"}
    assert len(starts) == 1
    assert check(both, plan) == []


def test_crew_members_with_gaps_and_own_durations() -> None:
    crew = (Need({"plumbing": 1}), Need({}, 20 * MINUTE, 30 * MINUTE, duration=5 * MINUTE))
    task = problem([person("ann"), person("bob")], [job("pump", needs=crew, minutes=60)])
    plan = quick(task)
    first, second = sorted(
        (s for route in plan.routes for s in route.stops), key=lambda stop: stop.need
    )
    assert 20 * MINUTE <= second.start - first.start <= 30 * MINUTE
    assert second.end - second.start == 5 * MINUTE
    assert check(task, plan) == []


def test_precedence_and_its_gaps() -> None:
    visits = [
        job("paint", 3, windows=(Window(8 * HOUR, 17 * HOUR),), priority=4),
        job("plaster", 30),
        job("frame", 31),
    ]
    links = (Precedence("plaster", "paint", 2 * HOUR, 3 * HOUR), Precedence("frame", "plaster"))
    task = problem([person("ann"), person("bob")], visits, precedences=links)
    plan = quick(task)
    at = stops(plan)
    assert at["frame"].end <= at["plaster"].start
    assert 2 * HOUR <= at["paint"].start - at["plaster"].end <= 3 * HOUR
    assert check(task, plan) == []


def test_nothing_is_served_without_what_comes_before() -> None:
    visits = [job("after"), job("before", needs=(Need({"lift": 1}),))]
    task = problem([person()], visits, precedences=(Precedence("before", "after"),))
    plan = quick(task)
    assert who(plan) == {}
    assert {left.visit: left.code for left in plan.unplaced} == {
        "after": "PRECEDENCE",
        "before": "NO_TRADE",
    }


def test_daily_work_limit_counts_what_was_done_before() -> None:
    """Two visits of 30 minutes and 10 minutes of travel: 70 minutes."""
    jobs = [job("one", 5), job("two", 5)]
    enough = problem([person(work_limit=100 * MINUTE, used_work=30 * MINUTE)], jobs)
    assert len(who(quick(enough))) == 2
    short = problem([person(work_limit=100 * MINUTE, used_work=31 * MINUTE)], jobs)
    plan = quick(short)
    assert len(who(plan)) == 1
    assert ("ann", "WORK_LIMIT") in {(b.technician, b.rule) for b in plan.unplaced[0].technicians}


def test_refusals_named_and_sites() -> None:
    people = [person("ann", sites=("north",)), person("bob"), person("eve")]
    task = problem(
        people,
        [
            job("no bob", refused=("bob", "eve"), site="north"),
            job("only eve", named=("eve",), windows=(Window(9 * HOUR, 9 * HOUR),)),
            job("south", site="south", refused=("eve",)),
            job("none", refused=("ann", "bob", "eve")),
        ],
    )
    plan = quick(task)
    assert who(plan) == {"no bob": ["ann"], "only eve": ["eve"], "south": ["bob"]}
    assert plan.unplaced[0].code == "REFUSED"
    assert check(task, plan) == []


def test_ties() -> None:
    people = [person("ann"), person("bob")]
    jobs = [job("a", 3), job("b", 30), job("c", 4), job("d", 5)]
    ties = (Tie("same", ("a", "b")), Tie("different", ("c", "d")))
    plan = quick(problem(people, jobs, ties=ties))
    assert who(plan)["a"] == who(plan)["b"]
    assert who(plan)["c"] != who(plan)["d"]


def test_pinned_to_technician_time_and_place_in_route() -> None:
    """A pin is a person's decision: it stands above skills and windows."""
    people = [person("ann"), person("bob", skills={})]
    task = problem(
        people,
        [
            job("who", pinned=Pin("bob")),
            job("when", windows=(Window(9 * HOUR, 9 * HOUR),), pinned=Pin("ann", 13 * HOUR)),
            job("first", 20, pinned=Pin("ann", position=0)),
            job("on the way", 10),
        ],
    )
    plan = quick(task)
    assert who(plan)["who"] == ["bob"]
    assert stops(plan)["when"].start == 13 * HOUR
    ann = next(route for route in plan.routes if route.technician == "ann")
    assert ann.stops[0].visit == "first"
    assert check(task, plan) == []


def test_started_work_stays_first_where_and_when_it_began() -> None:
    begun = job("begun", 39, minutes=90, started=Started("ann", 7 * HOUR), windows=())
    task = problem([person("ann"), person("bob")], [begun, job("next", 38)])
    plan = quick(task)
    ann = next(route for route in plan.routes if route.technician == "ann")
    assert (ann.stops[0].visit, ann.stops[0].start) == ("begun", 7 * HOUR)
    assert check(task, plan) == []


def test_started_work_is_kept_even_when_it_ruins_the_shift() -> None:
    begun = job("begun", 5, minutes=12 * 60, started=Started("ann", 9 * HOUR))
    task = problem([person("ann", breaks=(Break(12 * HOUR, 13 * HOUR, HOUR),))], [begun, job()])
    plan = quick(task)
    assert who(plan) == {"begun": ["ann"]}
    assert check(task, plan) == []


def test_two_days_and_two_shifts() -> None:
    night = Shift("night", 20 * HOUR, 23 * HOUR)
    day = Shift("day", 8 * HOUR, 12 * HOUR, "p0", "p0")
    people = [person("ann", shifts=(day, night))]
    task = problem(people, [job("late", windows=(Window(21 * HOUR, 22 * HOUR),)), job("early")])
    plan = quick(task)
    shifts = {s.visit: route.shift for route in plan.routes for s in route.stops}
    assert shifts["late"] == "night"
    assert set(shifts) == {"late", "early"}


@pytest.mark.rule("DSP-3")
def test_higher_priorities_come_first() -> None:
    """One hour is left: three small visits of low priority must yield to one urgent one."""
    low = [job(f"low{i}", 1, minutes=15, priority=1) for i in range(3)]
    urgent = job("urgent", 1, minutes=50, priority=4)
    plan = quick(problem([person(end=9 * HOUR)], [*low, urgent]))
    assert "urgent" in who(plan)


@pytest.mark.rule("DSP-3")
def test_a_promise_is_worth_any_travel() -> None:
    """Kept by going to the far end and back, whatever the weights of travel."""
    span = Window(9 * HOUR, 9 * HOUR + 10 * MINUTE)
    near = [job(f"near{i}", 2, minutes=20) for i in range(3)]
    promised = job("promised", 39, promise=span)
    weights = Weights(travel_second=1000.0)
    plan = quick(problem([person()], [*near, promised], weights=weights))
    assert span.start <= stops(plan)["promised"].start <= span.end
    assert plan.terms.promises_broken == 0


@pytest.mark.rule("DSP-3")
def test_serving_all_is_worth_a_broken_promise() -> None:
    wish = Window(8 * HOUR, 8 * HOUR + 6 * MINUTE)
    visits = [job(name, 5, promise=wish, due=8 * HOUR + 5 * MINUTE) for name in ("one", "two")]
    plan = quick(problem([person()], visits))
    assert plan.terms.unserved == 0
    assert (plan.terms.promises_broken, plan.terms.lateness) == (1, 30 * MINUTE)


@pytest.mark.rule("DSP-3")
@pytest.mark.parametrize(
    ("weights", "term", "wanted"),
    [
        (Weights(skill_waste_level=10_000, continuity=0, change=0), "skill_waste", "junior"),
        (Weights(skill_waste_level=0, continuity=10_000, change=0), "continuity", "senior"),
        (Weights(skill_waste_level=0, continuity=0, change=10_000), "changes", "third"),
    ],
)
def test_the_weights_decide_who_goes(weights: Weights, term: str, wanted: str) -> None:
    people = [
        person("junior", skills={"plumbing": 1}),
        person("senior", skills={"plumbing": 3}),
        person("third", skills={"plumbing": 2}),
    ]
    visit = job(preferred=("senior",), current=Current("third"))
    plan = quick(problem(people, [visit], weights=weights))
    assert who(plan)["tap"] == [wanted]
    assert getattr(plan.terms, term) == 0


@pytest.mark.rule("DSP-3")
def test_work_is_shared_when_balance_weighs_enough() -> None:
    people = [person(name, fair_share=2 * HOUR) for name in ("ann", "bob")]
    jobs = [job(f"j{i}", 1, minutes=55) for i in range(4)]
    plan = quick(problem(people, jobs, weights=Weights(imbalance=100_000)))
    assert sorted(len(route.stops) for route in plan.routes) == [2, 2]
    plan = quick(problem(people, jobs, weights=Weights(imbalance=0, technician_used=1000)))
    assert sorted(len(route.stops) for route in plan.routes) == [0, 4]
