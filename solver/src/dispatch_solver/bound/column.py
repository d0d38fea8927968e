"""A column of the master: one route."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A route of one class of shifts; it may repeat tasks, that only weakens the bound."""

    group: int
    tasks: tuple[int, ...]
    cost: float
