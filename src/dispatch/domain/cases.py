"""The handling of complaints and matters (投诉、报事): levels, concerns, lifts with people in."""

from collections.abc import Iterable
from enum import StrEnum


class Level(StrEnum):
    """How grave a complaint is."""

    MINOR = "MINOR"
    NORMAL = "NORMAL"
    SERIOUS = "SERIOUS"
    GRAVE = "GRAVE"


_RANK = {level: rank for rank, level in enumerate(Level)}


def at_least(level: Level | None, least: Level) -> bool:
    """Whether a level, if there is one, reaches another."""
    return level is not None and _RANK[level] >= _RANK[least]


class Concern(StrEnum):
    """What a matter is about; each has a department that is responsible for it."""

    COMPLAINT = "COMPLAINT"
    LOST_PROPERTY = "LOST_PROPERTY"
    SECURITY = "SECURITY"
    CLEANING = "CLEANING"
    GREENING = "GREENING"
    MOVE_IN = "MOVE_IN"
    RENOVATION = "RENOVATION"
    OTHER = "OTHER"


class ServiceOrderState(StrEnum):
    """Where an order of goods or services stands."""

    PLACED = "PLACED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


def says_trapped(text: str, *, lift: Iterable[str], trapped: Iterable[str]) -> bool:
    """Whether a report says that people are shut in a lift: a word of each kind."""
    folded = text.casefold()
    return any(word.casefold() in folded for word in lift) and any(
        word.casefold() in folded for word in trapped
    )
