"""State machines as data: which step leads from which states to which."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from dispatch.domain.errors import Code, refuse


@dataclass(frozen=True, slots=True)
class Way:
    """A step may be taken in one of `sources` and leads to `target`."""

    sources: frozenset[StrEnum]
    target: StrEnum


State = TypeVar("State", bound=StrEnum)
Step = TypeVar("Step", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Machine(Generic[State, Step]):
    """The steps of one noun."""

    noun: str
    ways: Mapping[Step, Way]

    def after(self, *, state: State, step: Step) -> State:
        """The state after `step`; refuses what `state` does not allow, naming what it does."""
        way = self.ways[step]
        if state not in way.sources:
            allowed = self.allowed(state)
            raise refuse(
                Code.WRONG_STEP,
                allowed=allowed,
                noun=self.noun,
                step=step.value,
                state=state.value,
            )
        return way.target  # type: ignore[return-value]

    def allowed(self, state: State) -> tuple[str, ...]:
        """Names of the steps that `state` allows, in the order of the machine."""
        return tuple(step.value for step, way in self.ways.items() if state in way.sources)


def way(*sources: StrEnum, to: StrEnum) -> Way:
    """Notation for tables of steps."""
    return Way(frozenset(sources), to)
