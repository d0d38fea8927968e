"""What many who listen need is looked up once, and tells of nobody too few."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from dispatch.api.looked_up import Concerns, Looks
from dispatch.domain.plans import PlanRunState
from dispatch.domain.rights import Action, Role
from dispatch.services import visible, work_orders
from dispatch.services.concerned import concerned
from dispatch.services.feed import Line
from dispatch.store.events import Event
from dispatch.store.plans import PlanRun
from dispatch.store.tickets import Ticket
from tests.api.rights.estate import an_estate
from tests.factories import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def statements() -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.rule("SEC-2")
async def test_whoever_may_see_a_ticket_as_their_own_is_named_among_its_people(
    world: World,
) -> None:
    estate = await an_estate(world)
    for role in (Role.RESIDENT, Role.TECHNICIAN):
        world.actors[role] = (await world.user(role, party_id=world.party.id))[1]
    technician, account = await world.technician()
    order = await world.order(party_id=world.party.id)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    people = [account, *world.actors.values(), *estate.insiders.values()]
    if estate.holder is not None:
        people.append(estate.holder)
    seen_as_own = 0
    for actor in people:
        async with world.services.reading(actor) as tx:
            seen = (
                await tx.session.execute(select(Ticket).where(visible.tickets(actor)))
            ).scalars()
            own = [
                each for each in seen if not actor.may(Action.SEE_ALL_TICKETS, site_id=each.site_id)
            ]
            known = await concerned(tx.session, [each.id for each in own])
        assert all(known[each.id].is_of(actor) for each in own)
        seen_as_own += len(own)
    assert seen_as_own >= 2


@SQLITE
async def test_a_hundred_residents_cost_one_look_at_whom_a_ticket_concerns(world: World) -> None:
    ticket = await world.ticket(party_id=world.party.id)
    lines = [
        Line(number, row)
        for number, row in enumerate(await world.rows(Event, Event.ticket_id == ticket.id))
    ]
    concerns = Concerns(world.services)
    with statements() as said:
        found = await asyncio.gather(*(concerns.of(lines) for _ in range(100)))
    assert len(said) == 3
    assert {each[ticket.id].party_id for each in found} == {world.party.id}
    # Another line of it: what was known may hold no longer.
    with statements() as said:
        await concerns.of([Line(lines[-1].number + 1, lines[-1].row)])
        await concerns.of(lines)
    assert len(said) == 3


@SQLITE
async def test_all_who_wait_for_a_run_look_at_it_together(world: World) -> None:
    async with world.services.store.writing() as session:
        run = PlanRun(
            site_id=world.site.id,
            day=world.today(),
            state=PlanRunState.RUNNING,
            requested_by_name="Li",
            starts_at=world.clock.now,
            ends_at=world.clock.now,
            started_at=world.clock.now,
            seconds=1,
            seed=1,
            engine="auto",
        )
        session.add(run)
        await session.flush()
        run_id = run.id
    looks = Looks(world.services, every_s=30.0)
    with statements() as said:
        rows = await asyncio.gather(*(looks.at(run_id) for _ in range(50)))
        await looks.at(run_id)
    assert len(said) == 1
    assert {row.id for row in rows if row is not None} == {run_id}
    looks.every_s = 0.0
    with statements() as said:
        assert await looks.at(run_id + 1) is None
        await looks.at(run_id)
    assert len(said) == 2
