"""Imports as jobs: taken up by any worker, brought in once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from dispatch.domain.errors import Code, Refused
from dispatch.domain.imports import ImportKind, ImportRunState
from dispatch.domain.rights import Role
from dispatch.services import import_jobs, policies
from dispatch.services.import_clearing import clear_all
from dispatch.services.import_files import ImportFile
from dispatch.services.import_maps import load_map
from dispatch.services.import_rows import Cause
from dispatch.services.import_runs import ImportAnswer, outcome_of, run_import
from dispatch.store.import_runs import ImportRun
from dispatch.store.materials import Material
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from dispatch.store.users import User
from tests.factories import World

pytestmark = pytest.mark.rule("INT-11")
GOOD = ("M1,阀,个", "M2,管,米")


def materials(*rows: str, name: str = "m.csv") -> ImportFile:
    return ImportFile(name, "\r\n".join(("编码,名称,单位", *rows)).encode())


async def ask(world: World, file: ImportFile, /, **given: Any) -> ImportAnswer:
    return await run_import(
        world.services,
        world.actors[Role.ADMINISTRATOR],
        **{"site_id": world.site.id, "kind": ImportKind.MATERIALS, "file": file, **given},
    )


async def queued(world: World, *rows: str, **given: Any) -> int:
    """An import in the background that nobody has begun."""
    answer = await ask(world, materials(*rows), background=True, **given)
    assert answer.outcome is None
    assert answer.run is not None
    assert answer.run.state is ImportRunState.QUEUED
    return answer.run.id


async def the_run(world: World) -> ImportRun:
    (run,) = await world.rows(ImportRun)
    return run


async def holds_file(world: World) -> bool:
    return bool(await world.rows(ImportRun, ImportRun.content.is_not(None)))


@pytest.mark.rule("INT-11")
async def test_who_asked_for_an_import_is_told_when_it_ends(world: World) -> None:
    for rows, given in ((GOOD, {"dry_run": True}), (GOOD, {}), ((*GOOD, "M9,,"), {})):
        run_id = await queued(world, *rows, **given)
        for _ in range(2):
            await import_jobs.carry_out(world.services, run_id=run_id)
    await ask(world, materials(*GOOD), background=False)
    told = await world.rows(Message, Message.kind.startswith("IMPORT_"))
    assert {each.user_id for each in told} == {world.actors[Role.ADMINISTRATOR].user_id}
    assert [
        (each.kind, *(each.params[n] for n in ("imported", "known", "bad"))) for each in told
    ] == [
        ("IMPORT_TRIED", 2, 0, 0),
        ("IMPORT_DONE", 2, 0, 0),
        ("IMPORT_FAILED", 0, 2, 1),
    ]


@pytest.mark.rule("INT-11", "SEC-5")
async def test_ended_imports_are_cleared_away_and_what_they_brought_stays(world: World) -> None:
    await ask(world, materials(*GOOD), background=False, idempotency_key="once")
    failed = await queued(world, "M9,,")
    await import_jobs.carry_out(world.services, run_id=failed)
    waiting = await queued(world, *GOOD)
    world.clock.forward(days=89)
    recent = await queued(world, *GOOD, dry_run=True)
    await import_jobs.carry_out(world.services, run_id=recent)
    assert await clear_all(world.services) == 0
    world.clock.forward(days=2)
    assert await clear_all(world.services) == 2
    assert [each.id for each in await world.rows(ImportRun)] == [waiting, recent]
    assert len(await world.rows(Material)) == 2
    assert len(await world.events("import_run.cleared")) == 2
    # The key is free again, and tells nothing of a run that is no more.
    again = await ask(world, materials(*GOOD), background=False, idempotency_key="once")
    assert again.run is not None


async def test_a_run_that_two_workers_carry_out_is_imported_once(world: World) -> None:
    run_id = await queued(world, *GOOD)
    assert await world.rows(Material) == []
    assert await holds_file(world)
    await asyncio.gather(*(import_jobs.carry_out(world.services, run_id=run_id) for _ in range(2)))
    await import_jobs.carry_out(world.services, run_id=run_id)
    run = await the_run(world)
    assert (run.state, run.finished_at) == (ImportRunState.DONE, world.clock.now)
    assert run.requested_by_name == world.actors[Role.ADMINISTRATOR].name
    assert [each.code for each in await world.rows(Material)] == ["M1", "M2"]
    (told,) = await world.events("site.materials_imported")
    assert told.actor_id == world.actors[Role.ADMINISTRATOR].user_id
    assert len(await world.events("import_run.done")) == 1
    outcome = outcome_of(run)
    assert outcome is not None
    assert (outcome.read, outcome.imported, outcome.is_written) == (2, 2, True)
    # Neither is the file kept any longer, nor did the record ever have what stands in it.
    assert not await holds_file(world)
    recorded = await world.events(subject="import_run")
    assert [each.kind for each in recorded][:2] == ["import_run.queued", "import_run.started"]
    columns = {name for each in recorded for name in (*each.before, *each.after)}
    assert "file_name" in columns
    assert not columns & {"content", "mapping", "outcome"}


async def test_what_a_killed_worker_left_is_taken_up(world: World) -> None:
    run_id = await queued(world, *GOOD)
    for _ in range(2):
        assert await world.do(world.root, import_jobs.take, run_id=run_id) is not None
    await import_jobs.carry_out(world.services, run_id=run_id)
    run = await the_run(world)
    assert (run.state, run.takes) == (ImportRunState.DONE, 3)
    assert len(await world.events("import_run.taken_up")) == 2
    assert len(await world.rows(Material)) == 2


async def test_a_run_that_ends_every_worker_ends_itself(world: World) -> None:
    run_id = await queued(world, *GOOD)
    for _ in range(5):
        assert await world.do(world.root, import_jobs.take, run_id=run_id) is not None
    await import_jobs.carry_out(world.services, run_id=run_id)
    run = await the_run(world)
    assert run.state is ImportRunState.FAILED
    assert run.refusal is not None
    assert run.refusal["code"] == Code.INTERNAL
    assert await world.rows(Material) == []


async def test_bad_rows_are_told_and_nothing_of_the_file_is_kept(world: World) -> None:
    key = "once"
    run_id = await queued(world, "M1,阀,个", ",无号,个", "M3,,个", idempotency_key=key)
    again = await ask(
        world, materials("M1,阀,个", ",无号,个", "M3,,个"), background=True, idempotency_key=key
    )
    assert again.run is not None
    assert again.run.id == run_id
    await import_jobs.carry_out(world.services, run_id=run_id)
    run = await the_run(world)
    assert run.state is ImportRunState.FAILED
    assert run.refusal == {"code": "BAD_ROWS", "params": {"count": 2}}
    outcome = outcome_of(run)
    assert outcome is not None
    assert not outcome.is_written
    assert [(each.row, each.cause, each.column) for each in outcome.bad_rows] == [
        (3, Cause.MISSING, "编码"),
        (4, Cause.MISSING, "名称"),
    ]
    assert await world.rows(Material) == []
    assert not await holds_file(world)
    # What failed may be asked for again with the same key.
    assert await queued(world, "M1,阀,个", idempotency_key=key) != run_id


async def test_a_dry_run_in_the_background_writes_nothing(world: World) -> None:
    run_id = await queued(world, *GOOD, ",无号,个", dry_run=True)
    await import_jobs.carry_out(world.services, run_id=run_id)
    run = await the_run(world)
    outcome = outcome_of(run)
    assert outcome is not None
    assert (run.state, run.is_dry_run, outcome.is_written) == (ImportRunState.DONE, True, False)
    assert (outcome.imported, len(outcome.bad_rows)) == (2, 1)
    assert await world.rows(Material) == []


async def test_the_files_length_decides_unless_somebody_says(world: World) -> None:
    document = {"intake": {"import_rows_at_once": 2}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    short = await ask(world, materials(*GOOD))
    assert short.outcome is not None
    assert short.outcome.imported == 2
    # What was written at once has its run, too.
    assert short.run is not None
    assert (short.run.state, short.run.is_background) == (ImportRunState.DONE, False)
    longer = materials(*GOOD, "M3,胶,支")
    answer = await ask(world, longer)
    assert answer.run is not None
    assert (answer.outcome, answer.run.state) == (None, ImportRunState.QUEUED)
    assert len(await world.rows(Material)) == 2
    whole = await ask(world, longer, background=False)
    assert whole.outcome is not None
    assert (whole.outcome.known, whole.outcome.imported) == (2, 1)
    # The worker finds that all is known.
    await import_jobs.carry_out(world.services, run_id=answer.run.id)
    assert len(await world.rows(Material)) == 3


async def test_the_same_key_imports_once_at_once_too(world: World) -> None:
    first = await ask(world, materials(*GOOD), idempotency_key="k")
    again = await ask(world, materials(*GOOD), idempotency_key="k")
    assert (first.outcome, again.outcome) == (first.outcome, first.outcome)
    assert len(await world.rows(ImportRun)) == 1
    with pytest.raises(Refused) as error:
        await ask(world, materials("M9,别的,个"), idempotency_key="k")
    assert error.value.refusals[0].code is Code.IDEMPOTENCY_KEY_REUSED
    before = await world.counts()
    for given in ({"dry_run": True}, {}):
        tried = await ask(world, materials(",无号,个"), idempotency_key="other", **given)
        assert tried.run is None
        assert tried.outcome is not None
        assert len(tried.outcome.bad_rows) == 1
    assert await world.counts() == before


async def test_a_map_waits_with_its_file(world: World) -> None:
    rows = (
        "单号,报单时间,关闭时间,状态,来源,类别,描述,报修人,电话,楼栋,房号,位置,处理结果",
        "A-1,2026-11-02 09:30:00,,未完成,电话,水龙头漏水,厨房漏水,王芳,138,1 幢,101,,",
    )
    file = ImportFile("t.csv", "\r\n".join(rows).encode("gb18030"))
    mapping = load_map("tickets")
    given = {"kind": ImportKind.TICKETS, "background": True}
    with pytest.raises(Refused) as error:
        await ask(world, file, **given)
    assert error.value.refusals[0].code is Code.REQUIRED
    answer = await ask(world, file, mapping=mapping, **given)
    assert answer.run is not None
    await import_jobs.carry_out(world.services, run_id=answer.run.id)
    run = await the_run(world)
    assert (run.state, run.refusal) == (ImportRunState.DONE, None)
    (ticket,) = await world.rows(Ticket)
    assert (ticket.external_ref, ticket.trade) == ("A-1", "plumbing")


async def test_what_cannot_be_read_or_is_no_longer_allowed_fails(world: World) -> None:
    answer = await ask(world, materials(*GOOD, name="m.pdf"), background=True)
    assert answer.run is not None
    await import_jobs.carry_out(world.services, run_id=answer.run.id)
    assert (await the_run(world)).refusal["code"] == Code.FILE_UNREADABLE  # type: ignore[index]
    run_id = await queued(world, *GOOD)
    async with world.services.writing(world.root) as tx:
        user = await tx.session.get_one(User, world.actors[Role.ADMINISTRATOR].user_id)
        user.disabled_at = tx.now
        await tx.session.flush()
    await import_jobs.carry_out(world.services, run_id=run_id)
    (run,) = await world.rows(ImportRun, ImportRun.id == run_id)
    assert run.state is ImportRunState.FAILED
    assert await world.rows(Material) == []


async def test_others_are_served_between_the_rows(world: World) -> None:
    run_id = await queued(world, *(f"M{number},阀,个" for number in range(20)))
    turns = 0
    at_rows: list[int] = []

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO material "):
            at_rows.append(turns)

    engine = world.services.store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    other = asyncio.create_task(somebody_else())
    try:
        await import_jobs.carry_out(world.services, run_id=run_id)
    finally:
        other.cancel()
        event.remove(engine, "before_cursor_execute", note)
    assert len(at_rows) == len(set(at_rows)) == 20
