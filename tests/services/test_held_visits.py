"""Visits that hold room without an order: read all at once, however many there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event

from dispatch.domain.appointments import AppointmentState
from dispatch.services.held_visits import held_visits
from dispatch.store.sites import Place
from dispatch.store.work_orders import Appointment, WorkOrder
from tests.factories import World


async def _promised(world: World, **given: Any) -> Appointment:
    row = Appointment(
        site_id=world.site.id,
        starts_at=world.clock.now + timedelta(days=1),
        ends_at=world.clock.now + timedelta(days=1, hours=2),
        created_at=world.clock.now,
        **{"state": AppointmentState.HELD, **given},
    )
    async with world.services.writing(world.root) as tx:
        tx.session.add(row)
    return row


async def _hold_some(world: World, order: WorkOrder, place: Place) -> None:
    """A slot for a report that is being taken, and one for an order that was moved before."""
    await _promised(world, place_id=place.id, trade="plumbing", duration_s=1200)
    moved = AppointmentState.MOVED
    first = await _promised(world, state=moved, work_order_id=order.id)
    await _promised(world, moved_from_id=first.id)


async def _read(world: World) -> tuple[list[WorkOrder], int]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    async with world.services.reading(world.root) as tx:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            found = await held_visits(tx, world.site.id)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    return [each.order for each in found], len(asked)


async def test_what_is_held_is_read_at_once_however_much_it_is(world: World) -> None:
    orders = [await world.order(), await world.public_order()]
    assert await _read(world) == ([], 1)
    await _hold_some(world, orders[0], world.rooms[0])
    [taken, moved], few = await _read(world)
    assert (taken.trade, taken.duration_s) == ("plumbing", 1200)
    assert (taken.place_id, taken.building_id) == (world.rooms[0].id, world.building.id)
    assert (moved.place_id, moved.building_id) == (orders[0].place_id, orders[0].building_id)
    await _hold_some(world, orders[1], world.garden)
    await _hold_some(world, orders[1], world.rooms[1])
    found, many = await _read(world)
    assert [each.place_id for each in found[2::2]] == [world.garden.id, world.rooms[1].id]
    assert [each.building_id for each in found[2::2]] == [None, world.building.id]
    assert [each.place_id for each in found[3::2]] == [orders[1].place_id] * 2
    assert many == few
