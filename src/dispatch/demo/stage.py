"""Plays what many people do, each at their own time, in the order of time, in one transaction."""

import heapq
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.rights import Actor
from dispatch.services.action import Tx

P = ParamSpec("P")
T = TypeVar("T")

Story = AsyncGenerator[datetime, None]
"""What happens to one thing: yields the time of its next step, takes it when resumed."""


@dataclass(slots=True)
class Stage:
    """A session in which services run at `now`, whoever acts."""

    session: AsyncSession
    randbelow: Callable[[int], int]
    now: datetime

    def tx(self, actor: Actor) -> Tx:
        return Tx(self.session, actor, self.now, self.randbelow)

    async def do(
        self,
        actor: Actor,
        service: Callable[Concatenate[Tx, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """One service function, done by somebody now."""
        return await service(self.tx(actor), *args, **kwargs)

    async def play(self, stories: Iterable[Story], *, until: datetime) -> None:
        """Takes every step that is due by `until`; what comes later does not happen."""
        waiting: list[tuple[datetime, int, Any]] = []
        for number, story in enumerate(stories):
            await _wait(waiting, number, story)
        while waiting:
            at, number, story = heapq.heappop(waiting)
            if at > until:
                await story.aclose()
                continue
            self.now = at
            await _wait(waiting, number, story)
        self.now = until


async def _wait(waiting: list[tuple[datetime, int, Any]], number: int, story: Story) -> None:
    try:
        at = await anext(story)
    except StopAsyncIteration:
        return
    heapq.heappush(waiting, (at, number, story))
