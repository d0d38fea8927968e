"""The service ends and begins again while a client listens: it comes back and misses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tests.api.client import gid, token_for
from tests.api.server import a_server, free_port
from tests.clients.node import FOLDER
from tests.factories import World, a_world


@asynccontextmanager
async def listening(scene: dict[str, str]) -> AsyncIterator[list[str]]:
    """The lines that the client has written so far."""
    process = await asyncio.create_subprocess_exec(
        *("node", str(FOLDER / "restart.js"), json.dumps(scene)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    lines: list[str] = []

    async def read() -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            lines.append(line.decode().strip())

    reading = asyncio.create_task(read())
    try:
        yield lines
    finally:
        process.kill()
        await process.wait()
        await reading


async def until(lines: list[str], wanted: str) -> None:
    for _ in range(600):
        if wanted in lines:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"no {wanted!r} in {lines}")


@pytest.mark.slow
async def test_a_client_catches_up_when_the_service_has_begun_again(database_url: str) -> None:
    async with a_world(database_url, now=datetime.now(UTC)) as world:
        await _restarted(world)


async def _restarted(world: World) -> None:
    port = free_port()
    url = world.services.store.url
    scene = {
        "url": f"http://127.0.0.1:{port}",
        "desk": await token_for(world, world.desk),
        "site": gid(world.site),
        # Read by what all programs share, and not used here.
        "photo": "",
    }
    made: list[str] = []

    async def report() -> str:
        made.append(f"ticket.created {gid(await world.ticket())}")
        return made[-1]

    async with listening(scene) as lines:
        async with a_server(url, port):
            # It stands when it hears of something; what was before is not meant for it.
            for _ in range(200):
                await report()
                await asyncio.sleep(0.2)
                if any(line in lines for line in made):
                    break
            del made[: made.index(next(line for line in lines if line in made))]
            await until(lines, made[-1])
        for _ in range(2):
            # Nobody is there: what happens now is missed.
            for _ in range(3):
                await report()
            async with a_server(url, port):
                await until(lines, made[-1])
                await until(lines, await report())
        assert [line for line in lines if line.startswith("ticket.created")] == made
        assert not [line for line in lines if line.startswith(("error", "complete"))]
