"""Percentiles, and how evenly work is shared."""

from collections.abc import Sequence


def rank(count: int, percent: int) -> int:
    """Which of `count` values in order, from 1, is the percentile (nearest rank)."""
    return max(1, -(-count * percent // 100))


def nearest_rank(values: Sequence[float], percent: int) -> float | None:
    """The smallest value that at least `percent` of all don't exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[rank(len(ordered), percent) - 1] if ordered else None


def gini(values: Sequence[float]) -> float | None:
    """How unevenly a sum is shared: 0 when all have the same, near 1 when one has it all.

    Σ over all pairs of their difference, by twice the number squared times the mean; None where
    nobody has anything.
    """
    ordered = sorted(values)
    total = sum(ordered)
    if not total:
        return None
    count = len(ordered)
    weighted = sum(place * value for place, value in enumerate(ordered, start=1))
    return max(0.0, (2 * weighted) / (count * total) - (count + 1) / count)


def max_to_mean(values: Sequence[float]) -> float | None:
    """The greatest by the mean; 1 when all have the same. None where nobody has anything."""
    total = sum(values)
    return max(values) * len(values) / total if total else None
