"""The promise to the customer (预约)."""

from enum import StrEnum


class AppointmentState(StrEnum):
    HELD = "HELD"
    CONFIRMED = "CONFIRMED"
    MOVED = "MOVED"
    MET = "MET"
    MISSED = "MISSED"
    RELEASED = "RELEASED"


STANDING_STATES = frozenset({AppointmentState.HELD, AppointmentState.CONFIRMED})
"""At most one appointment of an order stands at a time."""
