"""What an orchestrator asks: does the process live, and may requests come."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dispatch.store.engine import Store
from dispatch.store.migrate import is_newest

WAIT_S = 3.0
"""So long the database may take; orchestrators wait for a few seconds, too."""


async def healthy(_request: Request) -> Response:
    """Answers as long as the process does, whatever becomes of the database: to start it anew
    would bring nothing back."""
    return PlainTextResponse("ok\n")


def readiness(store: Store, *, wait_s: float = WAIT_S) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint: 200 where the database answers and has the newest tables, else 503 and why."""

    async def ready(_request: Request) -> Response:
        try:
            async with asyncio.timeout(wait_s):
                newest = await _is_newest(store)
        except TimeoutError:
            return _not_ready(database="slow")
        except (SQLAlchemyError, OSError):
            return _not_ready(database="unreachable")
        if not newest:
            return _not_ready(schema="outdated")
        return JSONResponse({"ready": True, "schema": "newest"})

    return ready


def _not_ready(**why: str) -> Response:
    return JSONResponse({"ready": False, **why}, status_code=503)


async def _is_newest(store: Store) -> bool:
    async with store.engine.connect() as connection:
        return await connection.run_sync(is_newest, store.url)
