"""Profiles one request in a process of its own: `python -m benchmarks.api.profiled URL TOKEN`.

Reads the request's body from standard input, asks it of the application itself, without a socket,
and prints as JSON the statements it takes and the functions that take most.
"""

import asyncio
import cProfile
import pstats
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
from sqlalchemy import Engine, event

from dispatch.app import create_app
from dispatch.commands.collector import spare_the_collector
from dispatch.settings import Settings

LINES = 25
TIMES = 10


def main() -> None:
    url, token = sys.argv[1:]
    print(orjson.dumps(asyncio.run(_profiled(url, token, sys.stdin.buffer.read()))).decode())


@asynccontextmanager
async def an_application(url: str, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application within this process, asked without a socket."""
    settings = Settings(
        database_url=url,
        cost_per_minute=1_000_000_000,
        pool_size=8,
        query_seconds=120,
        statement_seconds=120,
    )
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as http:
        yield http


async def _profiled(url: str, token: str, body: bytes) -> dict[str, Any]:
    async with an_application(url, token) as http:

        async def ask() -> None:
            (await http.post("/graphql", content=body)).raise_for_status()

        for _ in range(3):
            await ask()
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        await ask()
        event.remove(Engine, "before_cursor_execute", note)
        # As in the service: else whoever happens to make many objects pays for looking all through.
        spare_the_collector()
        profile = cProfile.Profile()
        with profile:
            for _ in range(TIMES):
                await ask()
    return {"statements": len(statements), "lines": lines(profile, TIMES)}


def lines(profile: cProfile.Profile, times: int) -> list[str]:
    """The functions with most time of their own: milliseconds of one of so many times, calls,
    where."""
    found = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    rows = sorted(found.items(), key=lambda each: each[1][2], reverse=True)[:LINES]
    return [
        f"{own / times * 1000:7.2f} ms own {total / times * 1000:7.2f} ms in all "
        f"{calls // times:6d} calls  {_where(*place)}"
        for place, (calls, _, own, total, _) in rows
    ]


def _where(file: str, line: int, name: str) -> str:
    parts = Path(file).parts
    return f"{'/'.join(parts[-2:])}:{line} {name}" if line else name


if __name__ == "__main__":
    main()
