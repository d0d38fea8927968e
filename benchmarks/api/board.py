"""The board query, beside its peers: 200 orders with technician, place, clocks, latest events."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from typing import Any

import orjson

from benchmarks.api import peers
from benchmarks.api.documents import BOARD, BOARD_POSTGRAPHILE
from benchmarks.api.floor import Floor
from benchmarks.api.peers import Peer, asking, milliseconds
from benchmarks.api.reader import Reader
from dispatch.api import ids
from tests.support.postgres import PostgresServer

ORDERS = 200
WANTED = 2.0
"""Times the floor's processor time."""


async def measure(
    postgres: PostgresServer, url: str, reader: Reader, *, rounds: int, times: int
) -> dict[str, Any]:
    """Each peer in turn, round after round; who begins changes from one to the next."""
    dsn = url.replace("+psycopg", "")
    variables = {"siteId": ids.encode("Site", reader.site_id), "first": ORDERS}
    async with AsyncExitStack() as stack:
        http, pid = await stack.enter_async_context(peers.dispatch(url, reader.token))
        ours = Peer("dispatch", pid, asking(http, BOARD, variables))
        entrants = [ours]
        answer = orjson.loads(await ours.ask())
        floor = Floor(BOARD, variables, answer["data"])
        if (peers.POSTGRAPHILE / "node_modules").exists():
            http, pid = await stack.enter_async_context(peers.postgraphile(dsn))
            same = {"siteId": str(reader.site_id), "first": ORDERS}
            entrants.append(Peer("postgraphile", pid, asking(http, BOARD_POSTGRAPHILE, same)))
        http, pid = await stack.enter_async_context(peers.plain(dsn))
        entrants.append(Peer("starlette", pid, _plainly(http, reader)))
        floors = []
        for each in entrants:
            for _ in range(5):
                await each.ask()
        for number in range(rounds):
            for each in entrants[number % len(entrants) :] + entrants[: number % len(entrants)]:
                await each.round(postgres, times)
            floors.append(await asyncio.to_thread(floor.cost, times))
        profile = await _profile(url, reader, variables)
    least = sorted(floors)[len(floors) // 2]
    table = {each.name: each.figures() for each in entrants}
    return {
        "orders": len(answer["data"]["workOrders"]["nodes"]),
        "fields": floor.fields,
        "statements": profile["statements"],
        "floor_cpu_ms": milliseconds(least),
        "floor_cpu_ms_rounds": [milliseconds(each) for each in floors],
        "peers": table,
        "times_floor": {
            name: round(row["cpu_ms"] / milliseconds(least), 2) for name, row in table.items()
        },
        "wanted_times_floor": WANTED,
        "profile": profile["lines"],
    }


def _plainly(http: Any, reader: Reader) -> Any:
    async def ask() -> bytes:
        response = await http.get(f"/board?site={reader.site_id}&first={ORDERS}")
        response.raise_for_status()
        return response.content

    return ask


async def _profile(url: str, reader: Reader, variables: dict[str, Any]) -> dict[str, Any]:
    """Where our own time goes, by a profile of its own process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.api.profiled", url, reader.token),
        env=os.environ | peers.UNHINDERED,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(orjson.dumps({"query": BOARD, "variables": variables}))
    return orjson.loads(told)
