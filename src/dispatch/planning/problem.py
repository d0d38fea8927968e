"""From a site's day to the optimizer's problem (DSP-2, DSP-3)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.domain.technicians import Travel
from dispatch.domain.travel import Spot
from dispatch.domain.triage import RANK, Priority
from dispatch.planning.crews import technicians_of
from dispatch.planning.inputs import NotPlanned, OpenOrder, PlanningDay, spot_of
from dispatch.planning.places import Places
from dispatch.planning.screening import screen
from dispatch.planning.visits import visits_of
from dispatch_solver import Precedence, Problem, TravelMatrix, Weights

TravelTimes = Callable[[Sequence[Spot], Travel], tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Durations (s) and distances (m) between spots by a way of travel."""


@dataclass(frozen=True, slots=True)
class DayProblem:
    """The problem, the orders that were kept out of it, and what its places are called."""

    problem: Problem
    not_planned: tuple[NotPlanned, ...]
    places: Places


def build_problem(
    day: PlanningDay,
    *,
    travel_times: TravelTimes,
    also: Iterable[Spot] = (),
    every_promise: bool = False,
) -> DayProblem:
    """Everything the day allows, as the optimizer reads it; computing only.

    `also` are spots that nobody has to go to yet, but may be asked about. `every_promise`: also
    orders with an appointment that are not the optimizer's to assign.
    """
    orders, not_planned = screen(day, every_promise=every_promise)
    places = Places()
    visits = visits_of(day, orders, places=places)
    for spot in also:
        places.of(spot)
    for person in day.people:
        places.of_person(person)
    travel = {
        way.value: TravelMatrix(*travel_times(places.spots, way))
        for way in sorted({person.technician.travel for person in day.people})
    }
    demand = _demand(orders, travel=travel, places=places)
    problem = Problem(
        places=tuple(places.names),
        travel=travel,
        technicians=technicians_of(day, places=places, demand_s=demand),
        visits=visits,
        precedences=_precedences(orders),
        weights=weights_of(day.policy.planning.weights),
    )
    return DayProblem(problem=problem, not_planned=tuple(not_planned), places=places)


def weights_of(numbers: Mapping[str, float]) -> Weights:
    """The site's weights in the optimizer's words."""
    return Weights(
        unserved={RANK[each]: numbers[f"unserved_{each.value.lower()}"] for each in Priority},
        promise_broken=numbers["promise_broken"],
        lateness_second=numbers["lateness_second"],
        travel_second=numbers["travel_second"],
        travel_metre=numbers["travel_metre"],
        imbalance=numbers["imbalance"],
        overtime_second=numbers["overtime_second"],
        skill_waste_level=numbers["skill_waste_level"],
        continuity=numbers["continuity"],
        change=numbers["change"],
        technician_used=numbers["technician_used"],
    )


def _precedences(orders: Sequence[OpenOrder]) -> tuple[Precedence, ...]:
    known = {each.order.id for each in orders}
    return tuple(
        Precedence(before=str(each.order.after_id), after=str(each.order.id))
        for each in orders
        if each.order.after_id in known
    )


def _demand(
    orders: Sequence[OpenOrder], *, travel: dict[str, TravelMatrix], places: Places
) -> float:
    """Seconds of work and travel that the orders ask for: travel as to the nearest other place."""
    nearest: dict[str, float] = {}
    for matrix in travel.values():
        apart = np.where(matrix.durations > 0, matrix.durations, np.iinfo(np.int64).max)
        for name, row in zip(places.names, apart, strict=True):
            if len(row) > 1 and row.min() < np.iinfo(np.int64).max:
                nearest[name] = min(nearest.get(name, np.inf), float(row.min()))
    return sum(
        each.order.crew_size * (each.order.duration_s + nearest.get(places.of(spot), 0.0))
        for each in orders
        if (spot := spot_of(each.order)) is not None
    )
