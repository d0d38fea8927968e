"""A worker killed in the midst of an import: another brings the file in, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from dispatch.domain.imports import ImportKind, ImportRunState
from dispatch.domain.rights import Role
from dispatch.services.import_files import ImportFile
from dispatch.services.import_runs import IMPORT_RUN_JOB, outcome_of, run_import
from dispatch.store.import_runs import ImportRun
from dispatch.store.materials import Material
from tests.e2e.workers import TAKE_OVER_S, holder, two_workers
from tests.factories import World, a_world

# So many that the import is under way for a while.
ROWS = 600


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with a_world(database_url, now=datetime.now(UTC)) as built:
        yield built


@pytest.mark.slow
@pytest.mark.rule("INT-11")
async def test_a_killed_workers_import_is_taken_up_and_imported_once(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    rows = [f"M{number},阀门 {number},个" for number in range(ROWS)]
    file = ImportFile("materials.csv", "\n".join(("编码,名称,单位", *rows)).encode())
    async with two_workers(world.services.store.url) as workers:
        answer = await run_import(
            world.services,
            world.actors[Role.ADMINISTRATOR],
            site_id=world.site.id,
            kind=ImportKind.MATERIALS,
            file=file,
            background=True,
        )
        assert answer.run is not None
        await state(world, ImportRunState.RUNNING)
        killed = datetime.now(UTC)
        await workers.kill(await holder(world, job=IMPORT_RUN_JOB))
        # It was in the midst of it: nothing of the file is there.
        assert await world.rows(Material) == []
        run = await state(world, ImportRunState.DONE)
    assert run.takes == 2
    outcome = outcome_of(run)
    assert outcome is not None
    assert (outcome.read, outcome.imported, outcome.known) == (ROWS, ROWS, 0)
    assert len(await world.rows(Material)) == ROWS
    assert len(await world.events("site.materials_imported")) == 1
    assert len(await world.events("import_run.done")) == 1
    (again,) = await world.events("import_run.taken_up")
    waited = (again.at - killed).total_seconds()
    record_property("seconds_until_taken_up", round(waited, 1))
    print(f"taken up {waited:.1f} s after the kill")
    assert waited < TAKE_OVER_S


async def state(world: World, wanted: ImportRunState) -> ImportRun:
    """The run, once it stands there."""
    async with asyncio.timeout(120):
        while True:
            (run,) = await world.rows(ImportRun)
            if run.state is wanted:
                return run
            await asyncio.sleep(0.02)
