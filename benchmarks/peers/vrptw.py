"""Vehicle routing with time windows by each entrant: routes of customer numbers."""

import time
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.entrant import Answer, Entrant, NoAnswer
from benchmarks.vrptw import Instance, to_problem
from dispatch_solver import make_ready
from dispatch_solver import solve as dispatch_solve


def _left(begun: float, seconds: float) -> float:
    left = seconds - (time.monotonic() - begun)
    if left <= 0:
        raise NoAnswer("the time was over before the model was built")
    return left


def by_dispatch(instance: Instance, seconds: float, seed: int) -> Answer:
    """Our optimizer as it is."""
    plan = dispatch_solve(to_problem(instance), seconds=seconds, seed=seed)
    return Answer([[int(stop.visit[1:]) for stop in route.stops] for route in plan.routes])


def by_pyvrp(instance: Instance, seconds: float, seed: int) -> Answer:
    """PyVRP, for which these instances are home ground."""
    import pyvrp  # pyright: ignore[reportMissingImports]
    from pyvrp.stop import MaxRuntime  # pyright: ignore[reportMissingImports]

    begun = time.monotonic()
    clients = [
        pyvrp.Client(
            c,
            delivery=[instance.demand[c]],
            service_duration=instance.service[c],
            tw_early=instance.windows[c][0],
            tw_late=instance.windows[c][1],
        )
        for c in range(1, len(instance.demand))
    ]
    opens, closes = instance.windows[0]
    fleet = pyvrp.VehicleType(
        instance.vehicles, capacity=[instance.capacity], tw_early=opens, tw_late=closes
    )
    locations = [pyvrp.Location(0, 0) for _ in instance.demand]
    matrices: list[Any] = [instance.distance]
    data = pyvrp.ProblemData(locations, clients, [pyvrp.Depot(0)], [fleet], matrices, matrices)
    result = pyvrp.solve(data, stop=MaxRuntime(_left(begun, seconds)), seed=seed, display=False)
    if not result.best.is_feasible():
        raise NoAnswer("found nothing feasible in the time")
    return Answer([[a.idx + 1 for a in r if a.is_client()] for r in result.best.routes()])


def by_vroom(instance: Instance, seconds: float, seed: int) -> Answer:
    """VROOM at its most thorough; it has no seed."""
    import vroom  # pyright: ignore[reportMissingImports]

    del seed
    begun = time.monotonic()
    task = vroom.Input()
    task.set_durations_matrix("car", instance.distance.astype(np.uint32))
    day = vroom.TimeWindow(*instance.windows[0])
    for v in range(instance.vehicles):
        load = vroom.Amount([instance.capacity])
        task.add_vehicle(vroom.Vehicle(v, start=0, end=0, capacity=load, time_window=day))
    for c in range(1, len(instance.demand)):
        job = vroom.Job(
            c,
            location=c,
            default_service=instance.service[c],
            delivery=vroom.Amount([instance.demand[c]]),
            time_windows=[vroom.TimeWindow(*instance.windows[c])],
        )
        task.add_job(job)
    limit = timedelta(seconds=_left(begun, seconds))
    solution = task.solve(exploration_level=5, nb_threads=1, timeout=limit)
    routes: list[list[int]] = [[] for _ in range(instance.vehicles)]
    frame = solution.routes
    for vehicle, kind, job in zip(frame["vehicle_id"], frame["type"], frame["id"], strict=True):
        if kind == "job":
            routes[int(vehicle)].append(int(job))
    return Answer(routes)


def by_ortools(instance: Instance, seconds: float, seed: int) -> Answer:
    """OR-Tools routing with guided local search, by the book; it has no seed."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    del seed
    begun = time.monotonic()
    manager = pywrapcp.RoutingIndexManager(len(instance.demand), instance.vehicles, 0)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(
        routing.RegisterTransitMatrix(instance.distance.tolist())
    )
    load = routing.RegisterUnaryTransitVector(list(instance.demand))
    routing.AddDimension(load, 0, instance.capacity, True, "load")
    spent = instance.distance + np.array(instance.service)[:, None]
    closes = instance.windows[0][1]
    transit = routing.RegisterTransitMatrix(spent.tolist())
    routing.AddDimension(transit, closes, closes, False, "time")
    moments = routing.GetDimensionOrDie("time")
    for c in range(1, len(instance.demand)):
        moments.CumulVar(manager.NodeToIndex(c)).SetRange(*instance.windows[c])
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    parameters.time_limit.FromMilliseconds(int(1000 * _left(begun, seconds)))
    solution = routing.SolveWithParameters(parameters)
    if solution is None:
        raise NoAnswer("found nothing in the time")
    routes = []
    for v in range(instance.vehicles):
        index, route = solution.Value(routing.NextVar(routing.Start(v))), []
        while not routing.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = solution.Value(routing.NextVar(index))
        routes.append(route)
    return Answer(routes)


DISPATCH = Entrant(
    name="dispatch", package="dispatch-solver", ours=True, prepare=make_ready, solve=by_dispatch
)
PYVRP = Entrant(name="pyvrp", package="pyvrp", solve=by_pyvrp)
VROOM = Entrant(name="vroom", package="pyvroom", solve=by_vroom)
ORTOOLS_GLS = Entrant(name="ortools-gls", package="ortools", solve=by_ortools)
