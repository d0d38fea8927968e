"""Home care instances with skills and two-person visits: reader, conversion, cost of their own.

After Mankowska, Meisel and Bierwirth (2014): caregivers start and end at one office, a patient's
one or two services want caregivers who offer them, two services start together or within a gap of
each other, by two people; nobody starts before a window opens, starting after it closes is
tardiness. Cost is a third of distance, total tardiness and greatest tardiness. Times are kept in
thousandths, the decimals of the published distances, so that whole numbers are exact.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.vrptw import UnreadableInstance
from dispatch_solver import (
    Need,
    Plan,
    Problem,
    Shift,
    Technician,
    TravelMatrix,
    Visit,
    Weights,
    Window,
)

THOUSANDTHS = 1000
# What tier 3 says for one unit of published cost. A leg then weighs about as much as one of a
# technician day, in seconds, for which the search is made.
COST_UNIT = 10.0
# The office never closes; far above the end of any sensible day of these instances.
HORIZON = 20_000 * THOUSANDTHS

# One service at one patient: (patient, service of that patient).
Task = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Patient:
    """Services in order; the gap says how long after the first the second starts."""

    window: tuple[int, int]
    services: tuple[str, ...]
    durations: tuple[int, ...]
    gap: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Place 0 is the office, place p + 1 is patient p; all times in thousandths."""

    name: str
    patients: tuple[Patient, ...]
    caregivers: tuple[frozenset[str], ...]
    distance: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cost:
    """The published terms, in the instance's own unit."""

    distance: float
    total_tardiness: float
    max_tardiness: float

    @property
    def total(self) -> float:
        return (self.distance + self.total_tardiness + self.max_tardiness) / 3


