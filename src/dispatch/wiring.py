"""What the processes of the service are made of, by the settings: those that serve the API, and
those that only work."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dispatch.files import Bucket, Files, Folder, PhotoFiles, photos_in
from dispatch.jobs.vital_signs import VitalSigns
from dispatch.notify import Senders
from dispatch.planning.runner import Planner
from dispatch.services.action import Services
from dispatch.settings import Settings
from dispatch.store.engine import Store
from dispatch.telemetry import tracing
from dispatch.telemetry.logs import set_up_logs
from dispatch.telemetry.serving import shown_figures
from dispatch.timekeeping import clock_of


def make_services(settings: Settings) -> Services:
    """The services over the settings' database, with the process's clock and randomness."""
    store = Store(
        settings.database_url,
        pool_size=settings.pool_size,
        statement_s=settings.statement_seconds,
    )
    clock = clock_of(settings.clock_file)
    return Services(store=store, clock=clock, randbelow=secrets.randbelow)


def make_planner(settings: Settings) -> Planner:
    """The optimizer's processes; they start with the first that is asked of them."""
    return Planner(settings.solver_processes, threads=settings.plan_threads)


def make_photos(settings: Settings) -> PhotoFiles:
    """Where photos are kept, by the settings."""
    files: Files = Folder(Path(settings.photo_folder))
    if settings.photo_bucket_url is not None:
        secret = settings.photo_bucket_key
        files = Bucket(
            url=settings.photo_bucket_url,
            region=settings.photo_bucket_region,
            key_id=settings.photo_bucket_key_id,
            key=secret.get_secret_value() if secret is not None else "",
        )
    return photos_in(files, lasts_s=settings.photo_address_seconds)


def make_senders(settings: Settings) -> Senders | None:
    """What sends messages, where this process does."""
    return Senders(private=settings.private_web_hooks) if settings.courier else None


def watch(settings: Settings, service: str) -> None:
    """Log and traces of this process, by the settings and the environment."""
    set_up_logs(settings.log_format, settings.log_level)
    tracing.start_by_environment(service)


@asynccontextmanager
async def watched(settings: Settings, services: Services) -> AsyncIterator[None]:
    """While the block runs, figures are shown where the settings say so; at its end the last spans
    are sent."""
    signs = VitalSigns(services)
    try:
        with shown_figures(settings.metrics_host, settings.metrics_port) as port:
            if port is not None:
                signs.start()
            yield
    finally:
        await signs.stop()
        await asyncio.to_thread(tracing.stop)
