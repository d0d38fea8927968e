"""Numbers of auto-assignment."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dispatch.domain.policies.values import DAY_S, YEAR_S, mapping, number, read_number, whole

SPEED_KMH: Mapping[str, float] = MappingProxyType(
    {"WALK": 4.5, "BICYCLE": 12.0, "SCOOTER": 20.0, "CAR": 32.0}
)
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "unserved_emergency": 100.0,
        "unserved_high": 10.0,
        "unserved_normal": 3.0,
        "unserved_low": 1.0,
        "promise_broken": 7200.0,
        "lateness_second": 1.0,
        "travel_second": 1.0,
        "travel_metre": 0.0,
        "imbalance": 1800.0,
        "overtime_second": 2.0,
        "skill_waste_level": 300.0,
        "continuity": 120.0,
        "change": 600.0,
        "technician_used": 0.0,
    }
)


def _real(given: Any) -> float:
    return float(read_number(given, 0, 10**9))


@dataclass(frozen=True, slots=True)
class Planning:
    """Numbers of auto-assignment. Weights: cost per unit named; imbalance per squared hour."""

    seconds: float = number(20.0, least=0.05, most=3600)
    """How long a plan is searched for at most."""
    repair_seconds: float = number(2.0, least=0.05, most=600)
    """How long the repair of a running day is searched for at most."""
    abandoned_after_s: int = whole(120, least=10, most=DAY_S)
    """A run that is silent for so long after its time limit has lost its process."""
    detour: float = number(1.3, least=1, most=5)
    """How much longer ways are than the straight line."""
    stop_overhead_s: int = whole(120, least=0, most=3600)
    """What each stop costs more: parking, finding the door."""
    floor_s: int = whole(10, least=0, most=600)
    """What a floor up or down costs."""
    overrun_s: int = whole(600, least=60, most=DAY_S)
    """Work that has outrun its expected time is taken to need so much more."""
    known_for_s: int = whole(180 * DAY_S, least=0, most=10 * YEAR_S)
    """So long after their work a technician counts as known to a customer and in a building."""
    speed_kmh: Mapping[str, float] = mapping(SPEED_KMH, _real)
    """By way of travel, in kilometres an hour."""
    weights: Mapping[str, float] = mapping(WEIGHTS, _real)
    """What each term costs when plans are compared (DSP-3)."""
