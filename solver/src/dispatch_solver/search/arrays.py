"""The model and a plan as plain arrays, the form the compiled search works on.

`Instance` is read only. `Tour` is one plan: routes, their earliest and latest times by number of
breaks taken (see `schedule`), what each route costs, and the bounds that keep linked visits true.
Columns of the packed arrays are named by the constants below.
"""

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.model import FOREVER, Model
from dispatch_solver.objective import scales_of
from dispatch_solver.schedule import breaks_of
from dispatch_solver.search.near import nearest_tasks

if TYPE_CHECKING:
    # Elements are plain numbers to compiled code, which the stubs of arrays cannot say.
    Ints = Any
    Floats = Any
else:
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

# Columns of Instance.task
(PLACE, SETUP, BASE, KIND, VISIT, DUE, PROMISE_START, PROMISE_END, POSITION, HELD_AT, HELD_BY) = (
    range(11)
)
LOAD, WINDOWS, LINKED, GAP_LEAST, GAP_MOST, LEAD, FIXED = range(11, 18)
# Columns of Instance.shift
START, END, LIMIT, ORIGIN, GOAL, WAY, BREAKS, WORK_LIMIT, USED_WORK, SHARE, BALANCED = range(11)
CAPACITY, ROUTE_CLASS, STARTED, PERSON = range(11, 15)
# Columns of Instance.rest
EARLIEST, LATEST, LENGTH = range(3)
# Entries of Tour.mood
RELIEF, WORST = range(2)
# Entries of Instance.weight
TRAVEL_SECOND, TRAVEL_METRE, IMBALANCE, OVERTIME, LATENESS, PROMISE, LATE, WORST_LATE = range(8)
CHANGE, CHANGE_SECONDS, TECHNICIAN_USED, TIER2, TIMED = range(8, 13)
# Columns of Instance.link
BEFORE, AFTER, GAP, MOST_GAP = range(4)
# Columns of Instance.tie
OTHER, SAME = range(2)
# Columns of Tour.figure
COST2, COST3, WORK, LOADED, LATEST_START, PLAIN = range(6)

# Arguments of compiled functions: a bare literal would have them compiled once more for itself.
YES, NO = cast("bool", np.bool_(True)), cast("bool", np.bool_(False))
ZERO, NONE, NOT_YET = (cast("int", np.int64(value)) for value in (0, -1, FOREVER))

MOST_NEIGHBOURS = 100
MOST_STOPS = 4000
HOUR = 3600.0
# One visit makes work this much more uneven (squared hours), or others this late, at the worst.
HOURS_OFF, LATE_HOURS = 16.0, 12.0


class Instance(NamedTuple):
    """What is to be planned: T tasks, V visits, S shifts, K kinds of tasks, P places."""

    task: Ints  # T x columns
    window: Ints  # T x W x 2: first and last start
    shift: Ints  # S x columns
    rest: Ints  # S x B x 3
    seconds: NDArray[np.int32]  # way x P x P
    metres: NDArray[np.int32]
    price: Floats  # K x S: standing cost; negative: may not
    pace: Floats  # K x S
    lost: Floats  # V: tier 1 weight of leaving the visit out
    toll: Floats  # V: what leaving it out costs in tier 3
    weight: Floats
    penalty: Floats  # V: both in units of tier 3, for steering
    crew: Ints  # V x 2: first task, number of tasks
    link: Ints  # E x columns
    before_at: Ints  # V + 1: where the links that end in a visit begin in `before`
    before: Ints
    after_at: Ints
    after: Ints
    tie_at: Ints
    tie: Ints  # x columns
    near: Ints  # T x N: tasks that could sensibly be beside it, nearest first
    order: Floats  # orders x T: keys by which tasks may be put back


