"""After a change as little as possible changes hands or time, and the rest stays where it is."""

from dataclasses import replace
from functools import cache
from itertools import combinations, permutations, product

import pytest

from dispatch_solver import Need, Plan, Precedence, Problem, Started, Visit, check, repair, score
from dispatch_solver.held import stops_of
from dispatch_solver.model import Model, compile_problem
from dispatch_solver.objective import route_tiers
from dispatch_solver.schedule import breaks_of, starts_of, time_route
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, stops, who
from tests.solver.days import day, rich_day

Worth = tuple[float, float, int]


def mended(task: Problem, plan: Plan, *, iterations: int = 200) -> Plan:
    found = repair(task, plan, seconds=30, iterations=iterations)
    assert check(task, found) == []
    return found


def changes(task: Problem, old: Plan, new: Plan) -> int:
    """Parts of visits in other hands, and visits moved in time by more than is allowed for."""
    before, after = stops_of(old), stops_of(new)
    people = {p.id for p in task.technicians}
    count = 0
    for visit, crew in after.items():
        held = before.get(visit, {})
        for need, (technician, start) in crew.items():
            if need not in held or held[0][0] not in people:
                continue
            if technician != held[need][0] or (
                need == 0 and abs(start - held[0][1]) > task.weights.change_seconds
            ):
                count += 1
    return count


def worth(task: Problem, old: Plan, new: Plan) -> Worth:
    terms = score(task, new)
    return round(terms.tier1, 6), round(terms.tier2, 6), changes(task, old, new)


def least(task: Problem, old: Plan) -> Worth:
    """By trying everything: who does what in which order, and which visits wait for their time."""
    model = compile_problem(task)
    before = {v: crew[0] for v, crew in stops_of(old).items()}
    held = {model.visit_index[v]: at for v, at in before.items() if v in model.visit_index}

    @cache
    def best(shift: int, tasks: frozenset[int]) -> tuple[float, int] | None:
        owner = task.technicians[model.shifts[shift].technician].id
        found: list[tuple[float, int]] = []
        for order in permutations(sorted(tasks)):
            mine = [t for t in order if t in held and held[t][0] == owner]
            for size in range(len(mine) + 1):
                for waiting in combinations(mine, size):
                    starts = _starts(model, shift, order, {t: held[t][1] for t in waiting})
                    if starts is None:
                        continue
                    moved = sum(
                        t in held
                        and held[t][0] in {p.id for p in task.technicians}
                        and (
                            held[t][0] != owner
                            or abs(starts[1][i] - held[t][1]) > task.weights.change_seconds
                        )
                        for i, t in enumerate(order)
                    )
                    found.append((round(starts[0], 6), moved))
        return min(found, default=None)

    options: list[Worth] = []
    for owners in product(range(-1, len(model.shifts)), repeat=len(model.tasks)):
        lost = sum(float(model.unserved[t]) for t, s in enumerate(owners) if s < 0)
        parts = [
            best(s, frozenset(t for t, o in enumerate(owners) if o == s))
            for s in range(len(model.shifts))
        ]
        if all(part is not None for part in parts):
            options.append(
                (
                    round(lost, 6),
                    sum(part[0] for part in parts if part is not None),
                    sum(part[1] for part in parts if part is not None),
                )
            )
    return min(options)


def _starts(
    model: Model, shift: int, order: tuple[int, ...], waiting: dict[int, int]
) -> tuple[float, list[int]] | None:
    if not all(model.can(shift, t) for t in order):
        return None
    windows = [
        [
            (max(a, waiting.get(t, a)), b)
            for a, b in model.tasks[t].windows
            if b >= waiting.get(t, a)
        ]
        for t in order
    ]
    timing = time_route(model, shift, list(order), windows)
    if not timing.feasible:
        return None
    starts = starts_of(timing, len(breaks_of(model, shift)))
    return route_tiers(model, shift, timing, starts)[0], starts


def disturbed(task: Problem, plan: Plan, kind: str) -> Problem:
    """The day as it turns out: one thing is otherwise."""
    served = sorted(who(plan))
    if kind == "illness":
        return replace(task, technicians=task.technicians[1:])
    if kind == "cancelled":
        return replace(task, visits=tuple(v for v in task.visits if v.id != served[0]))
    if kind == "longer":
        longer = {served[1]}
        visits = (
            replace(v, duration=v.duration + HOUR) if v.id in longer else v for v in task.visits
        )
        return replace(task, visits=tuple(visits))
    if kind == "urgent":
        first = task.visits[0]
        urgent = Visit("urgent", first.place, HOUR, needs=first.needs[:1], priority=4)
        return replace(task, visits=(*task.visits, urgent))
    late = task.technicians[0]
    shift = replace(late.shifts[0], start=late.shifts[0].start + 90 * MINUTE)
    return replace(
        task, technicians=(replace(late, shifts=(shift, *late.shifts[1:])), *task.technicians[1:])
    )


KINDS = ("illness", "cancelled", "longer", "urgent", "delay")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_no_plan_has_fewer_changes(kind: str, seed: int) -> None:
    task = day(2 if kind != "illness" else 3, 4, seed, lunch=seed % 2 == 0)
    plan = quick(task, iterations=60)
    after = disturbed(task, plan, kind)
    assert worth(after, plan, mended(after, plan)) == least(after, plan)


