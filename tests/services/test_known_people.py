"""Who is known in a building or to a customer (DSP-3), also where years of work were done."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text, update

from dispatch.domain.work_orders import AssignmentEnd, AssignmentStep, WorkOrderState
from dispatch.services.plan_inputs import load_day, open_orders
from dispatch.services.sites import local_day
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

LATELY = timedelta(days=30)
OPEN, DONE = 100, 3_000


async def served(
    world: World,
    order: WorkOrder,
    *,
    ago: timedelta = LATELY,
    end: AssignmentEnd = AssignmentEnd.DONE,
    **fields: Any,
) -> int:
    """Somebody had the order and ended it so long ago; their id."""
    technician, _ = await world.technician()
    at = world.clock.now - ago
    async with world.services.store.writing() as session:
        session.add(
            Assignment(
                work_order_id=order.id,
                technician_id=technician.id,
                step=AssignmentStep.AUTO,
                confirmed_by_name="dispatcher",
                created_at=at,
                ended_at=at,
                end=end,
            )
        )
        changed = {"state": WorkOrderState.CLOSED, "ended_at": at, **fields}
        await session.execute(update(WorkOrder).where(WorkOrder.id == order.id).values(**changed))
    return technician.id


async def known_to(world: World, order: WorkOrder) -> frozenset[int]:
    async with world.services.reading(world.root) as tx:
        day = await load_day(tx, world.site, local_day(tx, world.site))
    [found] = [each for each in day.orders if each.order.id == order.id]
    return found.served_before


@pytest.mark.rule("DSP-3")
async def test_whoever_did_work_in_the_building_or_for_the_customer_is_known(world: World) -> None:
    here = await world.order()
    in_building = await served(world, await world.order(place_id=world.rooms[1].id))
    for_customer = await served(world, await world.public_order(party_id=world.party.id))
    # In the open, for somebody else; too long ago; given back; not ended yet.
    elsewhere = await served(world, await world.public_order())
    await served(world, await world.order(), ago=timedelta(days=181))
    await served(world, await world.order(), end=AssignmentEnd.GIVEN_BACK)
    async with world.services.store.writing() as session:
        # A report names the customer once they are known.
        await session.execute(
            update(Ticket).where(Ticket.id == here.ticket_id).values(party_id=world.party.id)
        )
    assert await known_to(world, here) == {in_building, for_customer}
    stranger = await world.public_order()
    assert elsewhere not in await known_to(world, stranger)
    assert await known_to(world, stranger) == set()


@pytest.mark.rule("DSP-3")
async def test_work_of_an_order_that_goes_on_counts(world: World) -> None:
    order = await world.order()
    first = await served(world, order, state=WorkOrderState.QUEUED, ended_at=None)
    assert await known_to(world, order) == {first}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_site_with_much_open_work_and_a_long_past_is_read_once_through(
    world: World,
) -> None:
    """Each open order beside each one done would be 300,000 pairs."""
    order = await world.order()
    await served(world, await world.order(place_id=world.rooms[1].id))
    async with world.services.store.engine.begin() as connection:
        for statement in _MANY:
            await connection.execute(
                text(statement), {"id": order.id, "open": OPEN, "rows": OPEN + DONE}
            )
    async with world.services.store.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE ticket, work_order, assignment"))
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        statements.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        async with world.services.reading(world.root) as tx:
            found = await open_orders(tx, world.site)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(found) == OPEN + 1
    assert {len(each.served_before) for each in found} == {1}
    async with world.services.store.engine.connect() as connection:
        for statement, values in statements:
            told = await connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values
            )
            [plan] = told.scalar_one()
            for node in _nodes(plan["Plan"]):
                removed = node.get("Rows Removed by Filter", 0)
                removed += node.get("Rows Removed by Join Filter", 0)
                touched = (node["Actual Rows"] + removed) * node["Actual Loops"]
                assert touched <= 2 * (OPEN + DONE), (statement, node)


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for each in node.get("Plans", ()) for below in _nodes(each))]


_MANY = (
    """
    INSERT INTO work_order(site_id, ticket_id, number, state, priority, trade, level, duration_s,
      crew_size, area, place_id, building_id, latitude, longitude, door_code_wrong, is_pinned,
      is_rework, created_at, ended_at, version)
    SELECT site_id, ticket_id, 'N' || n, CASE WHEN n <= :open THEN 'QUEUED' ELSE 'CLOSED' END,
      priority, trade, 1, 1800, 1, 'IN_HOME', place_id, building_id, latitude, longitude, 0, false,
      false, created_at, CASE WHEN n > :open THEN created_at END, 1
    FROM work_order, generate_series(1, :rows) n WHERE work_order.id = :id
    """,
    """
    INSERT INTO assignment(work_order_id, technician_id, step, why, confirmed_by_name, created_at,
      ended_at, "end", version)
    SELECT id, (SELECT max(id) FROM technician), 'AUTO', '{}', 'x', created_at, ended_at, 'DONE', 1
    FROM work_order WHERE number LIKE 'N%' AND state = 'CLOSED'
    """,
)
