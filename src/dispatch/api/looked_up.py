"""What many who listen would look up each for themselves: looked up once in this process."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from dispatch.services.action import Services
from dispatch.services.concerned import Concern, concerned
from dispatch.services.feed import Line
from dispatch.store.plans import PlanRun

_CONCERNS_MOST = 10_000


class Concerns:
    """Whom the tickets of lines concern, as it is at those lines or later."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._known: OrderedDict[int, tuple[int, Concern]] = OrderedDict()
        """By ticket: up to which line it is known, and what."""
        self._turn = asyncio.Lock()

    async def of(self, lines: Sequence[Line]) -> Mapping[int, Concern]:
        """By ticket; the lines are of the record and have one each."""
        upto = {line.row.ticket_id: line.number for line in lines}
        while self._missing(upto):
            # Whoever comes meanwhile finds it known.
            async with self._turn:
                if missing := self._missing(upto):
                    async with self._store.reading() as session:
                        read = await concerned(session, missing)
                    for ticket_id, number in missing.items():
                        self._known[ticket_id] = (number, read.get(ticket_id, Concern()))
        found = {ticket_id: self._known[ticket_id][1] for ticket_id in upto}
        for ticket_id in upto:
            self._known.move_to_end(ticket_id)
        while len(self._known) > _CONCERNS_MOST:
            self._known.popitem(last=False)
        return found

    def _missing(self, upto: Mapping[int, int]) -> dict[int, int]:
        return {
            ticket_id: number
            for ticket_id, number in upto.items()
            if self._known.get(ticket_id, (-1, None))[0] < number
        }


class Looks:
    """How far runs of the optimizer have come: one look in `every_s`, however many wait for it."""

    def __init__(self, services: Services, *, every_s: float) -> None:
        self.every_s = every_s
        self._store = services.store
        self._made: dict[int, tuple[float, asyncio.Task[PlanRun | None]]] = {}

    async def at(self, run_id: int) -> PlanRun | None:
        """The run as it was less than `every_s` ago."""
        now = asyncio.get_running_loop().time()
        self._made = {
            key: (since, task)
            for key, (since, task) in self._made.items()
            if not task.done() or now - since < self.every_s
        }
        if run_id not in self._made:
            self._made[run_id] = (now, asyncio.create_task(self._read(run_id)))
        return await asyncio.shield(self._made[run_id][1])

    async def _read(self, run_id: int) -> PlanRun | None:
        async with self._store.reading() as session:
            return await session.get(PlanRun, run_id)
