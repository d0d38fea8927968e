"""What a figure is: a name, a unit, and how it comes of what was counted.

What is counted (a measure) is added up by the database; a figure only relates measures. Its words
and its formula stand in `texts/figures.<language>.toml` under the same name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Measures = Mapping[str, Any]
"""Sums, counts and percentiles by name; None or absent where there was nothing to count."""


class Unit(StrEnum):
    COUNT = "COUNT"
    SHARE = "SHARE"
    """Of one: 0.25 is 25 %."""
    SECONDS = "SECONDS"
    METRES = "METRES"
    RATIO = "RATIO"


@dataclass(frozen=True, slots=True)
class Percentile:
    """The smallest value that at least `percent` of all values don't exceed (nearest rank)."""

    of: str
    percent: int

    @property
    def name(self) -> str:
        return f"{self.of}_p{self.percent}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; `of` computes it from the measures it `needs`, given in their order."""

    name: str
    unit: Unit
    needs: tuple[str, ...]
    of: Callable[..., Any]
    percentile: Percentile | None = None

    def value(self, measures: Measures) -> Any:
        return self.of(*map(measures.get, self.needs))


def count(name: str, unit: Unit = Unit.COUNT, *, of: str | None = None) -> Figure:
    """A sum; nothing counted is 0."""
    return Figure(name, unit, (of or name,), lambda total: int(total or 0))


def ratio(name: str, *, of: str, to: str, unit: Unit = Unit.SHARE) -> Figure:
    """One sum by another; None where the second is 0."""
    return Figure(name, unit, (of, to), divided)


def mean(name: str, unit: Unit, *, of: str, number: str) -> Figure:
    """A sum by the number of its parts, to the nearest whole; None where there were none."""
    return Figure(name, unit, (of, number), _mean)


def percentile(name: str, *, of: str, percent: int, unit: Unit = Unit.SECONDS) -> Figure:
    """A percentile of single values; None where there were none."""
    rank = Percentile(of, percent)
    return Figure(name, unit, (rank.name,), lambda value: value, rank)


def divided(part: float | None, whole: float | None) -> float | None:
    """None where there is nothing to divide by."""
    return float(part or 0) / float(whole) if whole else None


def _mean(total: float | None, number: int | None) -> int | None:
    found = divided(total, number)
    return None if found is None else round(found)


def by_name(figures: Iterable[Figure]) -> dict[str, Figure]:
    """Figures by their names, in their order."""
    return {each.name: each for each in figures}