def read(path: Path) -> Instance:
    """Read the JSON format; raises UnreadableInstance (and OSError)."""
    try:
        data = json.loads(path.read_text("utf-8"))
        distance = np.array(data["distances"], dtype=float)
        instance = Instance(
            name=path.name,
            patients=tuple(_patient(entry) for entry in data["patients"]),
            caregivers=tuple(frozenset(entry["abilities"]) for entry in data["caregivers"]),
            distance=np.rint(distance * THOUSANDTHS).astype(np.int64),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableInstance(f"{path.name}: {type(error).__name__} {error}") from error
    size = len(instance.patients) + 1
    if instance.distance.shape != (size, size):
        raise UnreadableInstance(f"{path.name}: distances are not {size} rows of {size}")
    return instance


def _patient(entry: Mapping[str, Any]) -> Patient:
    services = entry["required_caregivers"]
    bond = entry.get("synchronization")
    gap = bond["distance"] if bond is not None and bond["type"] == "sequential" else (0, 0)
    low, high = (_whole(value) for value in gap)
    opens, closes = (_whole(value) for value in entry["time_window"])
    return Patient(
        window=(opens, closes),
        services=tuple(service["service"] for service in services),
        durations=tuple(_whole(service["duration"]) for service in services),
        gap=(low, high),
    )


def _whole(value: float) -> int:
    return round(value * THOUSANDTHS)


def faults(instance: Instance, routes: Sequence[Sequence[Task]]) -> list[str]:
    """Every rule the routes break: route c is what caregiver c does, in order."""
    found = []
    wanted = {(p, s) for p, patient in enumerate(instance.patients) for s in _range(patient)}
    seen = [task for route in routes for task in route]
    if sorted(seen) != sorted(wanted):
        found.append(f"{len(set(seen) & wanted)} of {len(wanted)} services, {len(seen)} stops")
        return found
    for c, route in enumerate(routes):
        for p, s in route:
            if instance.patients[p].services[s] not in instance.caregivers[c]:
                found.append(f"caregiver {c} does not offer service {s} of patient {p}")
        if len({p for p, _ in route}) < len(route):
            found.append(f"caregiver {c} does both services of a patient")
    if not found and starts(instance, routes) is None:
        found.append("the orders and gaps contradict each other")
    return found


def _range(patient: Patient) -> range:
    return range(len(patient.services))


def starts(instance: Instance, routes: Sequence[Sequence[Task]]) -> dict[Task, int] | None:
    """The least start of every service; None when the gaps cannot all be kept.

    Each start is a longest path over orders and gaps, so it is found by raising starts until all
    agree; tardiness grows with the starts, so the least ones are the best there are.
    """
    at = {(p, s): instance.patients[p].window[0] for route in routes for p, s in route}
    for _ in range(len(at) + 1):
        before = dict(at)
        for route in routes:
            _follow(instance, route, at)
        for p, patient in enumerate(instance.patients):
            if len(patient.services) > 1:
                at[p, 1] = max(at[p, 1], at[p, 0] + patient.gap[0])
                at[p, 0] = max(at[p, 0], at[p, 1] - patient.gap[1])
        if at == before:
            return at
    return None


def _follow(instance: Instance, route: Sequence[Task], at: dict[Task, int]) -> None:
    moment, place = 0, 0
    for p, s in route:
        moment += int(instance.distance[place, p + 1])
        at[p, s] = max(at[p, s], moment)
        moment, place = at[p, s] + instance.patients[p].durations[s], p + 1


def cost(instance: Instance, routes: Sequence[Sequence[Task]]) -> Cost:
    """The terms of routes that have no faults."""
    at = starts(instance, routes)
    assert at is not None, "routes with faults have no cost"
    late = [max(0, start - instance.patients[p].window[1]) for (p, _), start in at.items()]
    paths = [(0, *(p + 1 for p, _ in route), 0) for route in routes if route]
    legs = sum(int(instance.distance[leg]) for path in paths for leg in pairwise(path))
    unit = float(THOUSANDTHS)
    return Cost(legs / unit, sum(late) / unit, max(late, default=0) / unit)


def to_problem(instance: Instance) -> Problem:
    """The instance in our format, a thousandth as a second.

    Tier 2 is empty, and tier 3 is the published cost, `COST_UNIT` for one: a third each of travel,
    of lateness counted for every crew member, and of the worst lateness.
    """
    people = tuple(
        Technician(f"c{c}", (Shift("day", 0, HORIZON, "p0", "p0"),), dict.fromkeys(sorted(able), 1))
        for c, able in enumerate(instance.caregivers)
    )
    visits = tuple(
        Visit(
            f"v{p}",
            f"p{p + 1}",
            duration=patient.durations[0],
            windows=(Window(patient.window[0], HORIZON),),
            due=patient.window[1],
            needs=_needs(patient),
        )
        for p, patient in enumerate(instance.patients)
    )
    matrix = TravelMatrix(instance.distance, instance.distance)
    third = COST_UNIT / THOUSANDTHS / 3
    weights = Weights(
        unserved={1: 1.0},
        lateness_second=0.0,
        travel_second=third,
        late_second=third,
        worst_late_second=third,
        skill_waste_level=0.0,
    )
    places = tuple(f"p{i}" for i in range(len(instance.patients) + 1))
    return Problem(places, {"car": matrix}, people, visits, weights=weights)


def _needs(patient: Patient) -> tuple[Need, ...]:
    first, *others = patient.services
    rest = [
        Need({service: 1}, patient.gap[0], patient.gap[1], duration)
        for service, duration in zip(others, patient.durations[1:], strict=True)
    ]
    return (Need({first: 1}), *rest)


def from_plan(plan: Plan) -> list[list[Task]]:
    """The routes of a plan of `to_problem`, by caregiver."""
    ordered = sorted(plan.routes, key=lambda route: int(route.technician[1:]))
    return [[(int(stop.visit[1:]), stop.need) for stop in route.stops] for route in ordered]


def best_known(folder: Path) -> dict[str, float]:
    """Published best costs by file name; empty when the list is not there."""
    path = folder / "best_known.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["instance"]: float(row["cost"]) for row in csv.DictReader(lines)}
