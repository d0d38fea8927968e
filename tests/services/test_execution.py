"""From assignment to callback: the steps, the door code, the record of the work."""

from datetime import timedelta

import pytest

from dispatch.domain.callbacks import CallbackState, CallResult
from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import (
    AssignmentEnd,
    AssignmentStep,
    PauseReason,
    WorkOrderState,
)
from dispatch.services import callbacks, execution, work_orders
from dispatch.services.completions import HoursInput, PartInput
from dispatch.store.callbacks import Callback, CallbackCall
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, Refusal, WorkOrder
from tests.factories import World
from tests.services.test_tickets import codes

DONE = {"found": "垫圈老化", "cause": "使用年久", "done": "更换垫圈", "signature": "signed-1"}


async def assigned(world: World, order: WorkOrder) -> Actor:
    technician, actor = await world.technician()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    return actor


async def started(world: World, order: WorkOrder) -> Actor:
    actor = await assigned(world, order)
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(actor, step, work_order_id=order.id)
    await world.do(actor, execution.start, work_order_id=order.id, door_code=order.door_code)
    return actor


@pytest.mark.rule("EXE-1")
async def test_the_whole_life_of_an_order_with_actor_time_and_place(world: World) -> None:
    order = await world.order()
    actor = await assigned(world, order)
    steps = [
        (execution.accept, {}),
        (execution.set_out, {"latitude": 31.29, "longitude": 120.59}),
        (execution.arrive, {"latitude": 31.30, "longitude": 120.60}),
        (execution.start, {"door_code": order.door_code}),
        (
            execution.pause,
            {
                "reason": PauseReason.PARTS,
                "customer_consents": True,
                "resume_on": world.clock.now + timedelta(days=1),
            },
        ),
        (execution.resume, {}),
        (execution.complete, DONE),
    ]
    for step, arguments in steps:
        world.clock.forward(minutes=10)
        await world.do(actor, step, work_order_id=order.id, **arguments)
    [order] = await world.rows(WorkOrder)
    [ticket] = await world.rows(Ticket)
    assert (order.state, ticket.state) == (WorkOrderState.COMPLETED, TicketState.RESOLVED)
    told = await world.events(subject="work_order", subject_id=order.id)
    assert [event.kind.removeprefix("work_order.") for event in told] == [
        "created", "assigned", "accepted", "set_out", "arrived", "started", "paused", "resumed",
        "completed",
    ]  # fmt: skip
    assert [event.actor_id for event in told[2:]] == [actor.user_id] * 7
    times = [event.at for event in told[2:]]
    assert times == sorted(set(times))
    assert told[4].data["where"] == {"latitude": 31.30, "longitude": 120.60}


@pytest.mark.rule("EXE-1")
async def test_a_step_cannot_be_skipped_or_taken_twice(world: World) -> None:
    order = await world.public_order()
    actor = await assigned(world, order)
    before = await world.counts()
    with pytest.raises(Refused) as error:
        await world.do(actor, execution.arrive, work_order_id=order.id)
    [refusal] = error.value.refusals
    assert refusal.code.value == "WRONG_STEP"
    assert refusal.params["state"] == "ASSIGNED"
    assert refusal.allowed == ("UNASSIGN", "ACCEPT", "DECLINE", "CANCEL")
    assert await world.counts() == before
    await world.do(actor, execution.accept, work_order_id=order.id)
    with pytest.raises(Refused) as error:
        await world.do(actor, execution.accept, work_order_id=order.id)
    assert error.value.refusals[0].allowed == ("UNASSIGN", "GIVE_BACK", "SET_OUT", "CANCEL")


@pytest.mark.rule("EXE-1")
async def test_another_technician_cannot_take_the_steps(world: World) -> None:
    order = await world.public_order()
    await assigned(world, order)
    _, other = await world.technician()
    with pytest.raises(Refused) as error:
        await world.do(other, execution.accept, work_order_id=order.id)
    assert codes(error) == {"work_order_id": "NOT_FOUND"}


