"""VROOM: who may do a job is a skill of its own per set of able shifts; a shift is a vehicle.

VROOM first serves as much priority as it can, then saves travel time: our order of tiers.
"""

import time
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.entrant import Answer, Entrant, NoAnswer
from benchmarks.features import missing, unseen
from benchmarks.peers.timetable import plan_of
from benchmarks.peers.view import View
from dispatch_solver import Problem

CAN = frozenset(
    {
        *("breaks", "several breaks", "several windows", "several shifts a person"),
        *("open start or end", "several ways of travel"),
    }
)
# The most thorough search VROOM has; it may end before its time.
EXPLORATION = 5
HIGHEST_PRIORITY = 100


def solve(problem: Problem, seconds: float, seed: int) -> Answer:
    """A plan by VROOM; it has no seed, so runs differ only by the machine's speed."""
    import vroom  # pyright: ignore[reportMissingImports]

    begun = time.monotonic()
    view = View(problem)
    task = vroom.Input()
    for way, matrix in problem.travel.items():
        task.set_durations_matrix(way, matrix.durations.astype(np.uint32))
    kinds, able = np.unique(view.able.T, axis=0, return_inverse=True)
    _add_vehicles(task, view, kinds)
    weights = problem.weights.unserved
    unit = HIGHEST_PRIORITY / max((*weights.values(), 1.0))
    for j, (visit, _) in enumerate(view.jobs):
        if view.spans[j]:
            job = vroom.Job(
                j,
                location=int(view.place[j]),
                default_service=int(view.seconds[j]),
                skills={int(able.reshape(-1)[j])},
                priority=round(unit * weights[visit.priority]),
                time_windows=[vroom.TimeWindow(*span) for span in view.spans[j]],
            )
            task.add_job(job)
    left = seconds - (time.monotonic() - begun)
    if left <= 0:
        raise NoAnswer("the time was over before the model was built")
    solution = task.solve(
        exploration_level=EXPLORATION, nb_threads=1, timeout=timedelta(seconds=left)
    )
    orders: list[list[int]] = [[] for _ in view.shifts]
    frame = solution.routes
    for vehicle, kind, job in zip(frame["vehicle_id"], frame["type"], frame["id"], strict=True):
        if kind == "job":
            orders[int(vehicle)].append(int(job))
    return Answer(plan_of(problem, orders, engine="vroom", seed=seed))


def _add_vehicles(task: Any, view: View, kinds: np.ndarray) -> None:
    import vroom  # pyright: ignore[reportMissingImports]

    for s, (person, shift) in enumerate(view.shifts):
        vehicle = vroom.Vehicle(
            s,
            start=None if shift.from_place is None else view.row[shift.from_place],
            end=None if shift.to_place is None else view.row[shift.to_place],
            profile=person.travel,
            skills={int(k) for k in np.flatnonzero(kinds[:, s])},
            time_window=vroom.TimeWindow(shift.start, shift.end),
            breaks=[
                vroom.Break(
                    b,
                    time_windows=[vroom.TimeWindow(rest.earliest, rest.latest)],
                    service=rest.duration,
                )
                for b, rest in enumerate(shift.breaks)
            ],
        )
        task.add_vehicle(vehicle)


VROOM = Entrant(
    name="vroom",
    package="pyvroom",
    solve=solve,
    refuses=lambda problem: missing(problem, CAN),
    blind=lambda problem: unseen(problem, frozenset()),
)
