"""Travel times by a site's numbers, as planning asks for them."""

from collections.abc import Sequence

from dispatch.domain.policies import Planning
from dispatch.domain.technicians import Travel
from dispatch.domain.travel import Spot
from dispatch.planning.problem import TravelTimes
from dispatch.travel.straight_line import Matrix, travel_matrix


def travel_times_of(numbers: Planning) -> TravelTimes:
    """Durations and distances between spots by a way of travel, at the site's speeds."""

    def times(spots: Sequence[Spot], way: Travel) -> tuple[Matrix, Matrix]:
        return travel_matrix(spots, travel=way, numbers=numbers)

    return times
