"""The time limit, the progress reports, and the best plan found so far."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch_solver.plan import Milestone
from dispatch_solver.state import Snapshot

REPORT_EVERY = 0.4


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
    """Counts from its making; `over` is cheap and may be asked in the innermost loop."""

    seconds: float
    on_progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None
    best: Snapshot | None = None
    phase: str = "construction"
    history: list[Milestone] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)
    _reported: float = 0.0
    _stopped: bool = False

    def __post_init__(self) -> None:
        if not math.isfinite(self.seconds) or self.seconds < 0:
            raise ValueError("seconds must be a finite number, 0 or more")

    def elapsed(self) -> float:
        return time.monotonic() - self._begun

    def left(self) -> float:
        return self.seconds - self.elapsed()

    def share(self) -> float:
        """How much of the time has gone, 0 to 1."""
        return min(1.0, self.elapsed() / self.seconds) if self.seconds > 0 else 1.0

    def over(self) -> bool:
        """Whether to stop; reports progress on the way."""
        elapsed = self.elapsed()
        if elapsed - self._reported >= REPORT_EVERY:
            self._reported = elapsed
            self._report(elapsed)
            if self.should_stop is not None and self.should_stop():
                self._stopped = True
        return self._stopped or elapsed >= self.seconds

    def stop_at(self, elapsed: float) -> Callable[[], bool]:
        """Like `over`, but already at this moment."""
        return lambda: self.over() or self.elapsed() >= elapsed

    def better(self, snapshot: Snapshot, phase: str) -> None:
        """Keep the snapshot if it is the best so far."""
        if self.best is not None and snapshot.worth >= self.best.worth:
            return
        self.best, self.phase = snapshot, phase
        elapsed = self.elapsed()
        first, second, third = snapshot.worth
        if self.history and self.history[-1].phase == phase:
            # One line per phase and half second is enough to see how a plan grew.
            if elapsed - self.history[-1].elapsed_s < 0.5:
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
