"""What happens side by side on the simulated day; what fails in it ends the simulation."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Everything that is under way."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, happening: Coroutine[Any, Any, None]) -> None:
        """Lets something happen beside the rest."""
        self._tasks.add(asyncio.create_task(happening))

    def check(self) -> None:
        """Raises what failed since the last look."""
        for task in [each for each in self._tasks if each.done()]:
            self._tasks.discard(task)
            if not task.cancelled():
                task.result()

    async def cancel(self) -> None:
        """Ends all of it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
