"""Small problems by hand: places on a line, a minute of travel for each step between them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dispatch_solver import (
    Need,
    Plan,
    Problem,
    Route,
    Shift,
    Stop,
    Technician,
    TravelMatrix,
    Visit,
    solve,
)

MINUTE = 60
HOUR = 3600
PLACES = 40


def travel_on_a_line(count: int = PLACES) -> dict[str, TravelMatrix]:
    steps = np.abs(np.arange(count)[:, None] - np.arange(count)[None, :])
    return {"car": TravelMatrix(steps * MINUTE, steps * 500)}


def person(name: str = "ann", *, skills: dict[str, int] | None = None, **more: Any) -> Technician:
    """On duty from 8 to 17, from and to place 0, unless said otherwise."""
    shift = {"start": 8 * HOUR, "end": 17 * HOUR, "from_place": "p0", "to_place": "p0"}
    shift |= {key: more.pop(key) for key in list(more) if key in Shift.__dataclass_fields__}
    shifts = more.pop("shifts", (Shift("day", **shift),))
    return Technician(name, shifts, {"plumbing": 2} if skills is None else skills, **more)


def job(name: str = "tap", place: int = 5, *, minutes: int = 30, **more: Any) -> Visit:
    """Half an hour of plumbing at level 1, unless said otherwise."""
    more.setdefault("needs", (Need({"plumbing": 1}),))
    return Visit(name, f"p{place}", minutes * MINUTE, **more)


def problem(people: Sequence[Technician], visits: Sequence[Visit], **more: Any) -> Problem:
    return Problem(
        tuple(f"p{i}" for i in range(PLACES)),
        travel_on_a_line(),
        tuple(people),
        tuple(visits),
        **more,
    )


def quick(task: Problem, *, iterations: int = 30, seconds: float = 30, **more: Any) -> Plan:
    """A short search whose result does not depend on the machine's speed."""
    return solve(task, seconds=seconds, iterations=iterations, **more)


def who(plan: Plan) -> dict[str, list[str]]:
    """Visit to the technicians at it, in the order of the needs."""
    found: dict[str, dict[int, str]] = {}
    for route in plan.routes:
        for stop in route.stops:
            found.setdefault(stop.visit, {})[stop.need] = route.technician
    return {visit: [crew[k] for k in sorted(crew)] for visit, crew in found.items()}


def stops(plan: Plan) -> dict[str, Stop]:
    """Visit to the stop of its first crew member."""
    return {s.visit: s for route in plan.routes for s in route.stops if s.need == 0}


def with_route(plan: Plan, index: int, route: Route) -> Plan:
    routes = list(plan.routes)
    routes[index] = route
    return replace(plan, routes=tuple(routes))


def with_stop(plan: Plan, name: str, /, **changes: Any) -> Plan:
    """The plan with one stop altered and nothing else made to fit."""
    for i, route in enumerate(plan.routes):
        for j, stop in enumerate(route.stops):
            if stop.visit == name:
                altered = (*route.stops[:j], replace(stop, **changes), *route.stops[j + 1 :])
                return with_route(plan, i, replace(route, stops=altered))
    raise AssertionError(f"{name} is not in the plan")
