"""The problem: who works when, what is to be done where, and what a good plan is.

All times are whole seconds from the problem's start, all distances whole metres. The words on
each field are the published documentation: the JSON schema is made from them.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from dispatch_solver.codec import Matrix, Range, Reader, write
from dispatch_solver.faults import InvalidProblem

MOST_SECONDS = 400 * 86_400
MOST_METRES = 100_000_000
MOST_LOAD = 1_000_000_000

Seconds = Annotated[int, Range(0, MOST_SECONDS)]
Load = Annotated[int, Range(0, MOST_LOAD)]
Level = Annotated[int, Range(1, 1000)]
Weight = Annotated[float, Range(0, 1e9)]


@dataclass(frozen=True, slots=True)
class Window:
    """A closed span of time."""

    start: Annotated[Seconds, "first second that belongs to the span"]
    end: Annotated[Seconds, "last second that belongs to the span"]


@dataclass(frozen=True, slots=True)
class Break:
    """A rest between visits: before setting out, under way, on arrival or after the last visit.

    Every route with a stop takes all the breaks of its shift, in the order given.
    """

    earliest: Annotated[Seconds, "first second at which the break may start"]
    latest: Annotated[Seconds, "last second at which the break may start"]
    duration: Annotated[Seconds, "length of the break"]


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of work; each shift gets one route."""

    id: Annotated[str, "unique among the shifts of its technician"]
    start: Annotated[Seconds, "when the technician can set out at the earliest"]
    end: Annotated[Seconds, "when the technician should be back (or done, if to_place is open)"]
    from_place: Annotated[str | None, "where the route starts; null: at its first stop"] = None
    to_place: Annotated[str | None, "where the route ends; null: at its last stop"] = None
    breaks: Annotated[tuple[Break, ...], "rests, in their order"] = ()
    overtime_limit: Annotated[Seconds, "how long after `end` the route may end"] = 0
    work_limit: Annotated[
        Seconds | None, "most travel and work on site, `used_work` included; null: no limit"
    ] = None
    fair_share: Annotated[
        Seconds | None, "work that would be fair here, `used_work` included; null: not balanced"
    ] = None
    used_work: Annotated[Seconds, "work already done that counts for limit and balance"] = 0
    capacity: Annotated[Load | None, "most load of all stops together; null: no limit"] = None


@dataclass(frozen=True, slots=True)
class Technician:
    """One person who carries visits out."""

    id: Annotated[str, "unique among the technicians"]
    shifts: Annotated[tuple[Shift, ...], "when this person works; may be several days"]
    skills: Annotated[dict[str, Level], "trade to level (1 junior, 2 skilled, 3 senior)"]
    travel: Annotated[str, "way of travel: a key of the problem's `travel`"] = "car"
    pace: Annotated[
        dict[str, Annotated[float, Range(0.01, 100.0)]],
        "trade to factor of the duration; the greatest factor among the trades needed counts",
    ] = field(default_factory=dict)
    sites: Annotated[tuple[str, ...], "sites served; empty: all"] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """What one member of a visit's crew must bring."""

    skills: Annotated[dict[str, Level], "trade to least level"] = field(default_factory=dict)
    gap_least: Annotated[Seconds, "least start after the first member's start"] = 0
    gap_most: Annotated[Seconds, "greatest start after the first member's start"] = 0
    duration: Annotated[Seconds | None, "this member's own time on site; null: the visit's"] = None


@dataclass(frozen=True, slots=True)
class Current:
    """Who holds the visit now; leaving it is counted as a change."""

    technician: Annotated[str, "technician of the first crew member"]
    start: Annotated[Seconds | None, "planned start; null: unknown"] = None
    others: Annotated[tuple[str, ...], "technicians of the further crew members"] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A person's decision: the visit goes to this technician or is left out.

    It stands above skills, refusals, named technicians and sites; with `start` also above
    windows and release. Travel, shift and work limit still hold.
    """

    technician: Annotated[str, "technician of the first crew member"]
    start: Annotated[Seconds | None, "exact start; null: free"] = None
    position: Annotated[
        Annotated[int, Range(0, 100_000)] | None, "index in the route, from 0; null: free"
    ] = None
    others: Annotated[tuple[str, ...], "technicians of the next crew members, in order"] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A fact: the work has begun. The visit is the first stop of its technician's route."""

    technician: Annotated[str, "technician of the first crew member"]
    start: Annotated[Seconds, "when the work began"]
    others: Annotated[tuple[str, ...], "technicians of the further crew members, in order"] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit's worth of work at one place by a crew of one or more."""

    id: Annotated[str, "unique among the visits"]
    place: Annotated[str, "where"]
    duration: Annotated[Seconds, "time on site at pace 1, without set-up"]
    setup: Annotated[Seconds, "added unless the route's stop before is at the same place"] = 0
    windows: Annotated[
        tuple[Window, ...], "the start lies in one of these; empty: at any time"
    ] = ()
    release: Annotated[Seconds, "never start before"] = 0
    due: Annotated[Seconds | None, "starting later is lateness, second by second"] = None
    needs: Annotated[tuple[Need, ...], "one per crew member; the first leads"] = (Need(),)
    priority: Annotated[int, "a key of `weights.unserved`"] = 1
    site: Annotated[str | None, "the site it belongs to; null: any technician's"] = None
    preferred: Annotated[tuple[str, ...], "technicians who should do it; empty: no wish"] = ()
    refused: Annotated[tuple[str, ...], "technicians who never do it"] = ()
    named: Annotated[
        tuple[str, ...], "the first crew member must be one of these; empty: anyone"
    ] = ()
    promise: Annotated[Window | None, "promised span for the start"] = None
    current: Annotated[Current | None, "who holds it now"] = None
    pinned: Annotated[Pin | None, "a person's decision about it"] = None
    started: Annotated[Started | None, "set when the work has begun"] = None
    load: Annotated[Load, "units each crew member takes along for it"] = 0


