"""Orders walk through the dispatch steps by themselves, to the end."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from dispatch.domain.clocks import ClockKind, ClockState
from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor, Role
from dispatch.domain.technicians import TechnicianKind
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.jobs.sweeper import sweep
from dispatch.services import execution, offers, policies, work_orders
from dispatch.store.clocks import Clock
from dispatch.store.messages import Message
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

GRAB_FIRST = [{"step": "GRAB", "limit_s": 300}, {"step": "SUPERVISOR"}]


async def _set(world: World, **document: Any) -> None:
    """A policy that has long been in force."""
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)


async def _later(world: World, **delta: float) -> None:
    """Time passes; the sweeper looks as often as anything could follow from what it did."""
    world.clock.forward(**delta)
    for _ in range(3):
        await sweep(world.services)


async def _order(world: World, order: WorkOrder) -> WorkOrder:
    (found,) = await world.rows(WorkOrder, WorkOrder.id == order.id)
    return found


async def _called(world: World) -> list[tuple[str, datetime]]:
    """Roles that were told to assign, and when."""
    return [(each.data["to"], each.at) for each in await world.events("work_order.climbed")]


async def _leader_role(world: World, role: Role) -> Actor:
    _, actor = await world.user(role)
    return actor


@pytest.mark.rule("DSP-1", "GRAB-3")
async def test_an_order_nobody_grabs_climbs_one_level_every_five_minutes(world: World) -> None:
    await _set(world, dispatch_steps=GRAB_FIRST)
    await world.technician()
    order = await world.public_order()
    await _later(world, seconds=1)
    assert (await _order(world, order)).state is WorkOrderState.OFFERED
    await _later(world, seconds=299)
    assert (await _order(world, order)).state is WorkOrderState.OFFERED
    await _later(world, seconds=1)
    waiting = await _order(world, order)
    assert (waiting.state, waiting.dispatch_step) == (
        WorkOrderState.QUEUED,
        AssignmentStep.SUPERVISOR,
    )
    first = world.clock.now
    assert await _called(world) == [("SUPERVISOR", first)]
    supervisor = world.actors[Role.SUPERVISOR]
    told = await world.rows(Message, Message.kind == "MUST_ASSIGN")
    assert [each.reader for each in told] == [supervisor.name]
    await _later(world, seconds=299)
    assert len(await _called(world)) == 1
    await _later(world, seconds=1)
    await _later(world, minutes=5)
    await _later(world, minutes=60)
    assert await _called(world) == [
        ("SUPERVISOR", first),
        ("PROJECT_MANAGER", first + timedelta(minutes=5)),
        ("ADMINISTRATOR", first + timedelta(minutes=10)),
    ]


@pytest.mark.rule("GRAB-3")
async def test_an_order_that_the_supervisor_assigned_climbs_no_further(world: World) -> None:
    await _set(world, dispatch_steps=GRAB_FIRST)
    technician, _ = await world.technician()
    order = await world.public_order()
    await _later(world, seconds=1)
    await _later(world, minutes=5)
    await world.do(
        world.actors[Role.SUPERVISOR],
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician.id,
    )
    await _later(world, minutes=30)
    assert [role for role, _ in await _called(world)] == ["SUPERVISOR"]
    running = await world.rows(
        Clock, Clock.kind == ClockKind.CLIMB, Clock.state == ClockState.RUNNING
    )
    assert running == []


@pytest.mark.rule("GRAB-3")
async def test_a_level_that_the_site_has_nobody_for_is_passed_over(world: World) -> None:
    steps = [{"step": "SUPERVISOR"}]
    ladder = {"must_assign": ["TEAM_LEADER", "PROJECT_MANAGER"], "climb_s": 60}
    await _set(world, dispatch_steps=steps, dispatching=ladder)
    async with world.services.writing(world.root) as tx:
        user = await tx.session.get_one(
            type(world.users[Role.TEAM_LEADER]), world.users[Role.TEAM_LEADER].id
        )
        user.disabled_at = tx.now
    await world.public_order()
    await _later(world, seconds=1)
    assert [role for role, _ in await _called(world)] == ["PROJECT_MANAGER"]


@pytest.mark.rule("DSP-1")
async def test_a_directed_order_goes_to_whom_the_customer_named_and_on_when_not_accepted(
    world: World,
) -> None:
    steps = [{"step": "DIRECTED", "limit_s": 120}, *GRAB_FIRST]
    await _set(world, dispatch_steps=steps)
    named, _ = await world.technician("named")
    ticket = (await world.public_order()).ticket_id
    order = await world.do(
        world.desk, work_orders.create, ticket_id=ticket, named_technician_id=named.id
    )
    assert order.dispatch_step is AssignmentStep.DIRECTED
    await _later(world, seconds=1)
    (held,) = await world.rows(Assignment, Assignment.work_order_id == order.id)
    assert (held.technician_id, held.step) == (named.id, AssignmentStep.DIRECTED)
    told = await world.rows(Message, Message.kind == "ORDER_ASSIGNED")
    assert [each.technician_id for each in told] == [named.id]
    await _later(world, seconds=120)
    moved = await _order(world, order)
    assert (moved.state, moved.dispatch_step) == (WorkOrderState.OFFERED, AssignmentStep.GRAB)


@pytest.mark.rule("DSP-1")
async def test_who_accepts_in_time_keeps_the_directed_order(world: World) -> None:
    await _set(world, dispatch_steps=[{"step": "DIRECTED", "limit_s": 120}, *GRAB_FIRST])
    named, actor = await world.technician("named")
    ticket = (await world.public_order()).ticket_id
    order = await world.do(
        world.desk, work_orders.create, ticket_id=ticket, named_technician_id=named.id
    )
    await _later(world, seconds=1)
    await world.do(actor, execution.accept, work_order_id=order.id)
    await _later(world, minutes=30)
    assert (await _order(world, order)).state is WorkOrderState.ACCEPTED


@pytest.mark.rule("DSP-1")
async def test_whom_the_customer_named_is_passed_over_when_off_duty(world: World) -> None:
    await _set(world, dispatch_steps=[{"step": "DIRECTED"}, *GRAB_FIRST])
    named, _ = await world.technician("late shift", starts=time(15), ends=time(23))
    other, _ = await world.technician()
    ticket = (await world.public_order()).ticket_id
    order = await world.do(
        world.desk, work_orders.create, ticket_id=ticket, named_technician_id=named.id
    )
    await _later(world, seconds=1)
    assert (await _order(world, order)).dispatch_step is AssignmentStep.GRAB
    (offer,) = await world.rows(Offer, Offer.work_order_id == order.id)
    shown = await world.rows(OfferRecipient, OfferRecipient.offer_id == offer.id)
    assert [each.technician_id for each in shown] == [other.id]


@pytest.mark.rule("DSP-1", "DSP-12")
async def test_the_last_step_opens_the_order_to_vendors_alone(world: World) -> None:
    steps = [
        {"step": "GRAB", "limit_s": 60},
        {"step": "SUPERVISOR", "limit_s": 60},
        {"step": "VENDOR", "limit_s": 60},
    ]
    await _set(world, dispatch_steps=steps)
    await world.technician("staff")
    vendors, actor = await world.technician("vendor's", kind=TechnicianKind.VENDOR)
    order = await world.public_order()
    await _later(world, seconds=1)
    await _later(world, seconds=60)
    assert (await _order(world, order)).dispatch_step is AssignmentStep.SUPERVISOR
    await _later(world, seconds=60)
    assert (await _order(world, order)).dispatch_step is AssignmentStep.VENDOR
    _, offer = await world.rows(Offer)
    shown = await world.rows(OfferRecipient, OfferRecipient.offer_id == offer.id)
    assert [each.technician_id for each in shown] == [vendors.id]
    await world.do(actor, offers.grab, work_order_id=order.id)
    (held,) = await world.rows(Assignment)
    assert (held.step, held.technician_id) == (AssignmentStep.VENDOR, vendors.id)


@pytest.mark.rule("DSP-1")
async def test_what_no_vendor_takes_goes_back_to_those_who_must_assign(world: World) -> None:
    steps = [{"step": "GRAB", "limit_s": 60}, {"step": "VENDOR", "limit_s": 60}]
    await _set(world, dispatch_steps=steps)
    await world.technician("vendor's", kind=TechnicianKind.VENDOR)
    await world.public_order()
    await _later(world, seconds=1)
    await _later(world, seconds=60)
    assert await _called(world) == []
    await _later(world, seconds=60)
    assert [role for role, _ in await _called(world)] == ["SUPERVISOR"]


@pytest.mark.rule("DSP-1")
async def test_where_the_walk_is_switched_off_orders_wait_for_people(world: World) -> None:
    await _set(world, dispatch_steps=GRAB_FIRST, dispatching={"walk": False})
    await world.technician()
    order = await world.public_order()
    await _later(world, hours=2)
    assert (await _order(world, order)).state is WorkOrderState.QUEUED
    assert await world.rows(Clock, Clock.kind.startswith("DISPATCH")) == []


@pytest.mark.rule("DSP-1")
async def test_an_order_taken_off_offer_by_hand_walks_on_when_nobody_cares_for_it(
    world: World,
) -> None:
    await _set(world, dispatch_steps=GRAB_FIRST, dispatching={"by_hand_s": 600})
    await world.technician()
    order = await world.public_order()
    await _later(world, seconds=1)
    await world.do(world.dispatcher, offers.withdraw, work_order_id=order.id)
    await _later(world, seconds=599)
    assert (await _order(world, order)).state is WorkOrderState.QUEUED
    await _later(world, seconds=1)
    assert (await _order(world, order)).state is WorkOrderState.OFFERED


@pytest.mark.rule("DSP-8")
async def test_a_declined_order_climbs_from_the_next_technician_to_the_project_manager(
    world: World,
) -> None:
    await _set(world, dispatch_steps=GRAB_FIRST)
    leader, _ = await world.technician("班长", trades={"hvac": 3})
    first, decliner = await world.technician("first", leader_id=leader.id)
    second, another = await world.technician("second", leader_id=leader.id)
    await world.technician("third")
    order = await world.public_order()
    assigned = {"work_order_id": order.id, "technician_id": first.id}
    await world.do(world.dispatcher, work_orders.assign, **assigned)
    with pytest.raises(Refused):
        await world.do(decliner, execution.decline, work_order_id=order.id, reason=" ")
    await world.do(decliner, execution.decline, work_order_id=order.id, reason="不会修")
    start = world.clock.now
    await _later(world, seconds=1)
    # The next technicians are asked; who declined is not.
    (offer,) = await world.rows(Offer)
    shown = await world.rows(OfferRecipient, OfferRecipient.offer_id == offer.id)
    assert first.id not in {each.technician_id for each in shown}
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=second.id
    )
    await world.do(another, execution.decline, work_order_id=order.id, reason="病了")
    second_at = world.clock.now
    for _ in range(3):
        await _later(world, minutes=5)
    climbed = await world.events("work_order.climbed")
    assert [(each.data["to"], each.at) for each in climbed] == [
        ("TECHNICIAN", start),
        ("TEAM_LEADER", second_at),
        ("SUPERVISOR", second_at + timedelta(minutes=5)),
        ("PROJECT_MANAGER", second_at + timedelta(minutes=10)),
    ]
    # The decliner's own leader is named, not every leader of the site.
    assert climbed[0].data["people"] == ["second", "third"]
    assert climbed[1].data["people"] == ["班长"]
    assert climbed[3].data["people"] == [world.actors[Role.PROJECT_MANAGER].name]
