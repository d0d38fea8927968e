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


DANGER_WORDS = (
    "燃气泄漏", "煤气泄漏", "天然气泄漏", "漏气", "煤气味", "燃气味",
    "困人", "被困", "关人",
    "爆管", "水管爆", "管道爆裂", "水管破裂",
    "电线裸露", "裸露电线", "漏电", "触电", "冒火花",
    "着火", "起火", "火灾", "冒烟", "失火",
    "gas leak", "smell of gas", "smell gas", "carbon monoxide",
    "trapped in the lift", "trapped in lift", "stuck in the lift", "trapped in the elevator",
    "burst pipe", "pipe burst", "watermain break",
    "exposed wire", "live wire", "electric shock", "sparking",
    "on fire", "smoke from",
)  # fmt: skip


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