class Tour(NamedTuple):
    """One plan. Positions run to `length`, times to one more: the end of the route."""

    stop: Ints  # S x L: tasks
    length: Ints  # S
    locked: Ints  # S: stops at the start that may not be moved
    leave: Ints  # S x (L+1) x states: earliest departure before the leg to this position
    late: Ints  # S x (L+1) x states x 2: latest start there, with set-up and without
    state: Ints  # S x (L+1): breaks taken before each stop as the route goes
    ready: Ints  # S x (L+1): when each stop could start if no window or bound made it wait
    start: Ints  # S x L; these three only where times cost anything
    leg: Ints  # S x (L+1): seconds of travel
    onsite: Ints  # S x L
    figure: Floats  # S x columns
    route_of: Ints  # T: shift, or -1
    index_of: Ints  # T
    bound: Ints  # T x 2: when a linked task may start now
    meeting: Ints  # V: start of a placed crew's lead, else -1
    mood: Floats  # how much of a gain in balance steers insertions now; worst lateness of the plan
    version: Ints  # S + 1: another number after every change of a route; the last number given
    cut: Ints  # E x 2: start of a placed link's later visit (else -1), task it is measured from


def instance_of(model: Model, unserved_seconds: float | None = None) -> Instance:
    """The model as arrays; `near` is empty yet.

    `unserved_seconds`: what a unit of tier 1 is worth in tier 3; None: more than anything.
    """
    before_at, before = _ragged(model.befores, len(model.tasks_of))
    after_at, after = _ragged(model.afters, len(model.tasks_of))
    tie_at, tie = _ties(model)
    task, window = _tasks(model), np.stack([model.window_start, model.window_end], axis=-1)
    shift, weight = _shifts(model), _weights(model)
    timed = (
        (task[:, DUE] < FOREVER).any()
        or (task[:, PROMISE_END] < FOREVER).any()
        or (task[:, HELD_AT] >= 0).any()
        or (shift[:, LIMIT] > shift[:, END]).any()
    )
    weight[TIMED] = float(timed)
    nothing = np.zeros(len(model.unserved))
    lost, toll = model.unserved.astype(np.float64), nothing
    penalty = lost * max(scales_of(model.problem.weights).tier1, _dearest(model, weight))
    if unserved_seconds is not None:
        lost, toll = nothing, lost * unserved_seconds
        penalty = toll
    price = np.where(model.allowed, model.standing, -1.0)
    return Instance(
        task=task,
        window=np.ascontiguousarray(window),
        shift=shift,
        rest=_rests(model),
        seconds=model.durations,
        metres=model.distances if weight[TRAVEL_METRE] else np.zeros((1, 1, 1), np.int32),
        price=np.ascontiguousarray(price),
        pace=np.ascontiguousarray(model.pace),
        lost=lost,
        toll=toll,
        weight=weight,
        penalty=penalty,
        crew=np.array([(tasks[0], len(tasks)) for tasks in model.tasks_of], np.int64).reshape(
            -1, 2
        ),
        link=_links(model),
        before_at=before_at,
        before=before,
        after_at=after_at,
        after=after,
        tie_at=tie_at,
        tie=tie,
        near=np.full((len(task), 1), -1, np.int64),
        order=_orders(model, task, penalty),
    )


def with_neighbours(model: Model, instance: Instance) -> Instance:
    """The instance with what only annealing needs: which tasks are near each other."""
    return instance._replace(near=nearest_tasks(model, MOST_NEIGHBOURS))


def empty_tour(instance: Instance) -> Tour:
    """No stops anywhere; `timing.retime` has to be called for every route."""
    shifts, tasks = len(instance.shift), len(instance.task)
    states = 1 + instance.rest.shape[1]
    most = _most_stops(instance)
    times = np.zeros((shifts, most + 1, states), np.int64)
    pairs = np.zeros((shifts, most + 1, states, 2), np.int64)
    timed = most + 1 if instance.weight[TIMED] > 0 else 1
    bound = np.empty((tasks, 2), np.int64)
    bound[:, 0], bound[:, 1] = -FOREVER, FOREVER
    return Tour(
        stop=np.zeros((shifts, most), np.int64),
        length=np.zeros(shifts, np.int64),
        locked=np.zeros(shifts, np.int64),
        leave=times,
        late=pairs,
        state=np.zeros((shifts, timed), np.int64),
        ready=np.zeros((shifts, timed), np.int64),
        start=np.zeros((shifts, timed), np.int64),
        leg=np.zeros((shifts, most + 1), np.int64),
        onsite=np.zeros((shifts, most), np.int64),
        figure=np.zeros((shifts, 6)),
        route_of=np.full(tasks, -1, np.int64),
        index_of=np.zeros(tasks, np.int64),
        bound=bound,
        meeting=np.full(len(instance.crew), -1, np.int64),
        mood=np.zeros(2),
        version=np.zeros(shifts + 1, np.int64),
        cut=np.full((len(instance.link), 2), -1, np.int64),
    )


