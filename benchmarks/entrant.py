"""Who takes part in a benchmark, what they answer with, and how an answer is measured."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dispatch_solver import Plan
from dispatch_solver.bound import Bound

Routes = list[list[Any]]


class NoAnswer(Exception):  # noqa: N818
    """An entrant ended without anything that could be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan of a day, routes of an instance with a format of its own, or a bound."""

    result: Plan | Routes | Bound
    first_s: float | None = None
    """Seconds until the first complete plan was at hand, where the entrant tells."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What an answer is worth: `value` is the one number compared, lower is better."""

    value: float
    left_out: int = 0
    tiers: tuple[float, float, float] | None = None
    faults: tuple[str, ...] = ()


def nothing_to_do() -> None:
    """For entrants that are ready as soon as they are imported."""


def nothing_refused(_: Any) -> str | None:
    """For entrants that can express every instance."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One way to solve an instance within a time limit, on one thread.

    `refuses` names what the entrant cannot express of an instance (None: it takes part); `blind`
    names terms of the objective it does not see. `solve(instance, seconds, seed)` raises NoAnswer.
    `prepare` is called before the clock starts: loading compiled code, as a service does at start.
    """

    name: str
    package: str
    ours: bool = False
    solve: Callable[[Any, float, int], Answer]
    prepare: Callable[[], object] = nothing_to_do
    refuses: Callable[[Any], str | None] = nothing_refused
    blind: Callable[[Any], tuple[str, ...]] = field(default=lambda _: ())

    def installed(self) -> str | None:
        """The version of the package behind it; None when it is not there."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None
