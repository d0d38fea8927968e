"""What makes a technician fit for an order: trade, level, a certificate in force (RST-1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TechnicianKind(StrEnum):
    STAFF = "STAFF"
    VENDOR = "VENDOR"
    TEMPORARY = "TEMPORARY"


class Travel(StrEnum):
    """Way of travel."""

    WALK = "WALK"
    BICYCLE = "BICYCLE"
    SCOOTER = "SCOOTER"
    CAR = "CAR"


LEVELS = (1, 2, 3)
"""1 junior, 2 skilled, 3 senior."""


@dataclass(frozen=True, slots=True)
class Skill:
    """A trade at a level; `expires_on` is the certificate's last day, None when it has none."""

    trade: str
    level: int
    expires_on: date | None = None


def skills_in_force(skills: Iterable[Skill], *, on: date) -> dict[str, int]:
    """Trade to level of the skills whose certificate has not expired on the day."""
    return {
        skill.trade: skill.level
        for skill in skills
        if skill.expires_on is None or skill.expires_on >= on
    }


def qualifies(skills: Iterable[Skill], *, trade: str, level: int, on: date) -> bool:
    """Whether the skills in force on the day reach `level` in `trade`."""
    return skills_in_force(skills, on=on).get(trade, 0) >= level


class PayBasis(StrEnum):
    """How the work of vendors and temporary workers is paid (DSP-12)."""

    SALARY = "SALARY"
    HOURLY = "HOURLY"
    DAILY = "DAILY"
    PER_ORDER = "PER_ORDER"
