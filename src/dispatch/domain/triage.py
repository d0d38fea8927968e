"""Priorities and danger words (TRI-2)."""

from collections.abc import Iterable
from enum import StrEnum

from dispatch.domain.errors import Code, refuse


class Priority(StrEnum):
    EMERGENCY = "EMERGENCY"
    HIGH = "HIGH"
    NORMAL = "NORMAL"
    LOW = "LOW"


RANK = {Priority.EMERGENCY: 4, Priority.HIGH: 3, Priority.NORMAL: 2, Priority.LOW: 1}
"""Higher is more urgent; the planner's priority classes use the same numbers."""


def danger_word(text: str, *, words: Iterable[str]) -> str | None:
    """The first of `words` that stands in `text`, case aside; None when it is harmless."""
    folded = text.casefold()
    return next((word for word in words if word.casefold() in folded), None)


def decide_priority(
    *,
    category: Priority,
    category_is_danger: bool,
    danger: str | None,
    wished: Priority | None,
    reason: str | None,
) -> Priority:
    """The priority of a ticket: the category's, the desk's wish, or EMERGENCY where danger shows.

    Lowering an emergency that danger raised needs a reason.
    """
    dangerous = category_is_danger or danger is not None
    decided = wished or (Priority.EMERGENCY if dangerous else category)
    if dangerous and decided is not Priority.EMERGENCY and not (reason and reason.strip()):
        raise refuse(Code.EMERGENCY_NEEDS_REASON, field="priority_reason", word=danger or "")
    return decided
