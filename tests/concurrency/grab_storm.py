"""Many processes grabbing one order at the same moment; run as a program of its own.

It reads what to do from standard input (JSON) and prints what each process was told (JSON).
Being a program, it can fork: each grabber starts in milliseconds with everything imported, and is
still a process of its own with connections of its own.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import sys
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import holidays.countries  # noqa: F401 -- imported once for all grabbers
from sqlalchemy.orm import configure_mappers

from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor, Grant, Role
from dispatch.services import offers
from dispatch.services.action import Services
from dispatch.store.engine import Store


async def grab(task: dict[str, Any], technician: dict[str, int], start: Barrier) -> list[Any]:
    """Connects, waits until everybody is ready, grabs: [technician, code, winner]."""
    now = datetime.fromisoformat(task["now"])
    store = Store(task["url"], pool_size=1)
    services = Services(store=store, clock=lambda: now, randbelow=random.randrange)
    actor = Actor(
        organization_id=task["organization_id"],
        name="grabber",
        user_id=technician["user_id"],
        technician_id=technician["id"],
        grants=frozenset({Grant(Role.TECHNICIAN, task["site_id"])}),
    )
    try:
        async with store.reading() as session:
            await session.connection()
        start.wait()
        await services.perform(actor, offers.grab, work_order_id=task["work_order_id"])
    except Refused as refused:
        [refusal] = refused.refusals
        return [technician["id"], refusal.code.value, refusal.params.get("winner")]
    except Exception as error:  # noqa: BLE001 -- whatever it is, the test must hear of it
        return [technician["id"], f"error: {error!r}", None]
    finally:
        await store.close()
    return [technician["id"], "WON", None]


def run(task: dict[str, Any]) -> list[list[Any]]:
    """Starts `task["grabbers"]` processes and gathers what each was told."""
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(task["grabbers"]), context.SimpleQueue()
    people = task["technicians"]
    # Once, here, and not in every one of them.
    configure_mappers()
    processes = [
        context.Process(
            target=lambda person: results.put(asyncio.run(grab(task, person, start))),
            args=(people[number % len(people)],),
        )
        for number in range(task["grabbers"])
    ]
    for process in processes:
        process.start()
    told = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return told


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
