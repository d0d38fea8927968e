"""The exact times of one route: earliest starts, waiting, breaks, several windows, set-up.

A break lies between two stops: before setting out, under way or on arrival, whichever lets the
next stop start earliest. State k of a stop means that the first k breaks have been taken before
it starts; earliest times per state, forward, and latest times per state, backward, together
answer in constant time whether one more stop fits at a position.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch_solver.eligibility import Span
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.problem import Break


def first_start(windows: Sequence[Span], ready: int) -> int:
    """The first start not before `ready`; FOREVER when there is none."""
    for start, end in windows:
        if ready <= end:
            return max(ready, start)
    return FOREVER


def last_start(windows: Sequence[Span], latest: int) -> int:
    """The last start not after `latest`; -FOREVER when there is none."""
    for start, end in reversed(windows):
        if start <= latest:
            return min(latest, end)
    return -FOREVER


def ready_after(depart: int, travel: int, breaks: Sequence[Break]) -> int:
    """When work can start after this leg with these breaks on it; FOREVER when they don't fit."""
    rested, ready = depart, depart + travel
    for rest in breaks:
        if rested > rest.latest:
            return FOREVER
        rested = max(rested, rest.earliest) + rest.duration
        ready = max(ready, rest.earliest) + rest.duration
    return ready


def depart_before(limit: int, travel: int, breaks: Sequence[Break]) -> int:
    """The latest departure for which `ready_after` is at most `limit`; -FOREVER if none."""
    for rest in reversed(breaks):
        if rest.earliest + rest.duration > limit:
            return -FOREVER
        limit -= rest.duration
    depart, taken = limit - travel, 0
    for rest in breaks:
        depart = min(depart, rest.latest - taken)
        taken += rest.duration
    return depart


@dataclass(slots=True)
class Timing:
    """The states of one route, computed forward.

    depart[i][k]: earliest departure from stop i-1 (i = 0: from the start) with k breaks taken;
    came[i][k]: number of breaks taken before the leg to stop i that gives it.
    """

    tasks: list[int]
    legs: list[int]
    onsite: list[int]
    setups: list[int]
    depart: list[list[int]]
    came: list[list[int]]
    end: int
    feasible: bool
    forced: bool = False


def places_of(model: Model, shift: int, tasks: Sequence[int]) -> list[int]:
    """Places of a route from its start to its end; a started first stop needs no way to it."""
    data = model.shifts[shift]
    stops = [model.tasks[t].place for t in tasks]
    begun = bool(tasks) and data.started == tasks[0]
    origin = model.open_place if begun else data.origin
    return [origin, *stops, data.goal]


def time_route(
    model: Model, shift: int, tasks: list[int], windows: Sequence[Sequence[Span]]
) -> Timing:
    """Earliest times of a route; `feasible` says whether it keeps windows, breaks and the limit."""
    data = model.shifts[shift]
    breaks = breaks_of(model, shift)
    count = len(breaks)
    places = places_of(model, shift, tasks)
    legs = model.durations[data.way, places[:-1], places[1:]].tolist()
    setups = [
        0 if i and places[i] == places[i + 1] else model.tasks[t].setup for i, t in enumerate(tasks)
    ]
    service = model.services(shift, tasks).tolist() if tasks else []
    onsite = [bare + setup for bare, setup in zip(service, setups, strict=True)]
    begun = bool(tasks) and data.started == tasks[0]
    first = model.tasks[tasks[0]].windows[0][0] if begun else data.start
    depart = [[first] + [FOREVER] * count]
    came: list[list[int]] = []
    for i in range(len(tasks)):
        ready, source = _advance(depart[-1], legs[i], breaks)
        starts = [first_start(windows[i], moment) for moment in ready]
        depart.append([min(s + onsite[i], FOREVER) for s in starts])
        came.append(source)
    ready, source = _advance(depart[-1], legs[-1], breaks)
    came.append(source)
    end = ready[count] if tasks else data.start
    timing = Timing(tasks, legs, onsite, setups, depart, came, end, end <= data.limit)
    if not tasks:
        timing.feasible = True
    elif begun and len(tasks) == 1 and not timing.feasible:
        # What has begun is a fact: its route stands even where break or shift end cannot be kept.
        timing.end = depart[1][0] + legs[-1]
        timing.feasible = timing.forced = True
    return timing


def _advance(
    depart: list[int], travel: int, breaks: Sequence[Break]
) -> tuple[list[int], list[int]]:
    ready, source = [], []
    for taken in range(len(breaks) + 1):
        best, which = FOREVER, taken
        for before in range(taken, -1, -1):
            if depart[before] < FOREVER:
                moment = ready_after(depart[before], travel, breaks[before:taken])
                if moment < best:
                    best, which = moment, before
        ready.append(best)
        source.append(which)
    return ready, source


