"""Every line becomes known once, in an order that stays, in whatever order transactions commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from dispatch.domain.errors import Code, Refused
from dispatch.services import feed as feeds
from dispatch.services import notifier as notifiers
from dispatch.services.feed import Feed
from dispatch.services.notifier import Notifier, Progress
from dispatch.store.publications import Topic, prune
from tests.factories import World

KEPT = timedelta(hours=24)
POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
REPORTED = ["ticket.created", "guess.made"]
"""What a report puts on record."""


def feed_of(world: World) -> Feed:
    return Feed(world.services.store, kept=KEPT, clock=world.clock)


@asynccontextmanager
async def numbering(world: World) -> AsyncIterator[Notifier | None]:
    """A notifier at work, where the database needs one."""
    store = world.services.store
    if store.is_sqlite:
        yield None
        return
    made = Notifier(store.url, lambda: None, kept_s=KEPT.total_seconds())
    await made.begin()
    try:
        yield made
    finally:
        await made.end()


async def _kinds(feed: Feed, number: int, count: int) -> tuple[list[str], int]:
    """The kinds of so many lines after a number, once they are all there."""
    for _ in range(400):
        lines = await feed.after(Topic.EVENT, number, most=1000)
        if len(lines) >= count:
            return [line.row.kind for line in lines], lines[-1].number
        await asyncio.sleep(0.025)
    pytest.fail(f"not {count} lines")


async def test_lines_and_messages_follow_each_other_by_number(world: World) -> None:
    await world.ticket()
    async with numbering(world):
        feed = feed_of(world)
        begun = await feed.newest()
        assert await feed.after(Topic.EVENT, begun.event, most=10) == []
        ticket = await world.ticket()
        kinds, last = await _kinds(feed, begun.event, 2)
        assert kinds == REPORTED
        lines = await feed.after(Topic.EVENT, begun.event, most=10)
        assert {line.row.ticket_id for line in lines} == {ticket.id}
        assert [line.number for line in lines] == sorted({line.number for line in lines})
        assert await feed.after(Topic.EVENT, last, most=10) == []
        some = await feed.after(Topic.EVENT, begun.event, upto=lines[0].number, most=10)
        assert [line.row.kind for line in some] == REPORTED[:1]
        for line in await feed.after(Topic.MESSAGE, begun.message, most=1000):
            assert line.row.channel_id is None


@POSTGRES
async def test_a_line_that_commits_late_gets_its_number_late(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifiers, "_SETTLE_S", 0.0)
    async with numbering(world):
        feed = feed_of(world)
        number = (await feed.newest()).event
        async with world.services.writing(world.desk) as slow:
            slow.note(world.site, "site.slow")
            await slow.session.flush()
            await world.ticket()
            kinds, number = await _kinds(feed, number, 2)
            assert kinds == REPORTED
            await world.ticket()
            kinds, number = await _kinds(feed, number, 2)
            assert kinds == REPORTED
        # Its id is lower than those of the lines above; whoever was told of them is told of it.
        kinds, number = await _kinds(feed, number, 1)
        assert kinds == ["site.slow"]
        await world.ticket()
        kinds, number = await _kinds(feed, number, 2)
        assert kinds == REPORTED
        await asyncio.sleep(0.3)
        assert await feed.after(Topic.EVENT, number, most=10) == []


@POSTGRES
async def test_what_is_open_while_the_lead_changes_is_not_lost(world: World) -> None:
    feed = feed_of(world)
    async with numbering(world) as first, numbering(world) as second:
        assert first is not None
        assert second is not None
        assert (first.leads, second.leads) == (True, False)
        number = (await feed.newest()).event
        async with world.services.writing(world.desk) as slow:
            slow.note(world.site, "site.slow")
            await slow.session.flush()
            await world.ticket()
            kinds, number = await _kinds(feed, number, 2)
            await first.end()
            await world.ticket()
            kinds, number = await _kinds(feed, number, 2)
            assert kinds == REPORTED
            assert second.leads
        kinds, number = await _kinds(feed, number, 1)
        assert kinds == ["site.slow"]


@POSTGRES
async def test_what_happened_while_nobody_numbered_is_numbered_first(world: World) -> None:
    feed = feed_of(world)
    async with numbering(world):
        number = (await feed.newest()).event
    await world.ticket()
    async with numbering(world):
        # At once: whoever begins to listen now does not get it as something new.
        assert [line.row.kind for line in await feed.after(Topic.EVENT, number, most=9)] == REPORTED


async def test_a_cursor_is_good_for_as_long_as_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = feed_of(world)

    async def code(number: int) -> Code | None:
        try:
            await feed.demand_kept(Topic.EVENT, number)
        except Refused as refused:
            return refused.refusals[0].code
        return None

    async with numbering(world):
        number = (await feed.newest()).event
        await world.ticket()
        _, last = await _kinds(feed, number, 2)
        assert await code(number) is None
        assert await code(last) is None
        # Of another database, or made up.
        assert await code(last + 1) is Code.CURSOR_TOO_OLD
        monkeypatch.setattr(feeds, "CAUGHT_UP_MOST", 1)
        assert await code(number) is Code.CURSOR_TOO_OLD
        monkeypatch.undo()
        if world.services.store.is_sqlite:
            world.clock.now += KEPT + timedelta(minutes=1)
        else:
            await _age(world)
        assert await code(number) is Code.CURSOR_TOO_OLD
        assert await code(last) is None


async def _age(world: World) -> None:
    """Numbers given a second ago seem two days old."""
    async with world.services.store.engine.begin() as connection:
        statement = "UPDATE publication SET published_at = published_at - interval '2 days'"
        await connection.execute(text(statement))


async def _prune_to_the_newest(world: World) -> None:
    """What may still be followed by a lower id is kept: any transaction of the server that is
    under way puts that off, another test's, too."""
    left = None
    for _ in range(2400):
        async with world.services.store.engine.begin() as connection:
            await prune(connection, kept_s=KEPT.total_seconds())
            counted = await connection.execute(text("SELECT count(*) FROM publication"))
            left = counted.scalar_one()
        if left == 1:
            return
        await asyncio.sleep(0.025)
    pytest.fail(f"{left} numbers are left")


@POSTGRES
async def test_old_numbers_are_forgotten_and_nothing_is_numbered_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifiers, "_SETTLE_S", 0.0)
    feed = feed_of(world)
    async with numbering(world):
        number = (await feed.newest()).event
        for _ in range(3):
            await world.ticket()
            _, number = await _kinds(feed, number, 2)
    async with numbering(world):
        await _age(world)
        await _prune_to_the_newest(world)
        await world.ticket()
        kinds, _ = await _kinds(feed, number, 2)
        assert kinds == REPORTED


def test_the_floor_waits_for_every_transaction_that_may_be_below() -> None:
    progress = Progress(10)
    progress.saw(20, now=0.0)
    # Not settled: an id may be drawn by a transaction that has no number yet.
    assert not progress.settle(oldest=100, unborn=100, now=1.0)
    # Settled; transaction 105 may still bring a line below 20.
    assert not progress.settle(oldest=105, unborn=110, now=6.0)
    progress.saw(30, now=6.0)
    assert not progress.settle(oldest=109, unborn=120, now=7.0)
    assert progress.floor == 10
    assert progress.settle(oldest=110, unborn=121, now=8.0)
    assert progress.floor == 20
    assert not progress.settle(oldest=115, unborn=121, now=12.0)
    assert progress.settle(oldest=121, unborn=121, now=13.0)
    assert progress.floor == 30
