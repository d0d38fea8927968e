"""How much each caller may ask for in a minute, counted by each process for itself.

The price of a document is known before it runs, so nobody gets half an answer. A window begins
with a caller's first request; who spends everything waits until it ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time

from dispatch.domain.errors import Code, refuse

WINDOW_S = 60
_KEPT_MOST = 100_000


@dataclass(slots=True)
class _Window:
    ends: float
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """What a caller has left, and when it is everything again."""

    remaining: int
    resets_at: datetime


class Budgets:
    """One a process. `most` is what a caller may spend in a window."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time) -> None:
        self.most = most
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def spend(self, caller: str, cost: int) -> Left:
        """Takes the cost off; refuses RATE_LIMITED, with the seconds to wait, when too little is
        left. What is refused costs nothing. Who has spent nothing gets any one document."""
        now = self._clock()
        window = self._windows.get(caller)
        if window is None or window.ends <= now:
            window = self._open(caller, now)
        if window.spent and window.spent + cost > self.most:
            raise refuse(Code.RATE_LIMITED, seconds=max(1, round(window.ends - now)))
        window.spent += cost
        left = max(0, self.most - window.spent)
        return Left(left, datetime.fromtimestamp(window.ends, UTC))

    def _open(self, caller: str, now: float) -> _Window:
        if len(self._windows) >= _KEPT_MOST:
            self._windows = {who: each for who, each in self._windows.items() if each.ends > now}
        if len(self._windows) >= _KEPT_MOST:
            # So many within a minute are not people: those who came first are forgotten.
            self._windows.clear()
        window = self._windows[caller] = _Window(now + WINDOW_S)
        return window
