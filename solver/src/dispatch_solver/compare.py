"""Two plans side by side: the terms, and which visits move."""

from dataclasses import dataclass, fields

from dispatch_solver.plan import Plan, Terms
from dispatch_solver.problem import Problem
from dispatch_solver.score import score

Holding = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Move:
    """One crew member's part of a visit that differs; None: left out."""

    visit: str
    need: int
    old: Holding | None  # technician and start
    new: Holding | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`better` is -1 when the new plan is worse, 0 when equal, 1 when better, tier by tier."""

    old: Terms
    new: Terms
    difference: dict[str, float]
    moves: tuple[Move, ...]
    better: int


def compare(problem: Problem, old: Plan, new: Plan) -> Comparison:
    """What changes from the old plan to the new one, term by term and visit by visit."""
    before, after = score(problem, old), score(problem, new)
    difference = {
        field.name: getattr(after, field.name) - getattr(before, field.name)
        for field in fields(Terms)
    }
    return Comparison(before, after, difference, _moves(old, new), _verdict(before, after))


def _verdict(before: Terms, after: Terms) -> int:
    for name in ("tier1", "tier2", "tier3"):
        change = getattr(after, name) - getattr(before, name)
        if abs(change) > 1e-6:
            return -1 if change > 0 else 1
    return 0


def _moves(old: Plan, new: Plan) -> tuple[Move, ...]:
    before, after = _holdings(old), _holdings(new)
    keys = sorted(before.keys() | after.keys())
    return tuple(
        Move(visit, need, before.get((visit, need)), after.get((visit, need)))
        for visit, need in keys
        if before.get((visit, need)) != after.get((visit, need))
    )


def _holdings(plan: Plan) -> dict[tuple[str, int], Holding]:
    return {
        (stop.visit, stop.need): (route.technician, stop.start)
        for route in plan.routes
        for stop in route.stops
    }
