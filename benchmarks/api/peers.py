"""The servers that are asked the same, each a process of its own over the same database."""

import asyncio
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from benchmarks.attacks import cpu, service
from tests.support.postgres import PostgresServer

POSTGRAPHILE = Path(__file__).with_name("postgraphile")
UNHINDERED = {
    "DISPATCH_COST_PER_MINUTE": "1000000000",
    "DISPATCH_POOL_SIZE": "8",
    # How long something takes is told, not refused.
    "DISPATCH_QUERY_SECONDS": "120",
    "DISPATCH_STATEMENT_SECONDS": "120",
}


@dataclass
class Peer:
    """A server under measurement. `ask` sends one request and gives the body of its answer."""

    name: str
    pid: int
    ask: Callable[[], Awaitable[bytes]]
    cpu_s: list[float] = field(default_factory=list)
    database_cpu_s: list[float] = field(default_factory=list)
    waited_s: list[float] = field(default_factory=list)
    size: int = 0

    async def round(self, postgres: PostgresServer, times: int) -> None:
        """Asks so many times, one after the other, after one that does not count."""
        await self.ask()
        before, database = cpu(self.pid), postgres_cpu(postgres)
        for _ in range(times):
            begun = time.perf_counter()
            self.size = len(await self.ask())
            self.waited_s.append(time.perf_counter() - begun)
        self.cpu_s.append((cpu(self.pid) - before) / times)
        self.database_cpu_s.append((postgres_cpu(postgres) - database) / times)

    def figures(self) -> dict[str, Any]:
        return {
            "cpu_ms": milliseconds(statistics.median(self.cpu_s)),
            "cpu_ms_rounds": [milliseconds(each) for each in self.cpu_s],
            "database_cpu_ms": milliseconds(statistics.median(self.database_cpu_s)),
            "waited_ms": milliseconds(statistics.median(self.waited_s)),
            "bytes": self.size,
        }


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


def postgres_cpu(postgres: PostgresServer) -> float:
    """Seconds that the server's processes of now have run."""
    main = (postgres.data / "postmaster.pid").read_text("utf-8").splitlines()[0]
    return sum(_cpu_of_living(pid) for pid in _children(int(main)))


def postgres_cpu_ever(postgres: PostgresServer) -> float:
    """Like `postgres_cpu`, with the server's processes that have ended."""
    main = (postgres.data / "postmaster.pid").read_text("utf-8").splitlines()[0]
    ended = Path(f"/proc/{main}/stat").read_text("ascii").rpartition(")")[2].split()[13:15]
    ticks = os.sysconf("SC_CLK_TCK")
    return postgres_cpu(postgres) + sum(int(each) for each in ended) / ticks


def cpu_with_children(pid: int) -> float:
    """Seconds that a process and all below it have run: ours has optimizers."""
    return _cpu_of_living(pid) + sum(cpu_with_children(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError):
            found += [int(each) for each in children.read_text("ascii").split()]
    return found


def _cpu_of_living(pid: int) -> float:
    with suppress(FileNotFoundError):
        return cpu(pid)
    return 0.0


async def quiet(pid: int) -> None:
    """Returns when the service, its optimizers with it, has nothing to do but to wait."""
    for _ in range(120):
        before = cpu_with_children(pid)
        await asyncio.sleep(1)
        if cpu_with_children(pid) - before < 0.1:
            return


def asking(
    http: httpx.AsyncClient, document: str, variables: dict[str, Any]
) -> Callable[[], Awaitable[bytes]]:
    """A function that sends a GraphQL request; complains of errors in its answer."""
    body = {"query": document, "variables": variables}

    async def ask() -> bytes:
        response = await http.post("/graphql", json=body)
        if response.status_code != 200 or b'"errors":[' in response.content[:2_000]:
            raise AssertionError(response.text[:2_000])
        return response.content

    return ask


@asynccontextmanager
async def dispatch(
    url: str, token: str, **environment: str
) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """Our own service with one worker."""
    async with service(url, **UNHINDERED, **environment) as (port, pid):
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120
        ) as http:
            yield http, pid


@asynccontextmanager
async def postgraphile(dsn: str) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """PostGraphile, from its package as it stands in its folder."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        # The record keeps bare numbers; this tells the peer what they point at.
        connection.execute(
            "COMMENT ON TABLE event IS '@foreignKey (work_order_id) references work_order (id)'"
        )
    node = POSTGRAPHILE / "node_modules" / "node" / "bin" / "node"
    program = POSTGRAPHILE / "node_modules" / "postgraphile" / "dist" / "cli-run.js"
    environment = {"DATABASE_URL": dsn, "GRAPHILE_ENV": "production", "NODE_ENV": "production"}
    async with _program(str(node), str(program), folder=POSTGRAPHILE, **environment) as found:
        yield found


@asynccontextmanager
async def plain(dsn: str) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """Starlette with nothing but SQL."""
    async with _program(sys.executable, "-m", "benchmarks.api.plain", dsn, "{port}") as found:
        yield found


@asynccontextmanager
async def _program(
    *command: str, folder: Path | None = None, **environment: str
) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(part.format(port=port) for part in command),
        cwd=folder,
        env={**os.environ, "PORT": str(port), **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(process.wait)
        stack.callback(process.terminate)
        base = f"http://127.0.0.1:{port}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=base, timeout=120))
        async with asyncio.timeout(60):
            while True:
                with suppress(httpx.TransportError):
                    await http.get("/")
                    break
                await asyncio.sleep(0.1)
        yield http, process.pid
