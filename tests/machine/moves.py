"""What people do, one call each, drawn at random: any of them may be refused, none may break."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dispatch.domain.callbacks import CallResult
from dispatch.domain.tickets import Area, Channel, TicketKind
from dispatch.domain.work_orders import PauseReason, WorkOrderState
from dispatch.jobs.sweeper import sweep
from dispatch.services import callbacks, emergencies, execution, offers, tickets, work_orders
from dispatch.store.callbacks import Callback
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.machine.appointment_moves import confirm, hold, move, release
from tests.machine.players import Move, Players, of_order


async def report(players: Players) -> None:
    world = players.world
    if len(await world.rows(Ticket)) >= 8:
        return
    in_home = players.die.random() < 0.3
    await players.try_to(
        world.desk,
        tickets.create,
        site_id=world.site.id,
        kind=TicketKind.REPAIR,
        channel=Channel.PHONE,
        description=players.die.choice(["水龙头漏水", "走廊积水", "水管爆裂"]),
        requester_name="王芳",
        requester_phone="13800000000",
        place_id=world.rooms[0].id if in_home else world.garden.id,
        area=Area.IN_HOME if in_home else Area.PUBLIC,
    )


async def triage(players: Players) -> None:
    ticket = await players.some(Ticket)
    if ticket is None:
        return
    category = await players.world.category("tap_leak")
    await players.try_to(
        players.world.desk, tickets.triage, ticket_id=ticket.id, category_id=category.id
    )


async def add_order(players: Players) -> None:
    """A ticket may take more than one visit."""
    ticket = await players.some(Ticket)
    if ticket is not None and len(await players.world.rows(WorkOrder)) < 12:
        await players.try_to(players.world.desk, work_orders.create, ticket_id=ticket.id)


async def cancel(players: Players) -> None:
    ticket = await players.some(Ticket)
    if ticket is not None and players.die.random() < 0.3:
        await players.try_to(
            players.world.desk, tickets.cancel, ticket_id=ticket.id, reason="不用修了"
        )


async def offer(players: Players, order: WorkOrder) -> None:
    await players.try_to(players.world.dispatcher, offers.open_offer, work_order_id=order.id)


async def withdraw(players: Players, order: WorkOrder) -> None:
    await players.try_to(players.world.dispatcher, offers.withdraw, work_order_id=order.id)


async def grab(players: Players, order: WorkOrder) -> None:
    _, actor = players.die.choice(players.people)
    await players.try_to(actor, offers.grab, work_order_id=order.id)


async def assign(players: Players, order: WorkOrder) -> None:
    technician_id, _ = players.die.choice(players.people)
    await players.try_to(
        players.world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician_id,
    )


async def emergency(players: Players, order: WorkOrder) -> None:
    """Whoever is nearest leaves what they are at."""
    await players.ask_to(
        players.world.dispatcher, emergencies.insert_emergency, work_order_id=order.id
    )


async def unassign(players: Players, order: WorkOrder) -> None:
    await players.try_to(
        players.world.dispatcher, work_orders.unassign, work_order_id=order.id, reason="改派"
    )


async def call_off(players: Players, order: WorkOrder) -> None:
    if players.die.random() < 0.2:
        await players.try_to(
            players.world.dispatcher, work_orders.cancel, work_order_id=order.id, reason="取消"
        )


async def give_back(players: Players, order: WorkOrder) -> None:
    actor = await players.holder(order)
    await players.try_to(actor, offers.give_back, work_order_id=order.id, reason="来不及")


async def decline(players: Players, order: WorkOrder) -> None:
    actor = await players.holder(order)
    await players.try_to(actor, execution.decline, work_order_id=order.id, reason="有急活")


def _step(service: Any, **given: Any) -> Any:
    async def move(players: Players, order: WorkOrder | None = None) -> None:
        order = order or await players.some(WorkOrder)
        if order is None:
            return
        arguments = dict(given)
        if service is execution.start and players.die.random() < 0.9:
            arguments["door_code"] = order.door_code
        if service is execution.pause:
            arguments["resume_on"] = players.world.clock.now + timedelta(hours=2)
        actor = await players.holder(order)
        await players.try_to(actor, service, work_order_id=order.id, **arguments)

    move.__name__ = service.__name__
    return move


async def call_back(players: Players) -> None:
    owed = await players.some(Callback)
    if owed is None:
        return
    result = players.die.choice(list(CallResult))
    satisfied = players.die.random() < 0.7
    answers: dict[str, Any] = {}
    if result is CallResult.ANSWERED:
        answers = {"solved": satisfied, "satisfied": satisfied}
        if not satisfied:
            answers["dissatisfaction_reason"] = "没修好"
    await players.try_to(
        players.world.desk, callbacks.record, callback_id=owed.id, result=result, **answers
    )


async def time_goes_by(players: Players) -> None:
    minutes = players.die.choice([1, 1, 6, 20, 150])
    players.world.clock.forward(minutes=minutes)
    for _ in range(3):
        if not await sweep(players.world.services):
            break


_PAUSE = _step(execution.pause, reason=PauseReason.PARTS, customer_consents=True)
_WAIT = _step(execution.pause, reason=PauseReason.CUSTOMER_AWAY, customer_consents=True)
_COMPLETE = _step(
    execution.complete, found="坏了", cause="老化", done="换了", no_signature_reason="不在家"
)

_NEXT = {
    WorkOrderState.ASSIGNED: _step(execution.accept),
    WorkOrderState.ACCEPTED: _step(execution.set_out),
    WorkOrderState.EN_ROUTE: _step(execution.arrive),
    WorkOrderState.ARRIVED: _step(execution.start),
    WorkOrderState.STARTED: _COMPLETE,
    WorkOrderState.PAUSED: _step(execution.resume),
}


async def go_on(players: Players) -> None:
    """The work takes its course: the step that follows, for each order that is held. What stands
    still mostly does so for longer than the rest takes."""
    for order in await players.world.rows(WorkOrder, WorkOrder.state.in_(_NEXT)):
        if order.state is WorkOrderState.PAUSED and players.die.random() < 0.8:
            continue
        await _NEXT[order.state](players, order)


async def wait_for_the_customer(players: Players) -> None:
    """One visit of a ticket waits for its customer, and there is another to be made."""
    started = await players.world.rows(WorkOrder, WorkOrder.state == WorkOrderState.STARTED)
    for order in started[:1]:
        await _WAIT(players, order)
        desk, dispatcher = players.world.desk, players.world.dispatcher
        await players.try_to(desk, work_orders.create, ticket_id=order.ticket_id)
        added = (await players.world.rows(WorkOrder, WorkOrder.ticket_id == order.ticket_id))[-1]
        technician_id, _ = players.die.choice(players.people)
        of = {"work_order_id": added.id, "technician_id": technician_id}
        await players.try_to(dispatcher, work_orders.assign, **of)


async def all_are_busy(players: Players) -> None:
    """Each technician is at a job that an emergency may interrupt."""
    world = players.world
    for technician_id, actor in players.people:
        order = await world.public_order()
        of = {"work_order_id": order.id}
        await world.do(world.dispatcher, work_orders.assign, technician_id=technician_id, **of)
        for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
            await world.do(actor, step, **of)


async def interrupt(players: Players) -> None:
    """An emergency, and whoever is nearest leaves what they are at."""
    order = await players.world.public_order()
    await emergency(players, order)


_ASSIGNING = (offer, withdraw, grab, grab, assign, emergency, unassign, call_off)

MOVES: tuple[Move, ...] = (
    *(report, report, triage, triage, add_order, cancel),
    *(of_order(act) for act in _ASSIGNING),
    *(of_order(act) for act in (give_back, decline)),
    *(_step(each) for each in (execution.accept, execution.set_out, execution.arrive)),
    *(_step(each) for each in (execution.start, execution.resume)),
    *(_PAUSE, _WAIT, _COMPLETE),
    *(hold, hold, confirm, confirm, release, move),
    *(go_on, go_on, go_on, go_on),
    wait_for_the_customer,
    call_back,
    time_goes_by,
)
"""Twice what must happen often for the rest to be reached."""
