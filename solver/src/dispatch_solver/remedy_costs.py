"""What bending a rule costs, in seconds of travel: so remedies of different kinds compare."""

from dataclasses import dataclass
from typing import Any

# A second after the agreed end is somebody's evening: twice a second of their paid time.
OVERTIME_SECOND = 2.0
# A customer who waits an hour longer is as cheap as a quarter of an hour on the road.
WAITING_SECOND = 0.25
# A customer is asked for another time: a call, and some good will.
ASKING = 1800.0
# Work above somebody's level may have to be done again: an hour.
LOWER_LEVEL = 3600.0
# Another customer is told of another time or another face: as `weights.change` by default, twice.
MOVING = 1800.0
# One more person comes in for a shift: half a day's pay.
EXTRA_PERSON = 14_400.0
# Somebody else is put off; the weight of that is in tier 1, the call is here.
LEAVING = 1800.0
# One fewer in a crew: the others work longer, and it is the customer's risk: two hours.
SMALLER_CREW = 7200.0


@dataclass(frozen=True, slots=True)
class Option:
    """A change that was found to work, and what it costs: smaller is better, in order."""

    cost: tuple[float, float, float]
    code: str
    data: dict[str, Any]
