"""Work that comes again and again: a line for each, done once whoever else works here.

Short work runs in the worker that finds it due, and again soon if that one dies: it does what is
due, so nothing is lost. Long work becomes a job, which another worker takes up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from dispatch.jobs.means import Means
from dispatch.services.duty_warnings import warn_all
from dispatch.services.import_clearing import clear_all
from dispatch.services.learning import retrain_due
from dispatch.services.photo_sweeping import sweep
from dispatch.services.troubles import TROUBLES
from dispatch.store.inserts import dialect_of, insert_into
from dispatch.store.jobs import enqueue, forget_ended, is_under_way
from dispatch.store.periodic import PeriodicWork

PERIODIC_JOB = "periodic"

_LOOK_S = 1.0
# So long nobody else begins a short work that was begun; longer ones must be jobs.
_SHORT = timedelta(seconds=30)
_FAILURE_MOST = 2_000
_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Periodic:
    """One work: its name, how often it comes, what it does; `is_job` where it takes long."""

    name: str
    every: timedelta
    work: Callable[[Means], Awaitable[Any]]
    is_job: bool = False


async def forget_ended_jobs(means: Means) -> None:
    """Jobs that ended long ago are of no use; the record of what they did stays."""
    before = means.services.clock() - _KEPT
    while await asyncio.to_thread(forget_ended, means.services.store.url, before=before):
        pass


async def retrain_classifiers(means: Means) -> None:
    """Sites whose desk has decided enough since the last training."""
    await retrain_due(means.services)


async def clear_old_imports(means: Means) -> None:
    """Imports that ended longer ago than their site keeps them."""
    await clear_all(means.services)


async def sweep_photos(means: Means) -> None:
    """Photos that nobody used in time, or whose person was erased."""
    await sweep(means.services, means.photos.files)


async def warn_of_duty_gaps(means: Means) -> None:
    """Sites whose duty roster lacks somebody soon, once a day."""
    await warn_all(means.services)


PERIODIC: tuple[Periodic, ...] = (
    Periodic("forget_ended_jobs", timedelta(hours=1), forget_ended_jobs, is_job=True),
    Periodic("clear_old_imports", timedelta(hours=6), clear_old_imports, is_job=True),
    Periodic("sweep_photos", timedelta(hours=1), sweep_photos, is_job=True),
    Periodic("warn_of_duty_gaps", timedelta(minutes=30), warn_of_duty_gaps, is_job=True),
    Periodic("retrain_classifiers", timedelta(minutes=30), retrain_classifiers, is_job=True),
)
"""Add a line for work of your own; names are kept in the database, so they stay."""


class Metronome:
    """A task that begins what is due until it is stopped."""

    def __init__(
        self, means: Means, table: Sequence[Periodic] = PERIODIC, *, look_s: float = _LOOK_S
    ) -> None:
        self._means = means
        self._table = table
        self._look_s = look_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._table:
            self._task = asyncio.create_task(self._run(), name="metronome")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as at_work:
            busy: set[str] = set()
            while True:
                try:
                    for each in await due(self._means, self._table):
                        if each.name in busy or not await claim(self._means, each):
                            continue
                        # A job was put down: whichever worker takes it does the work.
                        if not each.is_job:
                            busy.add(each.name)
                            task = at_work.create_task(_do_here(self._means, each))
                            task.add_done_callback(lambda _, name=each.name: busy.discard(name))
                    TROUBLES.went_well()
                except Exception as error:  # noqa: BLE001 -- what is due stays due
                    TROUBLES.failed("periodic_failed", error)
                await asyncio.sleep(self._look_s)


async def due(means: Means, table: Sequence[Periodic]) -> list[Periodic]:
    """What has come; a cheap look, without a lock."""
    statement = select(PeriodicWork.name).where(PeriodicWork.next_at > means.services.clock())
    async with means.services.store.reading() as session:
        later = set((await session.execute(statement)).scalars())
    return [each for each in table if each.name not in later]


async def claim(means: Means, work: Periodic) -> bool:
    """Whether it is this worker's to do now; a job is put down in the same transaction."""
    now = means.services.clock()
    async with means.services.store.writing() as session:
        known = insert_into(dialect_of(session), PeriodicWork)
        await session.execute(known.values(name=work.name, next_at=now).on_conflict_do_nothing())
        statement = (
            select(PeriodicWork)
            .where(PeriodicWork.name == work.name, PeriodicWork.next_at <= now)
            .with_for_update(skip_locked=True)
        )
        row = (await session.execute(statement)).scalar_one_or_none()
        if row is None:
            return False
        was_due = row.next_at
        if work.is_job:
            row.next_at = _next(was_due, work.every, now)
            key = f"{PERIODIC_JOB}-{work.name}-"
            # A work that takes longer than its interval never runs beside itself.
            if await is_under_way(session, PERIODIC_JOB, key_prefix=key):
                return False
            row.began_at = now
            await enqueue(
                session, PERIODIC_JOB, {"name": work.name}, key=f"{key}{was_due.isoformat()}"
            )
        else:
            row.began_at = now
            row.next_at = now + max(work.every, _SHORT)
        await session.flush()
    return True


async def carry_out_periodic(means: Means, *, name: str) -> None:
    """The job of a work that takes long."""
    for work in PERIODIC:
        if work.name == name:
            await _do(means, work)


async def _do_here(means: Means, work: Periodic) -> None:
    try:
        await _do(means, work)
    except Exception as error:  # noqa: BLE001 -- the others go on, and this one comes again
        TROUBLES.failed("periodic_failed", error)


async def _do(means: Means, work: Periodic) -> None:
    began = means.services.clock()
    failure = None
    try:
        await work.work(means)
    except Exception as error:  # noqa: BLE001 -- it comes again; until then the row tells
        TROUBLES.failed("periodic_work_failed", error, work=work.name)
        failure = repr(error)[:_FAILURE_MOST]
    values: dict[str, Any] = {"ended_at": means.services.clock(), "failure": failure}
    if not work.is_job:
        values["next_at"] = _next(began, work.every, means.services.clock())
    statement = update(PeriodicWork).where(PeriodicWork.name == work.name).values(**values)
    async with means.services.store.writing() as session:
        await session.execute(statement)


def _next(was: datetime, every: timedelta, now: datetime) -> datetime:
    """The next time in step with the last one; times missed while nobody worked are one."""
    missed = max(0, (now - was) // every)
    return was + (missed + 1) * every
