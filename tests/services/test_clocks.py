"""Clocks are started with a change, fire once in order of time, and take their effect along."""

from __future__ import annotations

import asyncio

from dispatch.domain.clocks import ClockKind, ClockState
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.services import clocks, firing, telling
from dispatch.services.action import Tx
from dispatch.store.clocks import Clock
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from tests.factories import World


async def _start(tx: Tx, ticket_id: int, **given: int) -> None:
    ticket = await tx.session.get_one(Ticket, ticket_id)
    for kind in (ClockKind.RESOLVE, ClockKind.FIRST_ANSWER):
        await clocks.start(tx, kind, ticket, site_id=ticket.site_id, after_s=given[kind.name])


async def _chase(tx: Tx, clock: Clock) -> None:
    await telling.tell(
        tx,
        MessageKind.CLOCK_BREACHED,
        Audience(roles=(Role.SUPERVISOR,), reporter=True, owner=True),
        site_id=clock.site_id,
        ticket_id=clock.ticket_id,
        clock=clock.kind,
    )


async def test_what_is_due_fires_once_in_order_with_its_effect(world: World) -> None:
    ticket = await world.ticket(party_id=world.party.id)
    await world.do(world.root, _start, ticket_id=ticket.id, RESOLVE=120, FIRST_ANSWER=60)
    effects = dict.fromkeys(ClockKind, _chase)
    assert await world.do(world.root, firing.fire_due, effects=effects) == []
    world.clock.forward(seconds=150)
    fired = await asyncio.gather(
        *(world.do(world.root, firing.fire_due, effects=effects) for _ in range(4))
    )
    assert sorted(len(each) for each in fired) == [0, 0, 0, 2]
    events = await world.events("clock.fired", ticket_id=ticket.id)
    assert [each.data["clock"] for each in events] == ["FIRST_ANSWER", "RESOLVE"]
    told = await world.rows(Message)
    meant = {world.users[role].id for role in (Role.SUPERVISOR, Role.DESK, Role.RESIDENT)}
    assert len(told) == 2 * len(meant)
    assert {each.user_id for each in told} == meant


async def test_a_clock_started_again_replaces_the_open_one(world: World) -> None:
    ticket = await world.ticket()
    for _ in range(2):
        await world.do(world.root, _start, ticket_id=ticket.id, RESOLVE=120, FIRST_ANSWER=60)
    states = [each.state for each in await world.rows(Clock)]
    assert states.count(ClockState.STOPPED) == states.count(ClockState.RUNNING) == 2
