"""Solomon's and Gehring and Homberger's instances: reader, conversion, and checker of their own.

Routes are judged here, by the convention under which their best known distances are published:
Euclidean distances cut to one decimal, travel time equal to distance, the sum of distances
minimized. All figures are kept in tenths.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dispatch_solver import Problem, Shift, Technician, TravelMatrix, Visit, Weights, Window

TENTHS = 10


class UnreadableInstance(ValueError):  # noqa: N818
    """A file is not an instance of the format expected; the text says where and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Customer 0 is the depot; times and distances in tenths, demands in units of load."""

    name: str
    vehicles: int
    capacity: int
    demand: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]
    service: tuple[int, ...]
    distance: NDArray[np.int64]


def read(path: Path) -> Instance:
    """Read the text format; raises UnreadableInstance (and OSError)."""
    lines = [line.split() for line in path.read_text("utf-8").splitlines() if line.strip()]
    numbers = [[float(word) for word in line] for line in lines[1:] if _numeric(line)]
    if not lines or len(numbers) < 2 or len(numbers[0]) != 2:
        raise UnreadableInstance(f"{path.name}: no line with number of vehicles and capacity")
    rows = numbers[1:]
    for number, row in enumerate(rows):
        if len(row) != 7 or row[0] != number:
            raise UnreadableInstance(f"{path.name}: customer {number} is not a line of 7 numbers")
        if any(value != int(value) for value in row):
            raise UnreadableInstance(f"{path.name}: customer {number} has broken numbers")
    table = [[int(value) for value in row] for row in rows]
    return Instance(
        name=lines[0][0],
        vehicles=int(numbers[0][0]),
        capacity=int(numbers[0][1]),
        demand=tuple(row[3] for row in table),
        windows=tuple((TENTHS * row[4], TENTHS * row[5]) for row in table),
        service=tuple(TENTHS * row[6] for row in table),
        distance=_distances([(row[1], row[2]) for row in table]),
    )


def _numeric(line: list[str]) -> bool:
    try:
        return bool([float(word) for word in line])
    except ValueError:
        return False


def _distances(points: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    # The root of whole hundreds, cut, is the distance in tenths, cut; no rounding can go wrong.
    squares = [[(a - c) ** 2 + (b - d) ** 2 for c, d in points] for a, b in points]
    return np.array([[math.isqrt(TENTHS**2 * s) for s in row] for row in squares], np.int64)


def faults(instance: Instance, routes: Sequence[Sequence[int]]) -> list[str]:
    """Every rule the routes break: customers, number of vehicles, load, windows."""
    found = []
    seen = sorted(customer for route in routes for customer in route)
    if seen != list(range(1, len(instance.demand))):
        found.append(f"{len(set(seen))} of {len(instance.demand) - 1} customers, {len(seen)} stops")
    used = [route for route in routes if route]
    if len(used) > instance.vehicles:
        found.append(f"{len(used)} vehicles, {instance.vehicles} allowed")
    for number, route in enumerate(used):
        load = sum(instance.demand[customer] for customer in route)
        if load > instance.capacity:
            found.append(f"route {number} carries {load}, {instance.capacity} allowed")
        late = _late(instance, route)
        if late is not None:
            found.append(f"route {number} comes too late to {late}")
    return found


def _late(instance: Instance, route: Sequence[int]) -> int | None:
    moment = instance.windows[0][0]
    for here, there in pairwise((0, *route, 0)):
        moment += instance.service[here] + int(instance.distance[here, there])
        opens, closes = instance.windows[there]
        if moment > closes:
            return there
        moment = max(moment, opens)
    return None


def length(instance: Instance, routes: Sequence[Sequence[int]]) -> float:
    """The sum of distances, with one decimal as published."""
    legs = (leg for route in routes if route for leg in pairwise((0, *route, 0)))
    return sum(int(instance.distance[leg]) for leg in legs) / TENTHS


def to_problem(instance: Instance) -> Problem:
    """The instance in our format, a tenth of a unit of time as a second; tier 3 is the length."""
    places = tuple(f"p{i}" for i in range(len(instance.demand)))
    opens, closes = instance.windows[0]
    people = tuple(
        Technician(
            f"t{v}", (Shift("day", opens, closes, "p0", "p0", capacity=instance.capacity),), {}
        )
        for v in range(instance.vehicles)
    )
    visits = tuple(
        Visit(
            f"v{c}",
            f"p{c}",
            instance.service[c],
            windows=(Window(*instance.windows[c]),),
            load=instance.demand[c],
        )
        for c in range(1, len(places))
    )
    matrix = TravelMatrix(instance.distance, instance.distance)
    return Problem(places, {"car": matrix}, people, visits, weights=Weights(unserved={1: 1.0}))


def best_known(folder: Path) -> dict[str, float]:
    """Published best distances by instance name; empty when the list is not there."""
    path = folder / "best_known.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["instance"]: float(row["distance"]) for row in csv.DictReader(lines)}
