"""`worker`: what falls due and the jobs, in a process without the API."""

import asyncio
import signal

from dispatch.commands.collector import spare_the_collector
from dispatch.commands.database import is_sqlite
from dispatch.commands.words import say
from dispatch.commands.workplace import out
from dispatch.jobs.means import Means
from dispatch.jobs.worker import working
from dispatch.settings import Settings
from dispatch.store.migrate import upgrade
from dispatch.wiring import (
    make_photos,
    make_planner,
    make_senders,
    make_services,
    watch,
    watched,
)


async def work() -> None:
    """Does what falls due and carries out jobs, until it is ended."""
    settings = Settings()
    watch(settings, "dispatch-worker")
    if is_sqlite(settings):
        upgrade(settings.database_url)
    services = make_services(settings)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    planner = make_planner(settings)
    spare_the_collector()
    warming = asyncio.create_task(planner.warm()) if settings.solver_warm else None
    try:
        async with (
            watched(settings, services),
            working(
                Means(services, lambda: planner, make_photos(settings)),
                sweep_seconds=settings.sweep_seconds,
                plans_at_once=settings.solver_processes,
                # Whatever the setting says of the API's processes.
                senders=make_senders(settings.model_copy(update={"courier": True})),
            ),
        ):
            out.print(say("worker_runs"))
            await ended.wait()
    finally:
        await planner.close()
        if warming is not None:
            await asyncio.wait([warming])
        await services.store.close()
