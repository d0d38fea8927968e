"""`serve`: the API, and what it needs beside it."""

import errno
import socket

import uvicorn
from starlette.applications import Starlette

from dispatch.app import create_app
from dispatch.commands.collector import spare_the_collector
from dispatch.commands.database import is_sqlite
from dispatch.commands.words import Complaint
from dispatch.settings import Settings
from dispatch.store.migrate import upgrade


def app() -> Starlette:
    """The application as the server's processes make it, from the environment."""
    made = create_app(Settings())
    spare_the_collector()
    return made


def serve(*, host: str | None, port: int | None, workers: int, migrate: bool) -> None:
    """Serves until it is ended. SQLite gets the newest tables by itself; a shared database only
    where it was asked for, since other processes may still run the version before."""
    settings = Settings()
    if migrate or is_sqlite(settings):
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
