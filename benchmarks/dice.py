"""Chance that falls the same on every machine: only the generator's promised stream is used.

`random.Random.random` is the one method whose numbers Python promises to keep from version to
version, and sums and products of doubles are the same everywhere; `exp` and `log` are not.
"""

import random
from collections.abc import Sequence


class Dice:
    """A stream of its own for each purpose, so that one choice more never shifts the others."""

    def __init__(self, *key: object) -> None:
        self._draw = random.Random("/".join(str(part) for part in key)).random

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self._draw() < probability

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit - 1`, each alike."""
        return int(self._draw() * limit)

    def pick(self, shares: Sequence[float]) -> int:
        """An index, each as often as its share; the shares sum to 1."""
        drawn, index = self._draw(), 0
        while index < len(shares) - 1 and drawn >= shares[index]:
            drawn -= shares[index]
            index += 1
        return index

    def bell(self) -> float:
        """Close to the standard normal: twelve uniform numbers summed, less six."""
        return sum(self._draw() for _ in range(12)) - 6.0

    def run_length(self, mean: float) -> int:
        """Geometric, 1 or more: tries until the first success."""
        length = 1
        while not self.chance(1.0 / mean):
            length += 1
        return length
