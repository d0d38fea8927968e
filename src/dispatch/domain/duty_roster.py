"""Who is on duty on a site's day (值班表), and what is missing (RST-4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dispatch.domain.policies.duty import Duty


class DutyPost(StrEnum):
    MANAGER = "MANAGER"
    """Answers for the day."""
    TECHNICIAN = "TECHNICIAN"
    """Is called out of hours."""
    DESK = "DESK"
    """Takes reports in the duty centre."""
    DELEGATE = "DELEGATE"
    """Decides on a holiday in the manager's place."""


class DutyGapKind(StrEnum):
    """What a day of the roster lacks."""

    UNPUBLISHED = "UNPUBLISHED"
    NO_MANAGER = "NO_MANAGER"
    NO_TECHNICIAN = "NO_TECHNICIAN"
    NO_DESK = "NO_DESK"
    NO_DELEGATE = "NO_DELEGATE"


@dataclass(frozen=True, slots=True)
class DutyGap:
    """One thing that is missing; `people`: how many, 0 for a day that is not published."""

    day: date
    kind: DutyGapKind
    people: int


_LACKS = {
    DutyPost.MANAGER: DutyGapKind.NO_MANAGER,
    DutyPost.TECHNICIAN: DutyGapKind.NO_TECHNICIAN,
    DutyPost.DESK: DutyGapKind.NO_DESK,
    DutyPost.DELEGATE: DutyGapKind.NO_DELEGATE,
}


def needed(numbers: Duty, *, is_holiday: bool) -> dict[DutyPost, int]:
    """How many people each post needs on a day."""
    return {
        DutyPost.MANAGER: numbers.managers_least,
        DutyPost.TECHNICIAN: numbers.technicians_least,
        DutyPost.DESK: numbers.desk_least,
        DutyPost.DELEGATE: int(is_holiday and numbers.delegate_on_holidays),
    }


def gaps_of(
    day: date,
    there: Mapping[DutyPost, int],
    *,
    is_published: bool,
    is_holiday: bool,
    numbers: Duty,
) -> list[DutyGap]:
    """What a day lacks; `there`: people by post who can really come."""
    gaps = []
    for post, wanted in needed(numbers, is_holiday=is_holiday).items():
        missing = wanted - there.get(post, 0)
        if missing > 0:
            gaps.append(DutyGap(day, _LACKS[post], missing))
    if not is_published:
        gaps.append(DutyGap(day, DutyGapKind.UNPUBLISHED, 0))
    return gaps


def duty_day(at: datetime, *, zone: ZoneInfo, turnover: time) -> date:
    """The day whose people are on duty at a moment: until the turnover those of yesterday."""
    local = at.astimezone(zone)
    return local.date() if local.time() >= turnover else local.date() - timedelta(days=1)


def hours_of(day: date, *, zone: ZoneInfo, turnover: time) -> tuple[datetime, datetime]:
    """From when until when a day's people are on duty."""
    return (
        datetime.combine(day, turnover, zone),
        datetime.combine(day + timedelta(days=1), turnover, zone),
    )