def _most_stops(instance: Instance) -> int:
    """No route has more stops than the shortest visits fill its shift with."""
    if not len(instance.task) or not len(instance.shift):
        return 1
    shortest = np.sort((instance.task[:, BASE] * instance.pace.min(initial=1.0)).astype(np.int64))
    longest = int((instance.shift[:, LIMIT] - instance.shift[:, START]).max())
    fit = int(np.searchsorted(np.cumsum(shortest), longest, side="right")) + 2
    return max(1, min(len(instance.task), fit, MOST_STOPS))


def _tasks(model: Model) -> Ints:
    table = np.zeros((len(model.tasks), 18), np.int64)
    if not len(table):
        return table
    visits = [model.problem.visits[task.visit] for task in model.tasks]
    needs = [
        (task, visit.needs[task.need]) for task, visit in zip(model.tasks, visits, strict=True)
    ]
    columns: dict[int, Any] = {
        PLACE: model.place,
        SETUP: model.setup,
        BASE: model.base,
        KIND: model.kind,
        VISIT: [task.visit for task in model.tasks],
        DUE: [FOREVER if visit.due is None else visit.due for visit in visits],
        PROMISE_START: model.promise_start,
        PROMISE_END: model.promise_end,
        POSITION: model.position,
        HELD_AT: model.moved_from,
        HELD_BY: [
            -1
            if visit.current is None
            else model.technician_index.get(visit.current.technician, -1)
            for visit in visits
        ],
        LOAD: [visit.load for visit in visits],
        WINDOWS: [len(task.windows) for task in model.tasks],
        LINKED: model.linked,
        GAP_LEAST: [need.gap_least if task.need else 0 for task, need in needs],
        GAP_MOST: [need.gap_most if task.need else 0 for task, need in needs],
        LEAD: [task.need == 0 for task in model.tasks],
        FIXED: [visit.started is not None for visit in visits],
    }
    for column, values in columns.items():
        table[:, column] = values
    return table


def _shifts(model: Model) -> Ints:
    table = np.zeros((len(model.shifts), 15), np.int64)
    for s, data in enumerate(model.shifts):
        begun = -1 if data.started is None else data.started
        # A route with begun work starts there: no travel to it, and at its own time.
        start = data.start if begun < 0 else int(model.tasks[begun].windows[0][0])
        origin = data.origin if begun < 0 else model.open_place
        share = -1 if data.fair_share is None else data.fair_share
        table[s] = (
            *(start, data.end, data.limit, origin, data.goal, data.way, len(breaks_of(model, s))),
            *(data.work_limit, data.used_work, share, data.fair_share is not None),
            FOREVER if data.capacity is None else data.capacity,
            *(model.route_class[s], begun, data.technician),
        )
    return table


def _rests(model: Model) -> Ints:
    breaks = [breaks_of(model, s) for s in range(len(model.shifts))]
    most = max((len(rests) for rests in breaks), default=0)
    table = np.zeros((len(breaks), most, 3), np.int64)
    for s, rests in enumerate(breaks):
        for k, rest in enumerate(rests):
            table[s, k] = rest.earliest, rest.latest, rest.duration
    return table


