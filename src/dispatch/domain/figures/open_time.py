"""Durations on a business calendar, for many moments at once."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from dispatch.domain.calendars import BusinessCalendar


@dataclass(frozen=True, slots=True)
class OpenTime:
    """How many seconds a site was open until a moment: a line through points.

    `moments` are seconds since 1970, `seconds` the open time until each. Between two points it
    grows evenly: either with time itself, or not at all.
    """

    moments: list[float]
    seconds: list[float]

    def until(self, moment: float) -> float:
        """Open seconds from the first point until a moment."""
        place = bisect_right(self.moments, moment) - 1
        if place < 0:
            return 0.0
        here = self.seconds[place]
        if place + 1 == len(self.moments) or self.seconds[place + 1] == here:
            return here
        return here + moment - self.moments[place]

    def elapsed(self, start: float, end: float) -> float:
        """Open seconds between two moments; none when the second is not later."""
        return max(0.0, self.until(end) - self.until(start))


def open_time(calendar: BusinessCalendar, *, first: date, last: date) -> OpenTime:
    """The open time of a calendar from the day `first` to the day `last`, both included."""
    moments: list[float] = []
    seconds: list[float] = []
    open_s, until = 0.0, float("-inf")
    for ahead in range(-1, (last - first).days + 2):
        for starts_at, ends_at in calendar.spans(first + timedelta(days=ahead)):
            # A night that runs into the next morning's hours is open once.
            starts, ends = max(starts_at.timestamp(), until), ends_at.timestamp()
            if ends <= starts:
                continue
            moments += [starts, ends]
            seconds += [open_s, open_s + ends - starts]
            open_s, until = open_s + ends - starts, ends
    return OpenTime(moments, seconds)