@pytest.mark.rule("EXE-2")
async def test_in_home_work_starts_only_with_the_door_code(world: World) -> None:
    order = await world.order()
    assert order.door_code is not None
    assert len(order.door_code) == 6
    actor = await assigned(world, order)
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(actor, step, work_order_id=order.id)
    with pytest.raises(Refused) as error:
        await world.do(actor, execution.start, work_order_id=order.id)
    assert codes(error) == {"door_code": "DOOR_CODE_NEEDED"}
    wrong = "000000" if order.door_code != "000000" else "111111"
    for left in (4, 3, 2, 1):
        with pytest.raises(Refused) as error:
            await world.do(actor, execution.start, work_order_id=order.id, door_code=wrong)
        assert codes(error) == {"door_code": "DOOR_CODE_WRONG"}
        assert error.value.refusals[0].params["left"] == left
    with pytest.raises(Refused) as error:
        await world.do(actor, execution.start, work_order_id=order.id, door_code=wrong)
    assert codes(error) == {"door_code": "DOOR_CODE_LOCKED"}
    # The right code does not help while it is locked.
    world.clock.forward(minutes=14, seconds=59)
    with pytest.raises(Refused) as error:
        await world.do(actor, execution.start, work_order_id=order.id, door_code=order.door_code)
    assert codes(error) == {"door_code": "DOOR_CODE_LOCKED"}
    world.clock.forward(seconds=1)
    done = await world.do(actor, execution.start, work_order_id=order.id, door_code=order.door_code)
    assert done.state is WorkOrderState.STARTED
    assert len(await world.events("work_order.door_code_wrong")) == 5


@pytest.mark.rule("EXE-2")
async def test_the_desk_lifts_the_code_with_a_reason_and_public_orders_need_none(
    world: World,
) -> None:
    order = await world.order()
    actor = await assigned(world, order)
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(actor, step, work_order_id=order.id)
    with pytest.raises(Refused) as error:
        await world.do(world.desk, execution.lift_door_code, work_order_id=order.id, reason=" ")
    assert codes(error) == {"reason": "REQUIRED"}
    with pytest.raises(Refused) as error:
        await world.do(actor, execution.lift_door_code, work_order_id=order.id, reason="忘了")
    assert codes(error) == {"": "FORBIDDEN"}
    await world.do(
        world.desk, execution.lift_door_code, work_order_id=order.id, reason="业主电话确认"
    )
    await world.do(actor, execution.start, work_order_id=order.id)
    public = await world.public_order()
    assert public.door_code is None
    await started(world, public)


@pytest.mark.rule("EXE-4")
async def test_completion_keeps_the_whole_record_of_the_work(world: World) -> None:
    helper, _ = await world.technician(trades={"carpentry": 1})
    order = await world.order(crew_size=2)
    lead, actor = await world.technician()
    with pytest.raises(Refused) as error:
        await world.do(
            world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=lead.id
        )
    assert codes(error) == {"helper_ids": "CREW_INCOMPLETE"}
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=lead.id,
        helper_ids=[helper.id],
    )
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(actor, step, work_order_id=order.id)
    await world.do(actor, execution.start, work_order_id=order.id, door_code=order.door_code)
    world.clock.forward(minutes=40)
    unsigned = {name: text for name, text in DONE.items() if name != "signature"}
    with pytest.raises(Refused) as error:
        await world.do(
            actor, execution.complete, work_order_id=order.id, **{**unsigned, "cause": ""}
        )
    assert codes(error) == {"cause": "REQUIRED", "signature": "SIGNATURE_OR_REASON"}
    done = await world.do(
        actor,
        execution.complete,
        work_order_id=order.id,
        **unsigned,
        no_signature_reason="业主不在家",
        parts=[PartInput("垫圈", 2, "个")],
        hours=[HoursInput(helper.id, 1200)],
        photos_before=["b1"],
        photos_after=["a1", "a2"],
    )
    assert done.completion == {
        "found": "垫圈老化",
        "cause": "使用年久",
        "done": "更换垫圈",
        "parts": [{"name": "垫圈", "quantity": 2, "unit": "个"}],
        "hours": [
            {"technician_id": lead.id, "seconds": 2400},
            {"technician_id": helper.id, "seconds": 1200},
        ],
        "photos_before": ["b1"],
        "photos_after": ["a1", "a2"],
        "signature": None,
        "no_signature_reason": "业主不在家",
    }
    crew = await world.rows(CrewMember)
    assert {member.technician_id: member.worked_s for member in crew} == {
        lead.id: 2400,
        helper.id: 1200,
    }


