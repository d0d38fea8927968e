"""The generator of technician days: same seed, same day; every day is a valid problem."""

import hashlib
import json
from dataclasses import replace

import pytest

from benchmarks.days import HOUR, LUNCH, DayKind, day
from benchmarks.dice import Dice
from dispatch_solver import Problem, validate

DIGEST = "dc96cdcc6a72fec940fbc7ce2c5370000a7a6d443b11019664a16d59d21824b7"
EVERYTHING = DayKind(technicians=8, lunch=True, crews=True, balance=True, windows=True, bursts=True)
KINDS = [
    DayKind(technicians=5),
    EVERYTHING,
    DayKind(technicians=30, lunch=True, estates=5, visits_each=8.0),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_is_a_valid_problem(kind: DayKind, seed: int):
    problem = day(kind, seed)
    assert validate(problem) == []
    assert len(problem.technicians) == kind.technicians
    assert len(problem.visits) == round(kind.technicians * kind.visits_each)


def drawn(problem: Problem) -> str:
    """Everything drawn, in words that stay when the problem's format grows."""
    visits = [
        (
            *(v.id, v.place, v.duration, v.release, v.priority),
            [(w.start, w.end) for w in v.windows],
            [sorted(need.skills.items()) for need in v.needs],
        )
        for v in problem.visits
    ]
    people = [
        (p.id, p.shifts[0].start, p.shifts[0].end, p.shifts[0].from_place, sorted(p.skills.items()))
        for p in problem.technicians
    ]
    matrix = problem.travel["car"]
    return json.dumps([visits, people, matrix.durations.tolist(), matrix.distances.tolist()])


def test_a_day_is_the_same_on_every_machine():
    """The digest was taken once; other machines, Pythons and libraries must come to the same."""
    text = drawn(day(EVERYTHING, 7))
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


def test_seeds_make_different_days():
    first, second = day(KINDS[0], 1), day(KINDS[0], 2)
    assert first.visits != second.visits
    assert first.travel != second.travel


def test_options_change_only_what_they_name():
    plain, lunch = DayKind(technicians=6), DayKind(technicians=6, lunch=True, balance=True)
    without, with_lunch = day(plain, 3), day(lunch, 3)
    assert without.visits == with_lunch.visits
    assert without.travel == with_lunch.travel
    for a, b in zip(without.technicians, with_lunch.technicians, strict=True):
        assert b.shifts[0].breaks == (LUNCH,)
        assert a.shifts[0] == replace(b.shifts[0], breaks=(), fair_share=None)


def test_crews_and_several_windows_are_there_when_asked():
    problem = day(DayKind(technicians=20, crews=True, windows=True), 1)
    assert 5 <= sum(len(visit.needs) == 2 for visit in problem.visits) <= 30
    assert 30 <= sum(len(visit.windows) > 1 for visit in problem.visits) <= 80


def test_bursts_are_near_each_other_of_one_trade_and_reported_in_the_day():
    problem = day(DayKind(technicians=20, bursts=True), 1)
    reported = [visit for visit in problem.visits if visit.release]
    assert len(reported) == round(0.4 * len(problem.visits))
    assert all(8 * HOUR <= visit.release < 13 * HOUR for visit in reported)
    kinds = {(v.release, *v.needs[0].skills) for v in reported}
    assert len(kinds) <= len(reported) / 3


def test_technicians_of_an_estate_day_serve_their_own_estate_and_two_more():
    problem = day(KINDS[2], 1)
    assert len(problem.places) == 5 * 41
    for person in problem.technicians:
        assert len(person.sites) == 3
        assert f"s{int(person.id[1:]) % 5}" in person.sites
    assert {visit.site for visit in problem.visits} == {f"s{i}" for i in range(5)}


def test_dice_fall_by_their_shares():
    dice = Dice("shares")
    drawn = [dice.pick((0.1, 0.6, 0.3)) for _ in range(5000)]
    assert [round(drawn.count(i) / 5000, 1) for i in range(3)] == [0.1, 0.6, 0.3]
    bells = [dice.bell() for _ in range(5000)]
    assert abs(sum(bells) / 5000) < 0.1
    assert 0.9 < sum(b * b for b in bells) / 5000 < 1.1
    lengths = [dice.run_length(16.0) for _ in range(2000)]
    assert min(lengths) == 1
    assert 14 < sum(lengths) / 2000 < 18
