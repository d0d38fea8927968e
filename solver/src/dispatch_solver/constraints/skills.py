"""Everybody has every trade their part of the visit needs, at its least level."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, free_stops
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route, visit, stop in free_stops(facts):
        person = route.person
        for trade, level in visit.needs[stop.need].skills.items():
            if trade not in person.skills or person.skills[trade] < level:
                has = person.skills.get(trade, 0)
                where = f"{visit.id}[{stop.need}]"
                yield Violation("SKILL", where, f"{person.id} has {trade} {has}, needed is {level}")


CONSTRAINT = Constraint(
    name="trade and level",
    codes=("SKILL",),
    sentence="Whoever does the work has the trades it needs, at the level it needs.",
    check=check,
)
