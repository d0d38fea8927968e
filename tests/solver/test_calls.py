"""insert, why_not, compare and score."""

from dataclasses import replace

import pytest

from dispatch_solver import Need, Window, check, compare, insert, score, solve, why_not
from tests.solver.build import HOUR, job, person, problem, quick, who
from tests.solver.days import day, rich_day


def test_insert_ranks_the_places_by_what_they_add() -> None:
    task = problem(
        [person("near", from_place="p4", to_place="p4"), person("far")],
        [job(place=5), job("other", 30)],
    )
    plan = quick(replace(task, visits=task.visits[1:]))
    places = insert(task, plan, "tap")
    assert len(places) == 2
    assert places[0].tier3 <= places[1].tier3
    assert places == sorted(places, key=lambda p: (p.tier2, p.tier3))


@pytest.mark.parametrize("seed", range(4))
def test_insert_says_exactly_what_the_plan_would_become(seed: int) -> None:
    """The best place for a visit taken out restores a plan at least as good."""
    task = day(6, 30, seed)
    plan = quick(task, iterations=20)
    for visit in sorted(who(plan))[:5]:
        places = insert(task, plan, visit)
        assert places
        best = places[0]
        without = replace(task, visits=tuple(v for v in task.visits if v.id != visit))
        rest = solve(without, seconds=5, engine="construct", warm_start=plan)
        # What is left of the plan may find room for others; only equal rests are compared.
        if rest.terms.unserved == plan.terms.unserved:
            gain = plan.terms.tier3 - rest.terms.tier3
            assert best.tier3 <= gain + 1e-3


def test_insert_of_a_crew_gives_each_member_a_place() -> None:
    pair = job("pair", needs=(Need({"plumbing": 1}), Need()))
    task = problem([person("ann"), person("bob")], [pair, job(place=9)])
    plan = quick(task)
    (place,) = insert(task, plan, "pair")
    assert {place.technician, place.others[0][0]} == {"ann", "bob"}


def test_insert_finds_no_place_where_there_is_none() -> None:
    task = problem([person()], [job(windows=(Window(20 * HOUR, 21 * HOUR),))])
    assert insert(task, quick(task), "tap") == []
    with pytest.raises(KeyError):
        insert(task, quick(task), "ghost")


def test_why_not_explains_placed_and_left_out_visits() -> None:
    task = problem(
        [person("ann"), person("bob", skills={"plumbing": 1})],
        [job("hard", needs=(Need({"plumbing": 2}),)), job("no", needs=(Need({"lift": 1}),))],
    )
    plan = quick(task)
    served = why_not(task, plan, "hard")
    assert served.code == "NOT_TRIED"
    assert [(b.technician, b.rule, b.by) for b in served.technicians] == [("bob", "LEVEL", 1)]
    assert why_not(task, plan, "no").code == "NO_TRADE"


def test_why_not_agrees_with_the_plan_it_explains() -> None:
    task = day(4, 40, 2)
    plan = quick(task, iterations=10)
    assert plan.unplaced
    for left in plan.unplaced:
        assert why_not(task, plan, left.visit) == left


def test_compare_tells_terms_moves_and_verdict() -> None:
    task = rich_day(5, 20, 3)
    old = solve(task, seconds=5, engine="construct")
    new = quick(task, iterations=60)
    told = compare(task, old, new)
    assert told.better == 1
    assert compare(task, new, old).better == -1
    assert compare(task, old, old).moves == ()
    assert compare(task, old, old).better == 0
    assert told.difference["tier3"] == pytest.approx(new.terms.tier3 - old.terms.tier3)
    held = {(s.visit, s.need): r.technician for r in old.routes for s in r.stops}
    for move in told.moves:
        assert (move.old[0] if move.old else None) == held.get((move.visit, move.need))


def test_score_does_not_believe_the_plan() -> None:
    task = day(3, 10, 1)
    plan = quick(task)
    lying = replace(plan, terms=replace(plan.terms, cost=0.0, travel_s=0))
    assert score(task, lying).travel_s == plan.terms.travel_s > 0
    assert {v.code for v in check(task, lying)} == {"TERM"}
