"""Where somebody has to be, as far as travel is concerned."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

_EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Spot:
    """A point (WGS 84, degrees), and where it is known the building (its id) and the floor.

    Two spots on one floor of one building are the same place, whatever their points.
    """

    latitude: float
    longitude: float
    building: int | None = None
    floor: int | None = None

    @property
    def storeys(self) -> int:
        """Storeys above the street: 1 and 0 are both the ground floor, as usage differs."""
        floor = self.floor or 0
        return floor - 1 if floor > 0 else floor

    def same_place(self, other: "Spot") -> bool:
        if self.building is not None and self.building == other.building:
            return self.storeys == other.storeys
        return self == other


def great_circle_m(one: Spot, other: Spot) -> float:
    """Metres between two points as the crow flies, on a sphere of the mean radius."""
    here, there = radians(one.latitude), radians(other.latitude)
    half = sin((here - there) / 2) ** 2
    half += cos(here) * cos(there) * sin(radians(one.longitude - other.longitude) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))
