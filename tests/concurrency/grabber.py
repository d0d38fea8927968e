"""One process that grabs one order: what the concurrency test starts two hundred of."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor
from dispatch.services import offers
from dispatch.services.action import Services
from dispatch.store.engine import Store


def grab(
    url: str, actor: Actor, work_order_id: int, now: datetime, start: Barrier, results: Queue
) -> None:
    """Connects, waits until everybody is ready, grabs, and reports (technician, code, winner)."""
    results.put(asyncio.run(_grab(url, actor, work_order_id, now, start)))


async def _grab(
    url: str, actor: Actor, work_order_id: int, now: datetime, start: Barrier
) -> tuple[int | None, str, str | None]:
    store = Store(url, pool_size=1)
    services = Services(store=store, clock=lambda: now, randbelow=random.randrange)
    try:
        async with store.reading() as session:
            await session.connection()
        await asyncio.to_thread(start.wait)
        await services.perform(actor, offers.grab, work_order_id=work_order_id)
    except Refused as refused:
        [refusal] = refused.refusals
        return actor.technician_id, refusal.code.value, refusal.params.get("winner")
    except Exception as error:  # noqa: BLE001 -- whatever it is, the test must hear of it
        return actor.technician_id, f"error: {error!r}", None
    finally:
        await store.close()
    return actor.technician_id, "WON", None
