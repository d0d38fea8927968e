"""What keeps a technician from grabbing, and who sees an offer first."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor
from dispatch.domain.work_orders import WorkOrderState
from dispatch.jobs.sweeper import sweep
from dispatch.services import execution, offers, policies, work_orders
from dispatch.store.messages import Message
from dispatch.store.offers import OfferRecipient
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder
from tests.factories import World
from tests.services.test_tickets import codes


async def _offered(world: World, **given: object) -> WorkOrder:
    order = await world.public_order(**given)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    return order


async def _assigned(
    world: World, technician: Technician, *, planned_start: datetime | None = None, **given: object
) -> WorkOrder:
    order = await world.public_order(**given)
    return await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician.id,
        planned_start=planned_start,
    )


async def _at_work(world: World, actor: Actor, technician: Technician, minutes: int) -> WorkOrder:
    order = await _assigned(world, technician, duration_s=minutes * 60)
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(actor, step, work_order_id=order.id)
    return order


@pytest.mark.rule("GRAB-1")
async def test_an_offer_is_pushed_to_those_who_see_it_and_to_nobody_else(world: World) -> None:
    fit, _ = await world.technician("fit")
    await world.technician("other trade", trades={"electrical": 2})
    order = await _offered(world)
    told = await world.rows(Message, Message.kind == "OFFER_OPENED")
    assert [(each.technician_id, each.work_order_id) for each in told] == [(fit.id, order.id)]


@pytest.mark.rule("GRAB-4")
async def test_who_is_busy_grabs_only_what_is_near_by_estimate_and_by_word(world: World) -> None:
    technician, actor = await world.technician()
    await _at_work(world, actor, technician, minutes=60)
    order = await _offered(world)
    grab = {"work_order_id": order.id}
    # 60 minutes are left: too long, whatever they say.
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, **grab, can_reach=True)
    assert codes(error) == {"work_order_id": "CANNOT_REACH_IN_TIME"}
    assert error.value.refusals[0].params["most"] == 30
    world.clock.forward(minutes=40)
    order = await _offered(world)
    grab = {"work_order_id": order.id}
    # 20 minutes are left in the same garden: near, but their word is needed, too.
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, **grab)
    assert codes(error) == {"can_reach": "REQUIRED"}
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, **grab, can_reach=False)
    assert codes(error) == {"can_reach": "CANNOT_REACH_IN_TIME"}
    taken = await world.do(actor, offers.grab, **grab, can_reach=True)
    assert taken.state is WorkOrderState.ACCEPTED


@pytest.mark.rule("GRAB-4")
async def test_how_near_is_near_is_the_sites_to_say(world: World) -> None:
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"grabbing": {"reach_within_s": 7200}},
    )
    technician, actor = await world.technician()
    await _at_work(world, actor, technician, minutes=60)
    order = await _offered(world)
    await world.do(actor, offers.grab, work_order_id=order.id, can_reach=True)


@pytest.mark.rule("GRAB-5")
async def test_a_grab_that_would_break_a_promise_is_refused_with_the_order_and_by_how_much(
    world: World,
) -> None:
    technician, actor = await world.technician()
    soon = world.clock.now + timedelta(minutes=20)
    ticket = (await _assigned(world, technician)).ticket_id
    promised = await world.do(
        world.desk,
        work_orders.create,
        ticket_id=ticket,
        appointment=(soon, soon + timedelta(minutes=10)),
        duration_s=8 * 3600,
    )
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=promised.id,
        technician_id=technician.id,
        planned_start=soon,
    )
    wanted = await _offered(world, duration_s=3600)
    until = world.clock.now + timedelta(minutes=45)
    # After the long promised job its own promise would be missed; before it, that one's.
    async with world.services.writing(world.root) as tx:
        row = await tx.session.get_one(WorkOrder, wanted.id)
        await work_orders.promise(tx, row, starts_at=world.clock.now, ends_at=until)
    before = await world.counts()
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, work_order_id=wanted.id)
    assert codes(error) == {"work_order_id": "PROMISE_WOULD_BREAK"}
    params = error.value.refusals[0].params
    assert params["number"] == promised.number
    assert 30 <= params["minutes"] <= 60
    assert await world.counts() == before
    # The same order is taken by somebody whose day has room.
    _, free = await world.technician()
    await world.do(world.dispatcher, offers.withdraw, work_order_id=wanted.id)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=wanted.id)
    await world.do(free, offers.grab, work_order_id=wanted.id)


@pytest.mark.rule("GRAB-6")
async def test_at_the_work_limit_nothing_more_is_grabbed(world: World) -> None:
    technician, actor = await world.technician(work_limit_s=3600)
    await _assigned(world, technician, duration_s=1800)
    first = await _offered(world, duration_s=1860)
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, work_order_id=first.id)
    assert codes(error) == {"work_order_id": "WORK_LIMIT_REACHED"}
    second = await _offered(world, duration_s=1800)
    await world.do(actor, offers.grab, work_order_id=second.id)


@pytest.mark.rule("GRAB-6")
async def test_the_sites_limit_holds_for_who_has_none(world: World) -> None:
    await world.do(
        world.root, policies.set_policy, site_id=world.site.id, document={"work_limit_s": 1800}
    )
    _, actor = await world.technician()
    order = await _offered(world, duration_s=1860)
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, work_order_id=order.id)
    assert codes(error) == {"work_order_id": "WORK_LIMIT_REACHED"}


@pytest.mark.rule("GRAB-6")
async def test_those_with_less_work_today_see_an_offer_a_little_earlier(world: World) -> None:
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"grabbing": {"head_start_s": 30, "head_start_gap_s": 3600}},
    )
    idle, _ = await world.technician("idle")
    busy, actor = await world.technician("busy")
    await _assigned(world, busy, duration_s=3660)
    order = await _offered(world)

    async def seen_by() -> set[int]:
        return {each.technician_id for each in await world.rows(OfferRecipient)}

    assert await seen_by() == {idle.id}
    with pytest.raises(Refused):
        await world.do(actor, offers.grab, work_order_id=order.id)
    world.clock.forward(seconds=29)
    await sweep(world.services)
    assert await seen_by() == {idle.id}
    world.clock.forward(seconds=1)
    await sweep(world.services)
    assert await seen_by() == {idle.id, busy.id}
    told = await world.rows(Message, Message.kind == "OFFER_OPENED")
    assert [each.technician_id for each in told] == [idle.id, busy.id]
    await world.do(actor, offers.grab, work_order_id=order.id)


@pytest.mark.rule("GRAB-8")
async def test_the_team_leader_is_told_of_the_third_grab_given_back(world: World) -> None:
    leader, _ = await world.technician("班长", trades={"hvac": 3})
    _, actor = await world.technician("赵", leader_id=leader.id)
    for _ in range(3):
        order = await _offered(world)
        await world.do(actor, offers.grab, work_order_id=order.id)
        await world.do(actor, offers.give_back, work_order_id=order.id, reason="太远")
    (told,) = await world.rows(Message, Message.kind == "GIVES_BACK_OFTEN")
    assert (told.technician_id, told.params["count"], told.params["name"]) == (leader.id, 3, "赵")
