"""Grab mode: who is shown an offer, who wins, giving back, running out."""

from datetime import time, timedelta

import pytest

from dispatch.domain.errors import Refused
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.services import execution, offers, policies, technicians, work_orders
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder
from tests.factories import World, another_site
from tests.services.test_tickets import codes


@pytest.mark.rule("GRAB-1", "RST-1")
async def test_an_offer_goes_to_everybody_who_qualifies_and_to_nobody_else(world: World) -> None:
    elsewhere = await another_site(world.services, world.root, code="hill")
    today = (world.clock.now + timedelta(hours=8)).date()
    fit, _ = await world.technician("fit")
    valid_today, _ = await world.technician("certificate to today", expires_on=today)
    await world.technician("other trade", trades={"electrical": 3})
    await world.technician("level too low", trades={"plumbing": 1})
    await world.technician("expired", expires_on=today - timedelta(days=1))
    await world.technician("other site", site_ids=[elsewhere.id])
    await world.technician("late shift", starts=time(13), ends=time(21))
    night, _ = await world.technician("night shift", starts=time(22), ends=time(10))
    away, _ = await world.technician("on leave")
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=away.id,
        starts_at=world.clock.now - timedelta(hours=1),
        ends_at=world.clock.now + timedelta(hours=1),
    )
    order = await world.public_order(category="pipe_leak")
    assert order.level == 2
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    recipients = {row.technician_id for row in await world.rows(OfferRecipient)}
    assert recipients == {fit.id, valid_today.id, night.id}


@pytest.mark.rule("GRAB-1")
async def test_who_is_not_offered_the_order_cannot_grab_it(world: World) -> None:
    await world.technician()
    _, stranger = await world.technician(trades={"electrical": 3})
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    with pytest.raises(Refused) as error:
        await world.do(stranger, offers.grab, work_order_id=order.id)
    assert codes(error) == {"work_order_id": "NOT_FOUND"}


@pytest.mark.rule("GRAB-2")
async def test_the_first_grab_wins_and_the_second_is_told_who(world: World) -> None:
    winner, first = await world.technician("赵师傅")
    _, second = await world.technician()
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    taken = await world.do(first, offers.grab, work_order_id=order.id)
    assert taken.state is WorkOrderState.ACCEPTED
    with pytest.raises(Refused) as error:
        await world.do(second, offers.grab, work_order_id=order.id)
    [refusal] = error.value.refusals
    assert refusal.code.value == "ALREADY_TAKEN"
    assert refusal.params["winner"] == "赵师傅"
    [offer] = await world.rows(Offer)
    assert (offer.outcome, offer.winner_id) == (OfferOutcome.GRABBED, winner.id)
    [assignment] = await world.rows(Assignment)
    assert (assignment.step, assignment.technician_id) == (AssignmentStep.GRAB, winner.id)
    [ticket] = await world.rows(Ticket)
    assert ticket.state.value == "IN_PROGRESS"


@pytest.mark.rule("GRAB-7")
async def test_a_helper_can_be_named_on_a_grab(world: World) -> None:
    lead, actor = await world.technician()
    helper, _ = await world.technician(trades={"masonry": 1})
    order = await world.public_order(crew_size=2)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, work_order_id=order.id)
    assert codes(error) == {"helper_ids": "CREW_INCOMPLETE"}
    # The refused grab has not closed the offer.
    await world.do(actor, offers.grab, work_order_id=order.id, helper_ids=[helper.id])
    for step in (execution.set_out, execution.arrive, execution.start):
        await world.do(actor, step, work_order_id=order.id)
    begun = world.clock.now
    world.clock.forward(minutes=25)
    await world.do(
        actor,
        execution.complete,
        work_order_id=order.id,
        found="a",
        cause="b",
        done="c",
        signature="s",
    )
    crew = {row.technician_id: row for row in await world.rows(CrewMember)}
    assert crew[lead.id].is_lead
    assert not crew[helper.id].is_lead
    for row in crew.values():
        assert (row.joined_at, row.left_at) == (begun, world.clock.now)


