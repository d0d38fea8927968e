"""PyVRP: a visit of several windows is a group of clients of which one is served at most; who may
do what is a profile per set of visits, in which the forbidden ones are too far away."""

import time
from typing import Any

import numpy as np

from benchmarks.entrant import Answer, Entrant, NoAnswer
from benchmarks.features import missing, unseen
from benchmarks.peers.timetable import plan_of
from benchmarks.peers.view import Ints, View
from dispatch_solver import Problem

CAN = frozenset({"several windows", "several shifts a person", "several ways of travel"})
TOO_FAR = 1_000_000
# Two matrices of whole numbers for each profile; above this the machine would only swap.
MOST_BYTES = 4 << 30


def refuses(problem: Problem) -> str | None:
    """Rules it has no words for, or more profiles than fit into memory."""
    reason = missing(problem, CAN)
    if reason is not None:
        return reason
    view = View(problem)
    size = 16 * len(_profiles(view)) * (len(view.jobs) + len(problem.places)) ** 2
    if size > MOST_BYTES:
        return f"needs {size >> 30} GiB: one matrix per set of skills"
    return None


def _profiles(view: View) -> dict[tuple[str, bytes], int]:
    keys = [(p.travel, view.able[s].tobytes()) for s, (p, _) in enumerate(view.shifts)]
    return {key: i for i, key in enumerate(dict.fromkeys(keys))}


def solve(problem: Problem, seconds: float, seed: int) -> Answer:
    """A plan by PyVRP's iterated local search."""
    import pyvrp  # pyright: ignore[reportMissingImports]
    from pyvrp.stop import MaxRuntime  # pyright: ignore[reportMissingImports]

    begun = time.monotonic()
    view = View(problem)
    data, jobs = _data(view)
    left = seconds - (time.monotonic() - begun)
    if left <= 0:
        raise NoAnswer("the time was over before the model was built")
    result = pyvrp.solve(data, stop=MaxRuntime(left), seed=seed, display=False)
    if not result.best.is_feasible():
        raise NoAnswer("found nothing feasible in the time")
    orders: list[list[int]] = [[] for _ in view.shifts]
    for route in result.best.routes():
        stops = [jobs[activity.idx] for activity in route if activity.is_client()]
        orders[int(route.vehicle_type())] = stops
    return Answer(plan_of(problem, orders, engine="pyvrp", seed=seed))


def _data(view: View) -> tuple[Any, list[int]]:
    """PyVRP's data, and the job of each client. Locations are jobs first, then places."""
    import pyvrp  # pyright: ignore[reportMissingImports]

    clients, jobs, groups = [], [], []
    for j, spans in enumerate(view.spans):
        group = None
        if len(spans) > 1:
            group = len(groups)
            members = range(len(clients), len(clients) + len(spans))
            groups.append(pyvrp.ClientGroup(list(members), required=False))
        for start, end in spans:
            jobs.append(j)
            client = pyvrp.Client(
                j,
                service_duration=int(view.seconds[j]),
                tw_early=start,
                tw_late=end,
                prize=int(view.prize[j]),
                required=False,
                group=group,
            )
            clients.append(client)
    depots, index = _depots(view)
    profiles = _profiles(view)
    fleet = [
        pyvrp.VehicleType(
            1,
            start_depot=index[shift.from_place],
            end_depot=index[shift.to_place],
            tw_early=shift.start,
            tw_late=shift.end,
            profile=profiles[person.travel, view.able[s].tobytes()],
        )
        for s, (person, shift) in enumerate(view.shifts)
    ]
    matrices: list[Any] = [_matrix(view, way, np.frombuffer(able, bool)) for way, able in profiles]
    count = len(view.jobs) + len(view.problem.places)
    locations = [pyvrp.Location(0, 0) for _ in range(count)]
    return pyvrp.ProblemData(locations, clients, depots, fleet, matrices, matrices, groups), jobs


def _depots(view: View) -> tuple[list[Any], dict[str | None, int]]:
    import pyvrp  # pyright: ignore[reportMissingImports]

    ends = [place for _, shift in view.shifts for place in (shift.from_place, shift.to_place)]
    index = {place: i for i, place in enumerate(dict.fromkeys(ends))}
    jobs = len(view.jobs)
    return [pyvrp.Depot(jobs + view.row[place]) for place in index if place is not None], index


def _matrix(view: View, way: str, able: np.ndarray) -> Ints:
    rows = np.concatenate([view.place, np.arange(len(view.problem.places))])
    matrix = view.durations(way)[np.ix_(rows, rows)].copy()
    forbidden = np.flatnonzero(~able)
    matrix[forbidden, :] = TOO_FAR
    matrix[:, forbidden] = TOO_FAR
    np.fill_diagonal(matrix, 0)
    return matrix


PYVRP = Entrant(
    name="pyvrp",
    package="pyvrp",
    solve=solve,
    refuses=refuses,
    blind=lambda problem: unseen(problem, frozenset()),
)
