"""Every line of the record is heard once, in whatever order transactions commit."""

from __future__ import annotations

import pytest

from dispatch.services.event_tail import EventTail
from tests.factories import World

REPORTED = ["ticket.created", "guess.made"]
"""What a report puts on record."""


async def _begun(world: World) -> EventTail:
    tail = EventTail(world.services.store)
    await tail.begin()
    return tail


async def test_only_what_is_committed_from_now_on_is_heard(world: World) -> None:
    await world.ticket()
    tail = await _begun(world)
    assert await tail.read() == []
    ticket = await world.ticket()
    told = [(event.kind, event.ticket_id) for event in await tail.read()]
    assert told == [("ticket.created", ticket.id), ("guess.made", ticket.id)]
    assert await tail.read() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_line_that_commits_after_later_ones_is_not_missed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.services.event_tail._SETTLE_S", 0.0)
    tail = await _begun(world)
    async with world.services.writing(world.desk) as slow:
        slow.note(world.site, "site.slow")
        await slow.session.flush()
        await world.ticket()
        assert [event.kind for event in await tail.read()] == REPORTED
        await world.ticket()
        assert [event.kind for event in await tail.read()] == REPORTED
    late = await tail.read()
    assert [event.kind for event in late] == ["site.slow"]
    await world.ticket()
    assert [event.kind for event in await tail.read()] == REPORTED


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_line_begun_before_the_listener_is_heard_when_it_commits(world: World) -> None:
    async with world.services.writing(world.desk) as slow:
        slow.note(world.site, "site.slow")
        await slow.session.flush()
        await world.ticket()
        tail = await _begun(world)
        assert await tail.read() == []
    assert [event.kind for event in await tail.read()] == ["site.slow"]