def breaks_of(model: Model, shift: int) -> tuple[Break, ...]:
    """The breaks still to be taken; work that has begun may have passed or delayed some."""
    data = model.shifts[shift]
    if data.started is None:
        return data.breaks
    start = model.tasks[data.started].windows[0][0]
    end = start + model.tasks[data.started].setup + model.service(shift, data.started)
    return tuple(
        Break(rest.earliest, max(rest.latest, end), rest.duration)
        for rest in data.breaks
        if rest.latest >= start
    )


def latest_starts(
    model: Model,
    shift: int,
    timing: Timing,
    windows: Sequence[Sequence[Span]],
    end_limit: int,
) -> list[tuple[list[int], list[int]]]:
    """Per position the latest start of what follows it, by breaks taken: with set-up, without.

    The last entry belongs to the route's end, which has no set-up.
    """
    breaks = breaks_of(model, shift)
    count = len(breaks)
    limit = [-FOREVER] * count + [end_limit]
    out = [(limit, limit)]
    latest = limit
    for i in range(len(timing.tasks) - 1, -1, -1):
        leave = [
            max(
                depart_before(latest[after], timing.legs[i + 1], breaks[taken:after])
                if latest[after] > -FOREVER
                else -FOREVER
                for after in range(taken, count + 1)
            )
            for taken in range(count + 1)
        ]
        task = timing.tasks[i]
        bare = timing.onsite[i] - timing.setups[i]
        full = bare + model.tasks[task].setup
        with_setup = [last_start(windows[i], moment - full) for moment in leave]
        without = [last_start(windows[i], moment - bare) for moment in leave]
        out.append((with_setup, without))
        latest = without if timing.setups[i] == 0 else with_setup
    out.reverse()
    return out


@dataclass(frozen=True, slots=True)
class Moment:
    """Arrival and start of one stop."""

    arrive: int
    start: int
    end: int


def unfold(
    model: Model, shift: int, timing: Timing
) -> tuple[int, list[Moment], list[tuple[int, int, int]]]:
    """Departure, moments of the stops, and breaks as (start, end, index of the stop after it)."""
    breaks = () if timing.forced else breaks_of(model, shift)
    taken_before = _path(timing, len(breaks))
    moments: list[Moment] = []
    rests: list[tuple[int, int, int]] = []
    count = len(timing.tasks)
    for i in range(count + 1):
        leave = timing.depart[i][taken_before[i]]
        on_leg = breaks[taken_before[i] : taken_before[i + 1]]
        arrive, taken = _leg(leave, timing.legs[i], on_leg)
        rests += [(start, end, i) for start, end in taken]
        if i < count:
            end = timing.depart[i + 1][taken_before[i + 1]]
            moments.append(Moment(arrive, end - timing.onsite[i], end))
    start = model.shifts[shift].start
    if moments:
        first = moments[0]
        start = timing.depart[0][0]
        if not any(index == 0 for _, _, index in rests):
            # Set out as late as the first start allows: nobody waits at a door in the morning.
            start = first.start - timing.legs[0]
            moments[0] = Moment(first.start, first.start, first.end)
    return start, moments, rests


def _path(timing: Timing, count: int) -> list[int]:
    """Breaks taken before each leg, and at the end."""
    path = [count]
    for came in reversed(timing.came):
        path.append(came[path[-1]] if count else 0)
    path.reverse()
    return path


def _leg(leave: int, travel: int, breaks: Sequence[Break]) -> tuple[int, list[Span]]:
    """Arrival and the breaks of one leg: each on arrival, or as late as it may under way."""
    ready = [leave + travel]
    for rest in breaks:
        ready.append(max(ready[-1], rest.earliest) + rest.duration)
    spans: list[Span] = []
    before = FOREVER
    for rest, moment in zip(reversed(breaks), reversed(ready[:-1]), strict=True):
        start = max(rest.earliest, min(moment, rest.latest, before - rest.duration))
        spans.append((start, start + rest.duration))
        before = start
    spans.reverse()
    arrive = leave + travel
    for start, end in spans:
        if start < arrive:
            arrive += end - start
    return arrive, spans


def starts_of(timing: Timing, count: int) -> list[int]:
    """Start of each stop on the chosen path; `count` is the number of breaks of the shift."""
    path = _path(timing, 0 if timing.forced else count)
    return [timing.depart[i + 1][path[i + 1]] - timing.onsite[i] for i in range(len(timing.tasks))]