@pytest.mark.rule("DSP-13")
async def test_an_assignment_by_hand_keeps_who_confirmed_it_and_why(world: World) -> None:
    order = await world.public_order()
    first, _ = await world.technician()
    second, _ = await world.technician()
    for technician, reason in ((first, "熟悉现场"), (second, "前一位请假")):
        await world.do(
            world.dispatcher,
            work_orders.assign,
            work_order_id=order.id,
            technician_id=technician.id,
            reason=reason,
        )
    old, new = await world.rows(Assignment)
    assert (old.technician_id, old.end) == (first.id, AssignmentEnd.REASSIGNED)
    assert old.ended_at == world.clock.now
    assert (new.technician_id, new.ended_at) == (second.id, None)
    assert new.step is AssignmentStep.SUPERVISOR
    assert new.why == {"step": "SUPERVISOR", "reason": "前一位请假"}
    assert new.confirmed_by_id == world.dispatcher.user_id


@pytest.mark.rule("DSP-2")
async def test_assigning_somebody_unqualified_by_hand_is_refused(world: World) -> None:
    order = await world.order(category="pump_room")
    junior, _ = await world.technician(trades={"plumbing": 2})
    with pytest.raises(Refused) as error:
        await world.do(
            world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=junior.id
        )
    assert codes(error) == {"technician_id": "NOT_QUALIFIED"}


async def test_declining_returns_the_order_and_keeps_the_technician_away(world: World) -> None:
    order = await world.public_order()
    technician, actor = await world.technician()
    assign = {"work_order_id": order.id, "technician_id": technician.id}
    await world.do(world.dispatcher, work_orders.assign, **assign)
    declined = await world.do(actor, execution.decline, work_order_id=order.id, reason="手头活太多")
    assert declined.state is WorkOrderState.QUEUED
    [refusal] = await world.rows(Refusal)
    assert (refusal.technician_id, refusal.reason) == (technician.id, "手头活太多")
    with pytest.raises(Refused) as error:
        await world.do(world.dispatcher, work_orders.assign, **assign)
    assert codes(error) == {"technician_id": "NOT_QUALIFIED"}


@pytest.mark.rule("CBK-1")
async def test_every_completed_ticket_owes_a_callback(world: World) -> None:
    order = await world.order()
    actor = await started(world, order)
    assert await world.rows(Callback) == []
    await world.do(actor, execution.complete, work_order_id=order.id, **DONE)
    [callback] = await world.rows(Callback)
    assert (callback.ticket_id, callback.state) == (order.ticket_id, CallbackState.DUE)


@pytest.mark.rule("CBK-1")
async def test_a_ticket_of_two_orders_owes_one_callback_when_both_are_done(world: World) -> None:
    first = await world.public_order()
    second = await world.do(world.desk, work_orders.create, ticket_id=first.ticket_id)
    actor = await started(world, first)
    await world.do(actor, execution.complete, work_order_id=first.id, **DONE)
    assert await world.rows(Callback) == []
    actor = await started(world, second)
    await world.do(actor, execution.complete, work_order_id=second.id, **DONE)
    assert len(await world.rows(Callback)) == 1


async def test_cancelling_the_last_open_order_resolves_what_the_others_have_done(
    world: World,
) -> None:
    first = await world.public_order()
    second = await world.do(world.desk, work_orders.create, ticket_id=first.ticket_id)
    actor = await started(world, first)
    await world.do(actor, execution.complete, work_order_id=first.id, **DONE)
    await world.do(world.desk, work_orders.cancel, work_order_id=second.id, reason="不再需要")
    [ticket] = await world.rows(Ticket)
    assert ticket.state is TicketState.RESOLVED
    assert len(await world.rows(Callback)) == 1


