"""How simulated time goes by: so many times faster than the world's, and never ahead of the
service: while too many requests are unanswered, it stands still, and makes up for that later."""

import asyncio
import heapq
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from dispatch.timekeeping import FileClock

_TICK_S = 0.01
_LONGEST_TICK_S = 0.05
_CATCHING_UP = 2.0
"""So many times faster still it goes until what was lost is made up for."""


class Pace:
    """Moves a clock and wakes who waits for a moment of it."""

    def __init__(self, clock: FileClock, *, speed: float, is_behind: Callable[[], bool]) -> None:
        self.clock = clock
        self._speed = speed
        self._is_behind = is_behind
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self.stood_still_s = 0.0
        self._lost_s = 0.0

    @property
    def now(self) -> datetime:
        return self.clock()

    async def until(self, moment: datetime) -> None:
        """Waits for a moment; at once if it is past."""
        if moment <= self.now:
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (moment, next(self._numbers), future))
        await future

    async def sleep(self, *, seconds: float) -> None:
        await self.until(self.now + timedelta(seconds=seconds))

    async def run(self, end: datetime) -> None:
        """Lets time go by until `end`."""
        before = time.monotonic()
        while self.now < end:
            await asyncio.sleep(_TICK_S)
            now = time.monotonic()
            passed, before = now - before, now
            if self._is_behind():
                self.stood_still_s += passed
                self._lost_s += passed
                continue
            self._forward(self._made_up(min(passed, _LONGEST_TICK_S)))

    def _made_up(self, passed: float) -> float:
        """The seconds that passed, and some of those that were lost before."""
        more = min(self._lost_s, passed * (_CATCHING_UP - 1))
        self._lost_s -= more
        return passed + more

    def _forward(self, seconds: float) -> None:
        self.clock.set(self.now + timedelta(seconds=seconds * self._speed))
        while self._waiting and self._waiting[0][0] <= self.now:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
