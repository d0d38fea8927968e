"""The time limit, the progress reports, and the best plan found so far."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch_solver.plan import Milestone
from dispatch_solver.state import Snapshot

REPORT_EVERY = 0.4
# What comes after a search takes no longer, as far as its beginning tells.
LONGEST_BEGINNING = 1.2


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search stands; `cost` is tier 3 of the best plan so far."""

    elapsed_s: float
    phase: str
    unplaced: int
    cost: float
    tiers: tuple[float, float, float]


@dataclass(slots=True)
class Clock:
    """Counts from its making; `over` is cheap and may be asked in the innermost loop.

    `closing`: how long what comes after a search takes against what came before it.
    """

    seconds: float
    on_progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None
    best: Snapshot | None = None
    phase: str = "construction"
    history: list[Milestone] = field(default_factory=list)
    closing: float = 0.3
    reserve: float = 0.0
    _begun: float = field(default_factory=time.monotonic)
    _reported: float = 0.0
    _stopped: bool = False

    def __post_init__(self) -> None:
        if not math.isfinite(self.seconds) or self.seconds < 0:
            raise ValueError("seconds must be a finite number, 0 or more")

    def elapsed(self) -> float:
        return time.monotonic() - self._begun

    def left(self) -> float:
        """Seconds that the search may still take."""
        return self.seconds - self.reserve - self.elapsed()

    def share(self) -> float:
        """How much of the time has gone, 0 to 1."""
        usable = self.seconds - self.reserve
        return min(1.0, self.elapsed() / usable) if usable > 0 else 1.0

    def keep_back(self) -> None:
        """Leave time for explaining the result, by how long this machine took so far."""
        begun = min(self.elapsed(), self.seconds / 3.0, LONGEST_BEGINNING)
        self.reserve = self.closing * begun

    @property
    def stopped(self) -> bool:
        """Whether `should_stop` said so; unlike `over` any thread may ask."""
        return self._stopped

    def over(self) -> bool:
        """Whether to stop; reports progress on the way."""
        elapsed = self.elapsed()
        if elapsed - self._reported >= REPORT_EVERY:
            self._reported = elapsed
            self._report(elapsed)
            if self.should_stop is not None and self.should_stop():
                self._stopped = True
        return self._stopped or elapsed >= self.seconds - self.reserve

    def better(self, snapshot: Snapshot, phase: str) -> None:
        """Keep the snapshot if it is the best so far."""
        if self.best is not None and snapshot.worth >= self.best.worth:
            return
        self.best, self.phase = snapshot, phase
        elapsed = self.elapsed()
        first, second, third = snapshot.worth
        last = self.history[-1] if self.history else None
        young = last is not None and last.phase == phase and elapsed - last.elapsed_s < 0.5
        if young and len(self.history) > 1:
            # One line per phase and half second is enough to see how a plan grew; the first
            # says when a whole plan was at hand, and stays.
            self.history.pop()
        self.history.append(
            Milestone(round(elapsed, 3), phase, len(snapshot.missing), first, second, third)
        )

    def _report(self, elapsed: float) -> None:
        if self.on_progress is None:
            return
        tiers = self.best.worth if self.best else (math.inf, math.inf, math.inf)
        left_out = len(self.best.missing) if self.best else 0
        self.on_progress(Progress(elapsed, self.phase, left_out, tiers[2], tiers))

    def last_report(self) -> None:
        """Tell the final figures."""
        self._report(self.elapsed())
