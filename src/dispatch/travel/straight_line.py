"""Travel times without a map: the great circle times a detour, at the speed of the way of travel.

Going from one building to another also costs the stairs or lift of both, and a fixed time per
stop for parking and finding the door. Within a building only the storeys between count.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dispatch.domain.policies import Planning
from dispatch.domain.technicians import Travel
from dispatch.domain.travel import Spot

EARTH_RADIUS_M = 6_371_008.8
# A faulty point may lie oceans away: travel beyond any shift, but still a number to compute with.
LONGEST_S = 30 * 86_400
_SLOWEST_KMH = 0.1
# Rows computed at a time, so that temporary arrays of a large site stay small.
_BLOCK = 512

Matrix = NDArray[np.int64]


def travel_matrix(
    spots: Sequence[Spot], *, travel: Travel, numbers: Planning
) -> tuple[Matrix, Matrix]:
    """Durations (s) and distances (m) from each spot (row) to each (column).

    Both are symmetric with a zero diagonal. Haversine formula on a sphere of the mean radius:
    within 0.6 % of the ellipsoid.
    """
    count = len(spots)
    durations = np.zeros((count, count), dtype=np.int64)
    distances = np.zeros((count, count), dtype=np.int64)
    if not count:
        return durations, distances
    points = np.radians([(spot.latitude, spot.longitude) for spot in spots])
    storeys = np.array([spot.storeys for spot in spots], dtype=np.int64)
    # Spots outside any building get numbers of their own, below every id.
    buildings = np.array(
        [-1 - i if spot.building is None else spot.building for i, spot in enumerate(spots)]
    )
    metres_a_second = max(_SLOWEST_KMH, numbers.speed_kmh[travel.value]) / 3.6
    for first in range(0, count, _BLOCK):
        rows = slice(first, min(first + _BLOCK, count))
        metres = _great_circle(points[rows], points) * numbers.detour
        same_building = buildings[rows, None] == buildings[None, :]
        metres[same_building] = 0.0
        climbed = np.where(
            same_building,
            np.abs(storeys[rows, None] - storeys[None, :]),
            np.abs(storeys)[rows, None] + np.abs(storeys)[None, :],
        )
        # Two spots on one point without a building are one place: nothing to park or find.
        apart = ~same_building & ((metres > 0) | (climbed > 0) | _one_in_building(spots, rows))
        seconds = metres / metres_a_second + climbed * numbers.floor_s
        seconds += apart * numbers.stop_overhead_s
        durations[rows] = np.minimum(np.rint(seconds), LONGEST_S)
        distances[rows] = np.rint(metres)
    return durations, distances


def travel_between(start: Spot, end: Spot, *, travel: Travel, numbers: Planning) -> tuple[int, int]:
    """Seconds and metres from one spot to another."""
    durations, distances = travel_matrix((start, end), travel=travel, numbers=numbers)
    return int(durations[0, 1]), int(distances[0, 1])


def _one_in_building(spots: Sequence[Spot], rows: slice) -> NDArray[np.bool_]:
    inside = np.array([spot.building is not None for spot in spots])
    return inside[rows, None] | inside[None, :]


def _great_circle(here: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    latitudes, longitudes = here[:, :1], here[:, 1:]
    half = np.sin((latitudes - there[None, :, 0]) / 2) ** 2
    half += (
        np.cos(latitudes)
        * np.cos(there[None, :, 0])
        * np.sin((longitudes - there[None, :, 1]) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
