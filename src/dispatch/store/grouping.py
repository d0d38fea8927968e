"""Rows by what they have in common."""

from collections.abc import Iterable
from typing import Any, TypeVar

Row = TypeVar("Row")


def group_by(rows: Iterable[Row], key: str) -> dict[Any, list[Row]]:
    """Rows by an attribute, in their order."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    return groups
