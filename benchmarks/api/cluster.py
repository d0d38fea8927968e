"""A PostgreSQL server that keeps its filled databases from one run to the next."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.api.fill import Size, fill
from dispatch.services.action import Services
from dispatch.store.engine import Store
from dispatch.store.migrate import upgrade
from tests.support.postgres import PostgresServer, data_folder, resume_server, start_server

# What a machine of some gigabytes would be given; the tests' own are made for many small ones.
TUNED = """
shared_buffers = 1GB
effective_cache_size = 4GB
work_mem = 32MB
max_wal_size = 8GB
random_page_cost = 1.1
"""


@contextmanager
def running(folder: Path) -> Iterator[PostgresServer]:
    """The server of `folder`, made at its first use. What is committed is on the disk."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not data_folder(folder).exists():
        start_server(folder, durable=True).stop()
        with (data_folder(folder) / "postgresql.conf").open("a") as settings:
            settings.write(TUNED)
    server = resume_server(folder)
    try:
        yield server
    finally:
        server.stop(in_haste=False)


def database(server: PostgresServer, size: Size) -> str:
    """The name of a migrated database of that size; filled where there is none."""
    name = f"bench_{size.name}"
    if not server.has_database(name):
        half = f"{name}_half"
        server.drop_database(half)
        server.create_database(half)
        upgrade(server.url(half))
        asyncio.run(_fill(server.url(half), size))
        server.rename_database(half, name)
    upgrade(server.url(name))
    return name


async def _fill(url: str, size: Size) -> None:
    services = Services(
        store=Store(url), clock=lambda: datetime.now(UTC), randbelow=secrets.randbelow
    )
    try:
        await fill(services, url.replace("+psycopg", ""), size)
    finally:
        await services.store.close()
