"""Who grabs the same order at the same moment, within this process.

In a storm most come too late. They would each take a connection, begin a transaction and wait in
the database for the first one's commit, and those who come for other orders would wait for them.
Here they wait in memory; once the order is known to be gone they only read who has it. The database
alone decides: what is kept here says no more than what to look at first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_TAKEN_MOST = 10_000


class Rivals:
    """Turns at grabbing, one for each order, and the orders seen to be taken lately."""

    def __init__(self) -> None:
        self._turns: dict[int, tuple[asyncio.Lock, int]] = {}
        """By order: the turn, and how many want it."""
        self._taken: OrderedDict[int, None] = OrderedDict()

    @asynccontextmanager
    async def turn(self, work_order_id: int) -> AsyncIterator[None]:
        """Waits for those of this process who are just grabbing the order."""
        lock, wanted = self._turns.get(work_order_id) or (asyncio.Lock(), 0)
        self._turns[work_order_id] = (lock, wanted + 1)
        try:
            async with lock:
                yield
        finally:
            lock, wanted = self._turns[work_order_id]
            if wanted > 1:
                self._turns[work_order_id] = (lock, wanted - 1)
            else:
                del self._turns[work_order_id]

    def seems_taken(self, work_order_id: int) -> bool:
        """Whether the order was seen to be taken; it may have been put on offer again since."""
        return work_order_id in self._taken

    def note_taken(self, work_order_id: int) -> None:
        self._taken[work_order_id] = None
        self._taken.move_to_end(work_order_id)
        while len(self._taken) > _TAKEN_MOST:
            self._taken.popitem(last=False)

    def note_open(self, work_order_id: int) -> None:
        self._taken.pop(work_order_id, None)