@pytest.mark.parametrize("make", [day, rich_day])
def test_nothing_moves_when_nothing_has_changed(make: type[object]) -> None:
    task: Problem = make(4, 24, 1)  # type: ignore[call-arg,assignment]
    plan = quick(task, iterations=40)
    again = mended(task, plan, iterations=50)
    held = stops_of(plan)
    assert {v: crew for v, crew in stops_of(again).items() if v in held} == held


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_repaired_day_is_whole_and_mostly_as_it_was(kind: str, seed: int) -> None:
    task = rich_day(5, 30, seed)
    plan = quick(task, iterations=60)
    started = {v.started.technician for v in task.visits if v.started is not None}
    if kind in ("illness", "delay") and task.technicians[0].id in started:
        pytest.skip("who has begun work is neither ill nor late for it")
    named = {p for v in task.visits for p in (*v.preferred, *v.refused, *v.named)}
    if kind == "illness" and task.technicians[0].id in named:
        task = replace(task, visits=tuple(_unnamed(v, task.technicians[0].id) for v in task.visits))
    after = disturbed(_without_links_to(task, plan, kind), plan, kind)
    found = mended(after, plan, iterations=60)
    scratch = quick(after, iterations=60)
    assert changes(after, plan, found) <= changes(after, plan, scratch)


def _unnamed(visit: Visit, name: str) -> Visit:
    def others(people: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(p for p in people if p != name)

    bond = visit.pinned
    return replace(
        visit,
        preferred=others(visit.preferred),
        refused=others(visit.refused),
        named=others(visit.named),
        current=None,
        pinned=None if bond is not None and bond.technician == name else bond,
    )


def _without_links_to(task: Problem, plan: Plan, kind: str) -> Problem:
    if kind != "cancelled":
        return task
    gone = min(who(plan))
    return replace(
        task,
        precedences=tuple(p for p in task.precedences if gone not in (p.before, p.after)),
        ties=tuple(t for t in task.ties if gone not in t.visits),
    )


def test_a_gap_moves_nobody() -> None:
    people = [person()]
    jobs = [job(f"j{i}", 5, minutes=60) for i in range(4)]
    plan = quick(problem(people, jobs))
    first = min(stops(plan).values(), key=lambda stop: stop.start).visit
    after = problem(people, [j for j in jobs if j.id != first])
    found = mended(after, plan)
    assert {v: s.start for v, s in stops(found).items()} == {
        v: s.start for v, s in stops(plan).items() if v != first
    }


def test_others_move_up_where_that_places_one_more() -> None:
    """The gap is in the morning, the new visit wants the evening: those between make room."""
    people = [person(end=12 * HOUR, to_place=None, fair_share=None)]
    jobs = [job(f"j{i}", 0, minutes=60) for i in range(4)]
    plan = quick(problem(people, jobs))
    first = min(stops(plan).values(), key=lambda stop: stop.start).visit
    kept = [j for j in jobs if j.id != first]
    late = job("late", 0, minutes=60)
    late = replace(late, release=11 * HOUR)
    after = problem(people, [*kept, late])
    found = mended(after, plan)
    assert who(found).keys() == {j.id for j in (*kept, late)}
    assert changes(after, plan, found) == 3


def test_a_delay_moves_only_who_is_late() -> None:
    people = [person("ann"), person("bob")]
    jobs = [job(f"j{i}", 3 + i, minutes=60) for i in range(8)]
    plan = quick(problem(people, jobs))
    mine = next(route for route in plan.routes if route.technician == "ann")
    begun = mine.stops[0]
    visits = tuple(
        replace(v, started=Started("ann", begun.start), duration=2 * HOUR)
        if v.id == begun.visit
        else v
        for v in jobs
    )
    found = mended(problem(people, visits), plan)
    theirs = {s.visit for route in plan.routes if route.technician == "bob" for s in route.stops}
    for name in theirs:
        assert stops(found)[name].start == stops(plan)[name].start
        assert who(found)[name] == who(plan)[name]


def test_a_crew_keeps_its_people_and_what_waits_for_it_its_time() -> None:
    people = [person("ann"), person("bob"), person("cid")]
    pair = job("pair", 7, needs=(Need({"plumbing": 1}), Need({"plumbing": 1})))
    jobs = [pair, job("after", 9), job("other", 4)]
    links = (Precedence("pair", "after"),)
    plan = quick(problem(people, jobs, precedences=links))
    after = problem(people, [*jobs, job("new", 12, priority=4)], precedences=links)
    found = mended(after, plan)
    assert who(found).keys() == {"pair", "after", "other", "new"}
    assert changes(after, plan, found) == 0


def test_repair_is_the_same_again_with_iterations() -> None:
    task = day(5, 30, 2)
    plan = quick(task, iterations=40)
    after = disturbed(task, plan, "urgent")
    one, two = mended(after, plan, iterations=40), mended(after, plan, iterations=40)
    assert stops_of(one) == stops_of(two)


def test_who_wants_no_reasons_gets_the_same_plan_without_them() -> None:
    task = day(3, 40, 1)
    plan = quick(task)
    people = task.technicians[:1]
    fewer = replace(task, technicians=people)
    told = repair(fewer, plan, seconds=30, iterations=20)
    plain = repair(fewer, plan, seconds=30, iterations=20, explained=False)
    assert plain.routes == told.routes
    assert plain.terms == told.terms
    left = [each.visit for each in told.unplaced]
    assert left
    assert [each.visit for each in plain.unplaced] == left
    assert {each.code for each in plain.unplaced} == {"UNEXPLAINED"}
    assert "UNEXPLAINED" not in {each.code for each in told.unplaced}