def _weights(model: Model) -> Floats:
    weights = model.problem.weights
    table = np.zeros(13)
    table[TRAVEL_SECOND], table[TRAVEL_METRE] = weights.travel_second, weights.travel_metre
    table[IMBALANCE] = weights.imbalance / HOUR**2
    table[OVERTIME] = weights.overtime_second
    table[LATENESS], table[PROMISE] = weights.lateness_second, weights.promise_broken
    table[LATE], table[WORST_LATE] = weights.late_second, weights.worst_late_second
    table[CHANGE], table[CHANGE_SECONDS] = weights.change, weights.change_seconds
    table[TECHNICIAN_USED] = weights.technician_used
    table[TIER2] = scales_of(weights).tier2
    return table


def _dearest(model: Model, weight: Floats) -> float:
    """A weight of leaving out that outweighs what serving one visit may cost at its worst.

    Steering with less would leave visits out to save travel, or to be in time.
    """
    served = [w for w in model.problem.weights.unserved.values() if w > 0]
    overtime = max((data.limit - data.end for data in model.shifts), default=0)
    cost = (
        2 * weight[TRAVEL_SECOND] * float(model.durations.max(initial=0))
        + weight[OVERTIME] * overtime
        + weight[IMBALANCE] * HOURS_OFF * HOUR**2
        + float(model.standing.max(initial=0.0))
        + weight[CHANGE]
        + weight[TECHNICIAN_USED]
    )
    if weight[TRAVEL_METRE]:
        cost += 2 * weight[TRAVEL_METRE] * float(model.distances.max(initial=0))
    if weight[TIMED]:
        late = weight[TIER2] * weight[LATENESS] + weight[LATE] + weight[WORST_LATE]
        cost += weight[TIER2] * weight[PROMISE] + late * LATE_HOURS * HOUR
    return cost / min(served, default=1.0)


def _links(model: Model) -> Ints:
    table = np.zeros((len(model.problem.precedences), 4), np.int64)
    for i, link in enumerate(model.problem.precedences):
        most = FOREVER if link.most_gap is None else link.most_gap
        before, after = model.visit_index[link.before], model.visit_index[link.after]
        table[i] = before, after, link.least_gap, most
    return table


def _ties(model: Model) -> tuple[Ints, Ints]:
    others: dict[int, list[tuple[int, int]]] = {}
    for tie in model.problem.ties:
        first, second = (model.visit_index[name] for name in tie.visits)
        same = int(tie.kind == "same")
        others.setdefault(first, []).append((second, same))
        others.setdefault(second, []).append((first, same))
    starts, flat = _ragged(others, len(model.tasks_of))
    return starts, np.array(flat.tolist(), np.int64).reshape(-1, 2)


def _ragged(lists: dict[int, list[Any]], count: int) -> tuple[Ints, Ints]:
    """Lists of differing length as one, with where each begins."""
    starts = np.zeros(count + 1, np.int64)
    for key, values in lists.items():
        starts[key + 1] = len(values)
    flat = [value for key in sorted(lists) for value in lists[key]]
    return np.cumsum(starts), np.array(flat, np.int64)


def _orders(model: Model, task: Ints, penalty: Floats) -> Floats:
    """Keys for putting tasks back: long ones, far ones, near ones, narrow ones, early ones, …"""
    if not len(task):
        return np.zeros((1, 0))
    opens, closes = model.window_start, np.maximum(model.window_end, model.window_start - 1)
    used = model.window_end >= model.window_start
    spans = np.where(used, closes - opens, 0).sum(axis=1).astype(np.float64)
    home = model.durations[0][:, task[:, PLACE]].astype(np.float64)
    origins = sorted({data.origin for data in model.shifts})
    far = home[origins].mean(axis=0) if origins else home.mean(axis=0)
    lost = penalty[task[:, VISIT]]
    people = model.allowed.sum(axis=1)[task[:, KIND]].astype(np.float64)
    long = (task[:, LOAD] if task[:, LOAD].any() else task[:, BASE]).astype(np.float64)
    keys = [-long, -far, far, spans, opens[:, 0].astype(np.float64)]
    keys.append(-np.where(used, closes, -FOREVER).max(axis=1).astype(np.float64))
    if lost.min() < lost.max():
        keys += [-lost, -lost / (task[:, BASE] + 1.0)]
    if people.min() < people.max():
        keys.append(people)
    return np.ascontiguousarray(keys)
