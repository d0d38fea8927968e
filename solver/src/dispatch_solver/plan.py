"""The plan: who goes where and when, what is left out and why, and what it all costs."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from dispatch_solver.codec import Reader, write
from dispatch_solver.faults import InvalidPlan


@dataclass(frozen=True, slots=True)
class Terms:
    """Every term of the objective; the tiers are compared in order."""

    unserved: Annotated[int, "visits left out"] = 0
    promises_broken: Annotated[int, "starts outside their promise"] = 0
    lateness: Annotated[int, "seconds of start after `due`, summed over the visits"] = 0
    travel_s: Annotated[int, "seconds of travel"] = 0
    travel_m: Annotated[int, "metres of travel"] = 0
    imbalance: Annotated[float, "squared hours between work and fair share, summed"] = 0.0
    overtime_s: Annotated[int, "seconds after the shifts' ends"] = 0
    skill_waste: Annotated[int, "levels above the least needed"] = 0
    continuity: Annotated[int, "stops by someone not preferred"] = 0
    changes: Annotated[int, "crew members taken from their visit, and visits moved in time"] = 0
    technicians_used: Annotated[int, "shifts with at least one stop"] = 0
    late_s: Annotated[int, "seconds of start after `due`, summed over all crew members"] = 0
    worst_late_s: Annotated[int, "greatest of these; the plan's is the greatest of its routes"] = 0
    cost: Annotated[
        float, "weighted sum of the terms of tier 3; a route's is without the worst lateness"
    ] = 0.0
    tier1: Annotated[float, "weighted visits left out"] = 0.0
    tier2: Annotated[float, "weighted promises broken and lateness"] = 0.0
    tier3: Annotated[float, "the same as cost"] = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """One crew member at one visit."""

    visit: Annotated[str, "id of the visit"]
    need: Annotated[int, "index of the crew member among the visit's needs"]
    arrive: Annotated[int, "arrival at the place"]
    start: Annotated[int, "start of the work, set-up included"]
    end: Annotated[int, "end of the work"]
    travel_s: Annotated[int, "seconds of travel to this stop"]
    travel_m: Annotated[int, "metres of travel to this stop"]
    setup_s: Annotated[int, "seconds of set-up within start and end"] = 0
    late_s: Annotated[int, "seconds of start after `due`"] = 0
    promise_broken: Annotated[bool, "whether the start is outside the promise"] = False


@dataclass(frozen=True, slots=True)
class BreakTaken:
    """A rest within a route."""

    start: Annotated[int, "when it starts"]
    end: Annotated[int, "when it ends"]
    before_stop: Annotated[int, "index of the stop that follows; number of stops: after the last"]


@dataclass(frozen=True, slots=True)
class Route:
    """One shift of one technician."""

    technician: Annotated[str, "id of the technician"]
    shift: Annotated[str, "id of the shift"]
    stops: Annotated[tuple[Stop, ...], "in their order"]
    breaks: Annotated[tuple[BreakTaken, ...], "rests taken, in their order"] = ()
    start: Annotated[int, "departure"] = 0
    end: Annotated[int, "return, or end of the last work when the shift ends at an open place"] = 0
    travel_s: Annotated[int, "seconds of travel, the way back included"] = 0
    travel_m: Annotated[int, "metres of travel, the way back included"] = 0
    work_s: Annotated[int, "seconds of travel and work on site, without waits and rests"] = 0
    overtime_s: Annotated[int, "seconds after the shift's end"] = 0
    terms: Annotated[Terms, "this route's part of the plan's terms"] = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Blocked:
    """The first rule that keeps one technician from a visit, and by how much."""

    technician: Annotated[str, "id of the technician"]
    rule: Annotated[str, "code of the rule"]
    by: Annotated[
        int | None, "seconds, levels or units of load that are missing; null: cannot be measured"
    ] = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A single change that would place the visit, tried and found to work."""

    code: Annotated[
        str,
        "LATER_WINDOW, OVERTIME, LOWER_LEVEL, SMALLER_CREW, EXTRA_PERSON, MOVE_VISIT "
        "or LEAVE_VISIT",
    ]
    data: Annotated[dict[str, Any], "what to change: technician, seconds, window, trade, level"]
    text: Annotated[str, "the same in English words"] = ""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A visit left out, and why."""

    visit: Annotated[str, "id of the visit"]
    code: Annotated[str, "machine-readable reason"]
    data: Annotated[dict[str, Any], "figures of the reason"] = field(default_factory=dict)
    text: Annotated[str, "the same in English words"] = ""
    technicians: Annotated[tuple[Blocked, ...], "what blocks each of them"] = ()
    remedy: Annotated[Remedy | None, "what would place it; null: nothing single was found"] = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A better plan was found."""

    elapsed_s: Annotated[float, "seconds since the start of the search"]
    phase: Annotated[str, "what found it"]
    unplaced: Annotated[int, "visits left out"]
    tier1: Annotated[float, "weighted visits left out"]
    tier2: Annotated[float, "weighted promises broken and lateness"]
    tier3: Annotated[float, "cost"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What `solve` answers with; `check` proves it."""

    routes: Annotated[tuple[Route, ...], "one per shift, also where it is empty"]
    unplaced: Annotated[tuple[Unplaced, ...], "visits left out"] = ()
    terms: Annotated[Terms, "every term of the objective"] = field(default_factory=Terms)
    seed: Annotated[int, "seed of the search"] = 0
    seconds: Annotated[float, "time the search took"] = 0.0
    engine: Annotated[str, "which search made it"] = ""
    iterations: Annotated[int, "steps the search took"] = 0
    history: Annotated[tuple[Milestone, ...], "how it became better"] = ()
    gap: Annotated[
        float | None,
        "proven: at most this share of its value above the best possible; null: not asked for",
    ] = None

    @staticmethod
    def from_json(data: Any) -> "Plan":
        """Read plain JSON data; raises InvalidPlan with every fault of form."""
        reader = Reader()
        plan = reader.read(Plan, data, "plan")
        if reader.faults:
            raise InvalidPlan(reader.faults)
        return plan

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, valid by `schema/plan.schema.json`."""
        return write(self)
