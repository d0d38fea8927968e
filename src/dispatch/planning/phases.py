"""How long each part of a task took in the optimizer's process, told to whoever asked for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dispatch.telemetry import tracing
from dispatch_solver import Progress


@dataclass(frozen=True, slots=True)
class Phase:
    """One part, by the machine's clock in nanoseconds."""

    name: str
    began_ns: int
    ended_ns: int


@dataclass(slots=True)
class Phases:
    """The parts of one task, in order."""

    ended: list[Phase] = field(default_factory=list)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """The block is a part of that name."""
        began = time.time_ns()
        try:
            yield
        finally:
            self.ended.append(Phase(name, began, time.time_ns()))

    @contextmanager
    def search(
        self, tell: Callable[[Progress], None], *, first: str
    ) -> Iterator[Callable[[Progress], None]]:
        """The block searches, at first in the phase `first`, and passes its progress to what is
        given; each phase that it tells of is a part."""
        name, began = first, time.time_ns()

        def follow(progress: Progress) -> None:
            nonlocal name, began
            if progress.phase != name:
                now = time.time_ns()
                self.ended.append(Phase(name, began, now))
                name, began = progress.phase, now
            tell(progress)

        try:
            yield follow
        finally:
            self.ended.append(Phase(name, began, time.time_ns()))


def tell_phases(phases: tuple[Phase, ...], *, process: int | None) -> None:
    """Spans of what another process did, under the span of who waited for it."""
    for each in phases:
        tracing.past_span(
            f"optimizer {each.name}",
            began_ns=each.began_ns,
            ended_ns=each.ended_ns,
            process__pid=process,
        )
