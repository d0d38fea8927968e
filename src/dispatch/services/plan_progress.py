"""Keeps on its row how far a run of the optimizer has come, so that any process can show it."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from dispatch.domain.plans import PlanRunState
from dispatch.planning.runner import OnProgress
from dispatch.services.action import Services
from dispatch.store.plans import PlanRun

_log = structlog.get_logger(__name__)

EVERY_S = 0.5


@asynccontextmanager
async def kept_progress(
    services: Services, run_id: int, also: OnProgress | None
) -> AsyncIterator[OnProgress]:
    """A callback for the optimizer; while the block runs, the newest figures go to the row.

    They are a view, not a record: no event, no new version, and a failure to write them does not
    stop the run.
    """
    newest: list[Any] = []
    ended = asyncio.Event()

    def tell(progress: Any) -> None:
        newest[:] = [progress]
        if also is not None:
            also(progress)

    writer = asyncio.create_task(_write(services, run_id, newest, ended))
    try:
        yield tell
    finally:
        ended.set()
        await writer


async def _write(services: Services, run_id: int, newest: list[Any], ended: asyncio.Event) -> None:
    while not ended.is_set():
        if newest:
            try:
                await _store(services, run_id, newest.pop())
            except SQLAlchemyError as error:
                _log.warning("progress_unwritten", run=run_id, error=type(error).__name__)
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await ended.wait()


async def _store(services: Services, run_id: int, progress: Any) -> None:
    if not math.isfinite(progress.cost):
        return
    figures = {
        "progress": {
            "elapsed_s": progress.elapsed_s,
            "phase": progress.phase,
            "unplaced": progress.unplaced,
            "cost": progress.cost,
        }
    }
    statement = (
        update(PlanRun)
        .where(PlanRun.id == run_id, PlanRun.state == PlanRunState.RUNNING)
        .values(figures=figures)
    )
    async with services.store.writing() as session:
        await session.execute(statement)
