"""`serve`, `worker`, `migrate`, `schema`, `token`: running and keeping the service."""

import asyncio
import errno
import os
import signal
import socket
from pathlib import Path

import uvicorn
from sqlalchemy import select
from sqlalchemy.engine import make_url
from starlette.applications import Starlette

from dispatch.api.print_schema import print_schema
from dispatch.api.trusted import manifest
from dispatch.app import (
    create_app,
    make_photos,
    make_planner,
    make_senders,
    make_services,
    watch,
    watched,
)
from dispatch.commands.collector import spare_the_collector
from dispatch.commands.words import Complaint, say
from dispatch.commands.workplace import operator, out, workplace
from dispatch.jobs.means import Means
from dispatch.jobs.worker import working
from dispatch.services.accounts import issue_token
from dispatch.settings import Settings
from dispatch.store.migrate import upgrade
from dispatch.store.users import User

SCHEMA = Path("schema/schema.graphql")


def app() -> Starlette:
    """The application as the server's processes make it, from the environment."""
    made = create_app(Settings())
    spare_the_collector()
    return made


def serve(*, host: str | None, port: int | None, workers: int, migrate: bool) -> None:
    """Serves until it is ended. SQLite gets the newest tables by itself; a shared database only
    where it was asked for, since other processes may still run the version before."""
    settings = Settings()
    if migrate or _is_sqlite(settings):
        upgrade(settings.database_url)
    listen(host=host or settings.host, port=port or settings.port, workers=workers)


def listen(*, host: str, port: int, workers: int = 1) -> None:
    """Runs the server's processes on an address that is free."""
    demand_free(host, port)
    uvicorn.run(
        "dispatch.commands.service:app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        access_log=False,
        # What it has to say goes where all else goes.
        log_config=None,
        ws="dispatch.commands.wire:Wire",
        ws_max_size=Settings().body_limit_bytes,
        # Packing takes a quarter of a megabyte for each client, and more time than sending.
        ws_per_message_deflate=False,
    )


def demand_free(host: str, port: int) -> None:
    """Complains when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server itself will: a port that only lingers from a former run is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Complaint("port_taken", port=port, other=port + 1) from None
            address, detail = f"{host}:{port}", error.strerror
            raise Complaint("no_address", host=address, detail=detail) from None


async def work() -> None:
    """Does what falls due and carries out jobs, until it is ended."""
    settings = Settings()
    watch(settings, "dispatch-worker")
    if _is_sqlite(settings):
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


async def migrate() -> None:
    """Brings the configured database to the newest tables."""
    settings = Settings()
    await asyncio.to_thread(upgrade, settings.database_url)
    shown = make_url(settings.database_url).render_as_string(hide_password=True)
    out.print(say("migrated", url=shown), soft_wrap=True, markup=False)


async def write_schema(path: Path | None) -> None:
    """Writes the published contract."""
    path = path or SCHEMA
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(print_schema(), encoding="utf-8")
    _manifest_of(path).write_text(manifest(), encoding="utf-8")
    out.print(say("schema_written", path=path), soft_wrap=True)


async def check_schema(path: Path | None) -> None:
    """Complains when the published contract is not what the code says."""
    path = path or SCHEMA
    published = path.read_text(encoding="utf-8") if path.is_file() else ""
    if published != print_schema():
        raise Complaint("schema_differs", path=path)
    listed = _manifest_of(path)
    if not listed.is_file() or listed.read_text(encoding="utf-8") != manifest():
        raise Complaint("schema_differs", path=listed)
    out.print(say("schema_same", path=path), soft_wrap=True)


def _manifest_of(path: Path) -> Path:
    """The list of known documents stands beside the schema."""
    return path.with_name("trusted.json")


async def give_token(username: str, *, days: int, label: str) -> None:
    """Prints a token for a user, and nothing else."""
    async with workplace(Settings()) as services:
        async with services.store.reading() as session:
            statement = select(User).where(User.username == username)
            user = (await session.execute(statement)).scalar_one_or_none()
        if user is None:
            raise Complaint("no_such_user", username=username)
        signed_in = await services.perform(
            operator(user.organization_id), issue_token, user_id=user.id, label=label, days=days
        )
    # Straight to the pipe: a terminal's width must not break it.
    print(signed_in.token)


def use_database(url: str) -> None:
    """Points this process and those it starts at a database."""
    os.environ["DISPATCH_DATABASE_URL"] = url


def _is_sqlite(settings: Settings) -> bool:
    return make_url(settings.database_url).get_backend_name() == "sqlite"