@dataclass(frozen=True, slots=True)
class Precedence:
    """`after` starts when `before` has ended for all its crew; never without `before`."""

    before: Annotated[str, "id of the visit that comes first"]
    after: Annotated[str, "id of the visit that waits for it"]
    least_gap: Annotated[Seconds, "least time between the last end and the first start"] = 0
    most_gap: Annotated[Seconds | None, "greatest such time; null: no limit"] = None


@dataclass(frozen=True, slots=True)
class Tie:
    """Two visits by the same crew, or with nobody in common; only where both are placed."""

    kind: Annotated[Literal["same", "different"], "same or different technicians"]
    visits: Annotated[tuple[str, ...], "the ids of the two visits"]


@dataclass(frozen=True, slots=True)
class Weights:
    """What things cost. Tier 1 beats tier 2, tier 2 beats tier 3, whatever the numbers."""

    unserved: Annotated[dict[int, Weight], "tier 1: per visit left out, by its priority"] = field(
        default_factory=lambda: {1: 1.0, 2: 3.0, 3: 10.0, 4: 100.0}
    )
    promise_broken: Annotated[Weight, "tier 2: per start outside its promise"] = 7200.0
    lateness_second: Annotated[Weight, "tier 2: per second the visit starts after `due`"] = 1.0
    travel_second: Annotated[Weight, "tier 3: per second of travel"] = 1.0
    travel_metre: Annotated[Weight, "tier 3: per metre of travel"] = 0.0
    imbalance: Annotated[
        Weight, "tier 3: per squared hour between a shift's work and its fair share"
    ] = 1800.0
    overtime_second: Annotated[Weight, "tier 3: per second after a shift's end"] = 1.0
    skill_waste_level: Annotated[Weight, "tier 3: per level above the least needed"] = 300.0
    continuity: Annotated[Weight, "tier 3: per stop by someone not preferred"] = 600.0
    change: Annotated[
        Weight, "tier 3: per crew member taken from a visit, and per visit moved in time"
    ] = 900.0
    change_seconds: Annotated[Seconds, "a move in time up to this long is no change"] = 900
    technician_used: Annotated[Weight, "tier 3: per shift with at least one stop"] = 0.0
    late_second: Annotated[
        Weight, "tier 3: per second after `due`, counted for every crew member"
    ] = 0.0
    worst_late_second: Annotated[
        Weight, "tier 3: per second by which the plan's latest stop is after its `due`"
    ] = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class TravelMatrix:
    """Travel between all places by one way of travel; row: from, column: to."""

    durations: Annotated[Matrix, "seconds"]
    distances: Annotated[Matrix, "metres"]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TravelMatrix):
            return NotImplemented
        mine, theirs = (self.durations, self.distances), (other.durations, other.distances)
        return all(
            a.shape == b.shape and bool((a == b).all()) for a, b in zip(mine, theirs, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Problem:
    """All that `solve` needs to know."""

    places: Annotated[tuple[str, ...], "ids; the index is the row of the matrices"]
    travel: Annotated[dict[str, TravelMatrix], "by way of travel"]
    technicians: Annotated[tuple[Technician, ...], "who can work"]
    visits: Annotated[tuple[Visit, ...], "what is to be done"]
    precedences: Annotated[tuple[Precedence, ...], "what must come before what"] = ()
    ties: Annotated[tuple[Tie, ...], "who must, or must not, do both"] = ()
    weights: Annotated[Weights, "what things cost"] = field(default_factory=Weights)

    @staticmethod
    def from_json(data: Any) -> "Problem":
        """Read plain JSON data; raises InvalidProblem with every fault of form."""
        reader = Reader()
        problem = reader.read(Problem, data, "problem")
        if reader.faults:
            raise InvalidProblem(reader.faults)
        return problem

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, valid by `schema/problem.schema.json`."""
        return write(self)
