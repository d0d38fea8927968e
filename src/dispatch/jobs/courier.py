"""Carries messages out of the house, as long as anybody set a channel up."""

import asyncio
from contextlib import suppress

from dispatch.notify import Senders
from dispatch.services.action import Services
from dispatch.services.outbox import deliver_due
from dispatch.services.troubles import TROUBLES

_LOOK_S = 1.0


class Courier:
    """A task that sends what is due until it is stopped. Any number may run side by side."""

    def __init__(self, services: Services, senders: Senders, *, look_s: float = _LOOK_S) -> None:
        self._services = services
        self._senders = senders
        self._look_s = look_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="courier")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            sent = 0
            try:
                sent = await deliver_due(self._services, self._senders)
                TROUBLES.went_well()
            except Exception as error:  # noqa: BLE001
                # What waits keeps waiting: the next round finds it again.
                TROUBLES.failed("delivery_failed", error)
            if not sent:
                await asyncio.sleep(self._look_s)
