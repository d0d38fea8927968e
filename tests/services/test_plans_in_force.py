"""The plan in force: one versioned thing per site and day, each change an event with its cause."""

from datetime import timedelta

import pytest

from dispatch.domain.plans_in_force import DisturbanceCause, PlanCause
from dispatch.services import execution, offers, work_orders
from dispatch.store.messages import Message
from dispatch.store.plans_in_force import Disturbance, PlanInForce
from tests.factories import World


async def test_every_change_counts_up_and_says_who_lost_what(world: World) -> None:
    near, own = await world.technician("near")
    order = await world.public_order()
    at = world.clock.now + timedelta(hours=2)
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=near.id,
        planned_start=at,
    )
    (row,) = await world.rows(PlanInForce)
    assert (row.site_id, row.version, row.why) == (world.site.id, 1, PlanCause.ASSIGNED)
    await world.do(own, execution.decline, work_order_id=order.id, reason="no van")
    (row,) = await world.rows(PlanInForce)
    assert (row.version, row.why) == (2, PlanCause.DECLINED)
    assigned, declined = await world.events("plan_in_force.changed")
    (got,), (lost,) = assigned.data["moves"], declined.data["moves"]
    assert (got["was_crew"], got["crew"]) == ([], [near.id])
    assert (lost["was_crew"], lost["crew"], lost["was_starts_at"]) == (
        [near.id],
        [],
        at.isoformat(),
    )
    assert declined.work_order_id == order.id
    (disturbance,) = await world.rows(Disturbance)
    assert (disturbance.what, disturbance.technician_id) == (DisturbanceCause.DECLINED, near.id)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    # An offer changes nobody's day.
    (row,) = await world.rows(PlanInForce)
    assert row.version == 2


@pytest.mark.rule("DSP-7")
async def test_a_customer_hears_of_moves_of_more_than_the_policys_minutes(world: World) -> None:
    """Also of many small ones: each is judged against what they were told last."""
    near, _ = await world.technician("near")
    order = await world.public_order()
    first = world.clock.now + timedelta(hours=2)
    told: list[int] = []
    for minutes in (0, 10, 15, 16, 20, 0):
        await world.do(
            world.dispatcher,
            work_orders.assign,
            work_order_id=order.id,
            technician_id=near.id,
            planned_start=first + timedelta(minutes=minutes),
        )
        told.append(len(await world.rows(Message, Message.kind == "ARRIVAL_MOVED")))
    # 16 is more than 15 from the first word; 20 is 4 from the second; 0 is 16 from it.
    assert told == [0, 0, 0, 1, 1, 2]
    message = (await world.rows(Message, Message.kind == "ARRIVAL_MOVED"))[0]
    assert message.params["was"] == first.isoformat()
    assert (message.work_order_id, message.reader) == (order.id, "王芳")