async def resolved(world: World) -> tuple[WorkOrder, Callback]:
    order = await world.public_order()
    actor = await started(world, order)
    await world.do(actor, execution.complete, work_order_id=order.id, **DONE)
    [callback] = await world.rows(Callback)
    return order, callback


@pytest.mark.rule("CBK-4")
async def test_a_satisfied_customer_closes_ticket_and_orders(world: World) -> None:
    _, callback = await resolved(world)
    await world.do(
        world.desk,
        callbacks.record,
        callback_id=callback.id,
        result=CallResult.ANSWERED,
        solved=True,
        satisfied=True,
        charge_as_agreed=True,
        scores={"on_time": 5, "attitude": 5, "quality": 4, "total": 5},
        remarks="很及时",
    )
    [ticket] = await world.rows(Ticket)
    [order] = await world.rows(WorkOrder)
    assert (ticket.state, order.state) == (TicketState.CLOSED, WorkOrderState.CLOSED)
    [callback] = await world.rows(Callback)
    assert callback.state is CallbackState.ANSWERED
    assert callback.scores == {"on_time": 5, "attitude": 5, "quality": 4, "total": 5}


@pytest.mark.rule("CBK-4")
async def test_an_unsatisfied_customer_reopens_with_a_rework_and_tells_the_supervisor(
    world: World,
) -> None:
    first, callback = await resolved(world)
    answer = {
        "callback_id": callback.id,
        "result": CallResult.ANSWERED,
        "solved": False,
        "satisfied": False,
    }
    with pytest.raises(Refused) as error:
        await world.do(world.desk, callbacks.record, **answer)
    assert codes(error) == {"dissatisfaction_reason": "REQUIRED"}
    world.clock.forward(days=30)
    await world.do(world.desk, callbacks.record, **answer, dissatisfaction_reason="还在漏")
    [ticket] = await world.rows(Ticket)
    assert ticket.state is TicketState.IN_PROGRESS
    _, rework = await world.rows(WorkOrder)
    assert (rework.ticket_id, rework.is_rework) == (first.ticket_id, True)
    assert (rework.state, rework.instructions) == (WorkOrderState.QUEUED, "还在漏")
    # Its promise runs from now, the first one is long over.
    assert ticket.due_at is not None
    assert (
        ticket.due_at
        < world.clock()
        < rework.due_at
        == world.clock() + (ticket.due_at - ticket.reported_at)
    )
    [told] = await world.events("supervisor.told")
    assert told.data == {"reason": "还在漏"}
    # The rework done, the customer is called again.
    actor = await started(world, rework)
    await world.do(actor, execution.complete, work_order_id=rework.id, **DONE)
    assert len(await world.rows(Callback, Callback.state == CallbackState.DUE)) == 1


@pytest.mark.rule("CBK-2")
async def test_two_unanswered_calls_end_a_callback(world: World) -> None:
    _, callback = await resolved(world)
    call = {"callback_id": callback.id, "result": CallResult.NO_ANSWER}
    first = await world.do(world.desk, callbacks.record, **call)
    assert first.state is CallbackState.DUE
    world.clock.forward(hours=1)
    second = await world.do(world.desk, callbacks.record, **call)
    assert second.state is CallbackState.UNREACHED
    [ticket] = await world.rows(Ticket)
    assert ticket.state is TicketState.CLOSED
    calls = await world.rows(CallbackCall)
    assert [each.called_by_name for each in calls] == [world.desk.name] * 2
    assert calls[1].at - calls[0].at == timedelta(hours=1)
    with pytest.raises(Refused) as error:
        await world.do(world.desk, callbacks.record, **call)
    assert codes(error) == {"callback_id": "CALLBACK_ENDED"}


async def test_a_score_off_the_sites_scale_is_refused(world: World) -> None:
    _, callback = await resolved(world)
    with pytest.raises(Refused) as error:
        await world.do(
            world.desk,
            callbacks.record,
            callback_id=callback.id,
            result=CallResult.ANSWERED,
            solved=True,
            satisfied=True,
            scores={"total": 6},
        )
    assert codes(error) == {"scores.total": "SCORE_OFF_SCALE"}
