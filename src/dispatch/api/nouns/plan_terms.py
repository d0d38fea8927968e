"""The objective of planning, term by term (目标分项)."""

from typing import Any

import strawberry

from dispatch.api.nouns.base import column
from dispatch.api.scalars import Seconds


@strawberry.type(
    description="The objective's terms (目标分项). Plans are compared by tier 1, then 2, then 3."
)
class PlanTerms:
    unserved: int = column("Orders left out (未排工单数).")
    promises_broken: int = column("Visits outside the promised window (失约数).")
    lateness: Seconds = column("Start of work after the due time, summed over orders (迟到合计).")
    travel_s: Seconds = column("Travel, summed over technicians (路程时间合计).", name="travel")
    travel_m: int = column("Travel in metres (路程合计，米).", name="travelMetres")
    imbalance: float = column(
        "Squared hours between each one's work and the fair share, summed (负荷不均)."
    )
    overtime_s: Seconds = column("Work after the shifts' ends (加班合计).", name="overtime")
    skill_waste: int = column("Levels above the least needed, summed over orders (大材小用).")
    continuity: int = column("Orders done by someone who does not know the place (生面孔).")
    changes: int = column("Orders taken from who held them, or moved in time (变动数).")
    technicians_used: int = column("Technicians with at least one order (出工人数).")
    tier1: float = column("Sum over orders left out of their priority's weight (第一层).")
    tier2: float = column("Weighted broken promises plus lateness in seconds (第二层).")
    tier3: float = column("Weighted sum of the other terms (第三层).")


_TERMS: dict[str, float] = {
    "unserved": 0,
    "promises_broken": 0,
    "lateness": 0,
    "travel_s": 0,
    "travel_m": 0,
    "imbalance": 0.0,
    "overtime_s": 0,
    "skill_waste": 0,
    "continuity": 0,
    "changes": 0,
    "technicians_used": 0,
    "tier1": 0.0,
    "tier2": 0.0,
    "tier3": 0.0,
}


def terms(kept: dict[str, Any]) -> PlanTerms:
    """The terms as the plan keeps them; what it does not name is zero."""
    return PlanTerms(**{name: kept.get(name, zero) for name, zero in _TERMS.items()})