@pytest.mark.rule("GRAB-8")
async def test_a_grab_is_given_back_with_a_reason_and_the_third_in_a_week_is_shown(
    world: World,
) -> None:
    leader, _ = await world.technician("班长", trades={"hvac": 3})
    technician, actor = await world.technician(leader_id=leader.id)
    for count in (1, 2, 3):
        order = await world.public_order()
        await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
        await world.do(actor, offers.grab, work_order_id=order.id)
        with pytest.raises(Refused) as error:
            await world.do(actor, offers.give_back, work_order_id=order.id, reason="")
        assert codes(error) == {"reason": "REQUIRED"}
        back = await world.do(actor, offers.give_back, work_order_id=order.id, reason="孩子生病")
        assert back.state is WorkOrderState.QUEUED
        shown = await world.events("technician.gives_back_often")
        assert len(shown) == (1 if count == 3 else 0)
        world.clock.forward(days=1)
    [event] = await world.events("technician.gives_back_often")
    assert (event.subject_id, event.data["leader_id"]) == (technician.id, leader.id)
    assert event.data["count"] == 3
    # A fourth one, when the first two are more than a week old, is not shown again.
    world.clock.forward(days=6)
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    await world.do(actor, offers.grab, work_order_id=order.id)
    await world.do(actor, offers.give_back, work_order_id=order.id, reason="孩子生病")
    assert len(await world.events("technician.gives_back_often")) == 1


@pytest.mark.rule("GRAB-8")
async def test_work_that_has_started_cannot_be_given_back(world: World) -> None:
    _, actor = await world.technician()
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    await world.do(actor, offers.grab, work_order_id=order.id)
    for step in (execution.set_out, execution.arrive, execution.start):
        await world.do(actor, step, work_order_id=order.id)
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.give_back, work_order_id=order.id, reason="累了")
    assert error.value.refusals[0].allowed == ("PAUSE", "COMPLETE")


async def test_who_gave_an_order_back_is_not_offered_it_again(world: World) -> None:
    technician, actor = await world.technician()
    other, _ = await world.technician()
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    await world.do(actor, offers.grab, work_order_id=order.id)
    await world.do(actor, offers.give_back, work_order_id=order.id, reason="太远")
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    _, second = await world.rows(Offer)
    recipients = await world.rows(OfferRecipient, OfferRecipient.offer_id == second.id)
    assert [row.technician_id for row in recipients] == [other.id]
    assert technician.id != other.id


async def test_an_offer_nobody_took_ends_once_and_goes_to_the_supervisor(world: World) -> None:
    _, actor = await world.technician()
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    world.clock.forward(minutes=4, seconds=59)
    assert await world.do(world.root, offers.expire_due) == []
    world.clock.forward(seconds=1)
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, work_order_id=order.id)
    assert codes(error) == {"work_order_id": "OFFER_CLOSED"}
    assert len(await world.do(world.root, offers.expire_due)) == 1
    assert await world.do(world.root, offers.expire_due) == []
    [order] = await world.rows(WorkOrder)
    assert (order.state, order.dispatch_step) == (
        WorkOrderState.QUEUED,
        AssignmentStep.SUPERVISOR,
    )


@pytest.mark.rule("DSP-1")
async def test_a_site_sets_how_long_an_offer_stands_and_with_what_step_an_order_begins(
    world: World,
) -> None:
    await world.do(
        world.actors[next(role for role in world.actors if role.value == "PROJECT_MANAGER")],
        policies.set_policy,
        site_id=world.site.id,
        document={"dispatch_steps": [{"step": "GRAB", "limit_s": 60}, {"step": "SUPERVISOR"}]},
    )
    await world.technician()
    order = await world.public_order()
    assert order.dispatch_step is AssignmentStep.GRAB
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    [offer] = await world.rows(Offer)
    assert offer.expires_at - offer.opened_at == timedelta(seconds=60)


@pytest.mark.rule("DSP-1")
async def test_a_ladder_without_an_end_is_refused(world: World) -> None:
    with pytest.raises(Refused) as error:
        await world.do(
            world.root,
            policies.set_policy,
            site_id=world.site.id,
            document={"dispatch_steps": [{"step": "AUTO"}], "door_code_tries": 0, "x": 1},
        )
    assert codes(error) == {
        "document.dispatch_steps": "POLICY_INVALID",
        "document.door_code_tries": "POLICY_INVALID",
        "document.x": "POLICY_INVALID",
    }


async def test_assigning_by_hand_takes_the_order_off_offer(world: World) -> None:
    technician, actor = await world.technician()
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    [offer] = await world.rows(Offer)
    assert offer.outcome is OfferOutcome.WITHDRAWN
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.grab, work_order_id=order.id)
    assert codes(error) == {"work_order_id": "OFFER_CLOSED"}
