"""What the demo is made of, from `dispatch/data/demo`, and the draws from it."""

import random
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def facts(name: str) -> dict[str, Any]:
    """One of the demo's files: `communities`, `estate` or `reports`."""
    path = files("dispatch").joinpath("data", "demo", f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody will say, and the category that the desk will choose for it."""

    words: str
    category: str
    in_home: bool


@dataclass(slots=True)
class Draw:
    """Chance with a seed: the same day has the same reports."""

    seed: str
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 -- a reproducible draw, not a secret

    def report(self, *, among: frozenset[str] | None = None, public: float = 0.35) -> Report:
        """A report of a frequent kind; with `among`, of one of these categories."""
        pool = [
            (each, kind == "home")
            for kind in ("home", "public")
            for each in facts("reports")[kind]
            if among is None or each["category"] in among
        ]
        share = {True: 1 - public, False: public}
        weights = [each["weight"] * share[in_home] for each, in_home in pool]
        each, in_home = self.rng.choices(pool, weights=weights)[0]
        return Report(self.rng.choice(each["words"]), each["category"], in_home)

    def named(self, kind: str) -> Report:
        """A report of a rare kind: `nobody`, `danger`."""
        each = self.rng.choice(facts("reports")[kind])
        return Report(self.rng.choice(each["words"]), each["category"], kind == "danger")

    def minutes(self, least: int, most: int) -> int:
        return self.rng.randint(least, most)

    def chance(self, of: float) -> bool:
        return self.rng.random() < of
