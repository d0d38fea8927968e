"""Does what falls due, every second: clocks fire with their effects, offers whose time is over go
to the policy's next step, and runs of the optimizer whose process died are marked as failed.

Any number of processes may sweep one database: rows that another is just closing are passed over,
and firing and effect are one transaction, so each thing happens once, also after a crash.
"""

import asyncio
from contextlib import suppress

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dispatch.domain.clocks import ClockState
from dispatch.domain.rights import Actor
from dispatch.services import accounts, firing, offers, plan_runs
from dispatch.services.action import Services
from dispatch.services.troubles import TROUBLES
from dispatch.store.clocks import Clock
from dispatch.store.engine import is_unreachable
from dispatch.store.offers import Offer
from dispatch.store.sites import Site
from dispatch.telemetry.current import begin

_log = structlog.get_logger(__name__)

INTERVAL_S = 1.0
# So many clocks share a transaction: few enough that people's own changes get a turn between.
BATCH = 100


class Sweeper:
    """A task that sweeps until it is stopped; a failure is logged and tried again."""

    def __init__(self, services: Services, *, interval_s: float = INTERVAL_S) -> None:
        self._services = services
        self._interval_s = interval_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self.run(), name="sweeper")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def run(self) -> None:
        """Sweeps for ever."""
        while True:
            try:
                await sweep(self._services)
                TROUBLES.went_well()
            except Exception as error:  # noqa: BLE001
                # Whatever it was, what is due stays due: the next round finds it again.
                TROUBLES.failed("sweep_failed", error)
            await asyncio.sleep(self._interval_s)


async def sweep(services: Services) -> int:
    """One round; the number of clocks that fired and offers that ended in it."""
    ended = 0
    for organization_id in await _organizations_with_due_clocks(services):
        actor = accounts.service_actor(organization_id=organization_id, origin="sweeper")
        with begin("fire clocks", job="clocks"):
            ended += await fire_clocks(services, actor)
    for organization_id in await _organizations_with_due_offers(services):
        actor = accounts.service_actor(organization_id=organization_id, origin="sweeper")
        with begin("expire offers", job="offers"):
            ended += len(await services.perform(actor, offers.expire_due))
    if await plan_runs.any_abandoned(services):
        nobody = accounts.service_actor(organization_id=0, origin="sweeper")
        await services.perform(nobody, plan_runs.fail_abandoned_runs)
    return ended


async def fire_clocks(services: Services, actor: Actor) -> int:
    """Fires all that is due of an organization, in order; what falls due meanwhile, too.

    Many fire in one transaction. Where one of them fails, each gets its own, so that it holds up
    nobody else.
    """
    fired = 0
    while True:
        try:
            batch = len(await services.perform(actor, firing.fire_due, most=BATCH))
        except Exception as error:
            if isinstance(error, SQLAlchemyError) and is_unreachable(error):
                raise
            _log.exception("clocks_failed_together")
            return fired + await _fire_one_by_one(services, actor)
        fired += batch
        if batch == 0:
            return fired


async def _fire_one_by_one(services: Services, actor: Actor) -> int:
    async with services.reading(actor) as tx:
        ids = await firing.due_ids(tx, most=BATCH)
    fired = 0
    for clock_id in ids:
        try:
            fired += len(await services.perform(actor, firing.fire_due, only=clock_id))
        except Exception as error:  # noqa: BLE001
            _log.exception("clock_failed", clock_id=clock_id)
            # A database that is away fails here, too: then nothing is held against the clock.
            await services.perform(actor, firing.note_failure, clock_id=clock_id, error=repr(error))
    return fired


async def _organizations_with_due_offers(services: Services) -> list[int]:
    statement = (
        select(Site.organization_id)
        .join(Offer, Offer.site_id == Site.id)
        .where(Offer.closed_at.is_(None), Offer.expires_at <= services.clock())
        .distinct()
    )
    async with services.store.reading() as session:
        return list((await session.execute(statement)).scalars())


async def _organizations_with_due_clocks(services: Services) -> list[int]:
    statement = (
        select(Site.organization_id)
        .join(Clock, Clock.site_id == Site.id)
        .where(Clock.state == ClockState.RUNNING, Clock.due_at <= services.clock())
        .distinct()
    )
    async with services.store.reading() as session:
        return list((await session.execute(statement)).scalars())
