"""Keeps running days in order: sends people to emergencies at once, repairs what is disturbed.

Two tasks, so that nobody in need waits for a repair. Any number of processes may do it: a day is
repaired by one at a time, and an emergency is given away once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from dispatch.domain.errors import Refused
from dispatch.jobs.means import Means
from dispatch.services import accounts, delays, repairs
from dispatch.services.troubles import TROUBLES
from dispatch.telemetry.current import begin

EMERGENCY_S = 0.2
INTERVAL_S = 1.0
_ORIGIN = "repairer"


class Repairer:
    """Looks after emergencies and disturbed days until it is stopped."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(_again(tend_emergencies, self._means, EMERGENCY_S), name="urgent"),
            asyncio.create_task(_again(tend_days, self._means, INTERVAL_S), name="repairer"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _again(
    tend: Callable[[Means], Awaitable[object]], means: Means, interval_s: float
) -> None:
    while True:
        try:
            await tend(means)
            TROUBLES.went_well()
        except Exception as error:  # noqa: BLE001
            # Whatever it was, what disturbs a day stays open: the next round finds it again.
            TROUBLES.failed("repair_failed", error)
        await asyncio.sleep(interval_s)


async def tend_emergencies(means: Means) -> int:
    """One round: sends somebody to each emergency that waits; how many waited."""
    waiting = await repairs.waiting_emergencies(means.services)
    for organization_id, order_id in waiting:
        actor = accounts.service_actor(organization_id=organization_id, origin=_ORIGIN)
        with suppress(Refused), begin("send to emergency", job="emergency"):
            await repairs.send_to_emergency(
                means.services, means.planner(), actor, work_order_id=order_id
            )
    return len(waiting)


async def tend_days(means: Means) -> int:
    """One round: looks running days over for delays, repairs those disturbed; how many."""
    for actor, row_id in await delays.days_to_watch(means.services, origin=_ORIGIN):
        await means.services.perform(actor, delays.watch_day, plan_in_force_id=row_id)
    repaired = 0
    for each in await repairs.disturbed_days(means.services):
        actor = accounts.service_actor(organization_id=each.organization_id, origin=_ORIGIN)
        with begin("repair day", job="repair"):
            outcome = await repairs.repair_day(
                means.services, means.planner(), actor, site_id=each.site_id, day=each.day
            )
        repaired += outcome is not None
    return repaired
