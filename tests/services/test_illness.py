"""Whoever falls ill loses what a person gave them, as many orders as it is, in one go (DSP-7)."""

from datetime import timedelta

import pytest

from dispatch.domain.clocks import ClockKind, ClockState
from dispatch.domain.plans_in_force import PlanCause
from dispatch.domain.work_orders import AssignmentEnd, AssignmentStep, WorkOrderState
from dispatch.services import delays, work_orders
from dispatch.store.clocks import Clock
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.api.operations.day import counted, counting
from tests.factories import World


async def given(world: World, name: str, *, orders: int) -> tuple[Technician, set[int]]:
    """Somebody to whom a dispatcher gave so many orders, and their ids."""
    person, _ = await world.technician(name)
    ids: set[int] = set()
    for number in range(orders):
        order = await world.public_order()
        await world.do(
            world.dispatcher,
            work_orders.assign,
            work_order_id=order.id,
            technician_id=person.id,
            planned_start=world.clock.now + timedelta(hours=1 + number),
        )
        ids.add(order.id)
    return person, ids


@pytest.mark.rule("DSP-7")
async def test_all_that_was_given_by_hand_is_open_again_at_once(world: World) -> None:
    person, ids = await given(world, "ill", orders=3)
    before = len(await world.events("plan_in_force.changed"))
    await world.do(world.dispatcher, delays.report_ill, technician_id=person.id)
    orders = await world.rows(WorkOrder, WorkOrder.id.in_(ids))
    assert {(each.state, each.dispatch_step) for each in orders} == {
        (WorkOrderState.QUEUED, AssignmentStep.AUTO)
    }
    ended = await world.rows(Assignment, Assignment.work_order_id.in_(ids))
    assert {(each.end, each.end_reason) for each in ended} == {
        (AssignmentEnd.REASSIGNED, "technician is ill")
    }
    (change,) = (await world.events("plan_in_force.changed"))[before:]
    assert change.data["cause"] == PlanCause.UNASSIGNED.value
    assert {each["work_order_id"]: each["was_crew"] for each in change.data["moves"]} == {
        order_id: [person.id] for order_id in ids
    }
    waiting = await world.rows(
        Clock, Clock.kind == ClockKind.DISPATCH_STEP.value, Clock.state == ClockState.RUNNING
    )
    assert {each.work_order_id for each in waiting} == ids
    assert len(waiting) == len(ids)
    for kind in ("assignment.ended", "work_order.unassigned", "work_order.passed_on"):
        told = await world.events(kind)
        assert {each.work_order_id for each in told} == ids
        assert len(told) == len(ids)


async def test_many_orders_cost_no_more_statements_than_few(world: World) -> None:
    """But for the rows that change: each is written alone, to see that its version stands."""
    costs: list[int] = []
    with counting():
        for name, orders in (("few", 2), ("many", 5)):
            person, _ = await given(world, name, orders=orders)
            with counted() as statements:
                await world.do(world.dispatcher, delays.report_ill, technician_id=person.id)
            costs.append(sum(not each.startswith("UPDATE") for each in statements))
    assert costs[1] == costs[0]
