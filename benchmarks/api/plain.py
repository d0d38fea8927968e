"""The limit: the board's rows by bare SQL, put together by hand, and no layer between.

Run as a program of its own: `python -m benchmarks.api.plain DSN PORT`. It asks the same of the
same tables as the board query does, signs nobody in, checks no rights, and answers with JSON of
the same shape.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psycopg
import uvicorn
from psycopg.rows import dict_row
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_ORDERS = """
SELECT id, number, version, state, priority, created_at, due_at, place_id, ticket_id
FROM work_order WHERE site_id = %s AND state = 'ASSIGNED'
ORDER BY created_at DESC, id DESC LIMIT %s
"""
_PLACES = "SELECT id, name, latitude, longitude FROM place WHERE id = ANY(%s)"
_TICKETS = "SELECT id, number, description FROM ticket WHERE id = ANY(%s)"
_ASSIGNMENTS = """
SELECT id, work_order_id, technician_id, planned_start, planned_end FROM assignment
WHERE work_order_id = ANY(%s) AND ended_at IS NULL
"""
_TECHNICIANS = "SELECT id, code, name FROM technician WHERE id = ANY(%s)"
_CLOCKS = """
SELECT id, work_order_id, kind, state, started_at, due_at FROM clock
WHERE work_order_id = ANY(%s) ORDER BY id
"""
_EVENTS = """
SELECT work_order_id, last.* FROM unnest(%s::bigint[]) AS work_order_id, LATERAL (
  SELECT id, at, kind, actor_name FROM event WHERE event.work_order_id = work_order_id.work_order_id
  ORDER BY id DESC LIMIT 3
) AS last
"""


def _grouped(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row.pop("work_order_id"), []).append(row)
    return groups


def application(dsn: str) -> Starlette:
    """One path, one answer."""
    connection: Any = None
    lock = asyncio.Lock()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        nonlocal connection
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
        connection.row_factory = dict_row
        connection.prepare_threshold = 0
        yield
        await connection.close()

    async def rows(statement: str, *values: Any) -> list[dict[str, Any]]:
        return await (await connection.execute(statement, values)).fetchall()

    async def by_id(statement: str, ids: set[int]) -> dict[int, dict[str, Any]]:
        return {each["id"]: each for each in await rows(statement, list(ids))}

    async def board(request: Request) -> Response:
        site_id, first = int(request.query_params["site"]), int(request.query_params["first"])
        async with lock:
            orders = await rows(_ORDERS, site_id, first + 1)
            more = len(orders) > first
            orders = orders[:first]
            ids = [each["id"] for each in orders]
            places = await by_id(_PLACES, {each["place_id"] for each in orders})
            tickets = await by_id(_TICKETS, {each["ticket_id"] for each in orders})
            held = {each.pop("work_order_id"): each for each in await rows(_ASSIGNMENTS, ids)}
            people = await by_id(_TECHNICIANS, {each["technician_id"] for each in held.values()})
            clocks, events = await rows(_CLOCKS, ids), await rows(_EVENTS, ids)
        own_clocks = _grouped(clocks)
        own_events = _grouped(events)
        for assignment in held.values():
            assignment["technician"] = people[assignment.pop("technician_id")]
        for each in orders:
            each["place"] = places[each.pop("place_id")]
            each["ticket"] = tickets[each.pop("ticket_id")]
            each["assignment"] = held.get(each["id"])
            each["clocks"] = own_clocks.get(each["id"], [])
            each["events"] = {"nodes": own_events.get(each["id"], [])[::-1]}
        page = {"hasNextPage": more, "endCursor": str(ids[-1]) if ids else None}
        body = {"data": {"workOrders": {"pageInfo": page, "nodes": orders}}}
        return Response(orjson.dumps(body), media_type="application/json")

    return Starlette(routes=[Route("/board", board)], lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        log_level="warning",
        access_log=False,
    )
