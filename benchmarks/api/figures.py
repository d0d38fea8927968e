"""Figures over 90 days, and the time of the statements that they are counted by, run bare."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from benchmarks.api import peers
from benchmarks.api.documents import OPEN_ORDER, SERVICE_LEVELS, SLOTS, WORKLOAD
from benchmarks.api.peers import asking, milliseconds
from benchmarks.api.profiled import an_application
from benchmarks.api.reader import Reader
from dispatch.api import ids
from tests.support.postgres import PostgresServer

DAYS = 90
WANTED = 1.3
"""Times the bare statements."""


async def measure(url: str, reader: Reader, *, rounds: int) -> dict[str, Any]:
    """Through the service and bare in turn, round after round."""
    today = datetime.now(UTC).date()
    span = {"from": str(today - timedelta(days=DAYS)), "to": str(today - timedelta(days=1))}
    table: dict[str, Any] = {}
    async with peers.dispatch(url, reader.token) as (http, _):
        for name, document in (("workload", WORKLOAD), ("service levels", SERVICE_LEVELS)):
            table[name] = await _beside_bare(
                url, reader, asking(http, document, span), (document, span), rounds=rounds
            )
    return table


async def slots(
    postgres: PostgresServer, url: str, reader: Reader, *, rounds: int
) -> dict[str, Any]:
    """The first ask of a service whose optimizers stand ready, later ones, and the first after
    the minute: the running day begins anew with each."""
    async with peers.dispatch(url, reader.token, DISPATCH_SOLVER_WARM="true") as (http, pid):
        site = {"siteId": ids.encode("Site", reader.site_id)}
        order = (await http.post("/graphql", json={"query": OPEN_ORDER, "variables": site})).json()
        wanted = {"workOrderId": order["data"]["workOrders"]["nodes"][0]["id"]}
        ask = asking(http, SLOTS, wanted)
        await peers.quiet(pid)

        async def asked(times: int) -> dict[str, Any]:
            ours, theirs = peers.cpu_with_children(pid), peers.postgres_cpu(postgres)
            waited = [await _timed(ask) for _ in range(times)]
            return {
                "waited_ms": milliseconds(statistics.median(waited)),
                "cpu_ms": milliseconds((peers.cpu_with_children(pid) - ours) / times),
                "database_cpu_ms": milliseconds((peers.postgres_cpu(postgres) - theirs) / times),
            }

        await _until_second(1)
        first, later = await asked(1), await asked(2 * rounds)
        await _until_second(1)
        return {"first": first, "later": later, "first_in_a_minute": await asked(1)}


async def _until_second(second: int) -> None:
    """Waits for this second of the next minute."""
    await asyncio.sleep((second - time.time()) % 60)


async def _beside_bare(
    url: str, reader: Reader, ask: Any, wanted: tuple[str, dict[str, Any]], *, rounds: int
) -> dict[str, Any]:
    statements = await _statements(url, reader, *wanted)
    await ask()
    waited, bare = [], []
    for _ in range(rounds):
        waited.append(await _timed(ask))
        bare.append(_bare(url, statements))
    through, alone = statistics.median(waited), statistics.median(bare)
    return {
        "waited_ms": milliseconds(through),
        "bare_sql_ms": milliseconds(alone),
        "statements": len(statements),
        "ratio": round(through / alone, 2),
        "wanted_ratio": WANTED,
    }


async def _timed(ask: Any) -> float:
    begun = time.perf_counter()
    await ask()
    return time.perf_counter() - begun


async def _statements(
    url: str, reader: Reader, document: str, variables: dict[str, Any]
) -> list[tuple[str, Any]]:
    """What the service asks of the database to count the figures: the grouped statements."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "GROUP BY" in statement:
            found.append((statement, values))

    async with an_application(url, reader.token) as http:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            await asking(http, document, variables)()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    return found


def _bare(url: str, statements: list[tuple[str, Any]]) -> float:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        begun = time.perf_counter()
        for statement, values in statements:
            connection.execute(statement.encode(), values).fetchall()
        return time.perf_counter() - begun
