"""More people for a job that is too big for one (请求支援): asked for and answered (EXE-5)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.help_requests import HelpState
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import CREW_MOST, check_count, check_number, demand_text
from dispatch.domain.work_orders import HELD_STATES, STEPS
from dispatch.services import clocks, duty, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.offers import own_assignment
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.services.work_orders import check_trade, create_for, open_assignment
from dispatch.store.clocks import Clock
from dispatch.store.help_requests import HelpRequest
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_OPEN = select(HelpRequest).where(
    HelpRequest.work_order_id == bindparam("order"), HelpRequest.state == HelpState.OPEN
)


async def ask(
    tx: Tx, *, work_order_id: int, people: int, trade: str | None = None, reason: str
) -> HelpRequest:
    """The technician who holds an order asks for more; their leader is told and has to answer."""
    order = await visible.find_work_order(tx, work_order_id, Action.WORK)
    demand_text("reason", reason)
    check_number("people", people, least=1, most=CREW_MOST)
    if trade is not None:
        await check_trade(tx, trade)
    await _demand_held(tx, order)
    technician_id = await own_assignment(tx, order)
    if await _open_request(tx, order) is not None:
        raise refuse(Code.ALREADY_EXISTS, field="work_order_id")
    request = HelpRequest(
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        asked_by_id=technician_id,
        people=people,
        trade=trade,
        reason=reason,
        state=HelpState.OPEN,
        asked_at=tx.now,
    )
    await tx.save(request, "help_request.asked")
    technician = await tx.session.get_one(Technician, technician_id)
    leader = (technician.leader_id,) if technician.leader_id is not None else ()
    await tell(
        tx,
        MessageKind.HELP_ASKED,
        Audience(technician_ids=leader, roles=() if leader else (Role.TEAM_LEADER,)),
        **_about(order),
        number=order.number,
        name=technician.name,
        people=people,
        reason=reason,
    )
    policy = await policy_of(tx, order.site_id)
    await clocks.start(
        tx,
        ClockKind.HELP_ANSWER,
        request,
        site_id=order.site_id,
        after_s=policy.on_site.help_answer_s,
    )
    return request


async def add_helpers(
    tx: Tx, *, work_order_id: int, helper_ids: Sequence[int], version: int | None = None
) -> WorkOrder:
    """The leader sends people along: the crew grows, and an open call for help is answered."""
    order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN)
    expect_version(order, version)
    assignment = await _demand_held(tx, order)
    check_count("helper_ids", helper_ids, most=CREW_MOST)
    statement = select(CrewMember.technician_id).where(CrewMember.assignment_id == assignment.id)
    there = set((await tx.session.execute(statement)).scalars())
    added = [each for each in dict.fromkeys(helper_ids) if each not in there]
    if not added:
        raise refuse(Code.REQUIRED, field="helper_ids")
    check_number("helper_ids", len(there) + len(added), least=1, most=CREW_MOST)
    for each in added:
        await duty.find_serving(tx, each, site_id=order.site_id, field="helper_ids")
    tx.session.add_all(
        CrewMember(assignment_id=assignment.id, technician_id=each, is_lead=False) for each in added
    )
    order.crew_size = max(order.crew_size, len(there) + len(added))
    await tx.save(order, "work_order.crew_grown", helpers=added)
    await tell(
        tx,
        MessageKind.HELP_SENT,
        Audience(technician_ids=(assignment.technician_id, *added)),
        **_about(order),
        number=order.number,
        people=len(added),
    )
    request = await _open_request(tx, order)
    if request is not None:
        await _answer(tx, request, state=HelpState.GRANTED, answer=None)
    return order


async def dispatch_help(tx: Tx, *, work_order_id: int) -> WorkOrder:
    """The help asked for becomes an order of its own, which goes the way of every order: the
    optimizer finds who is free and near."""
    order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN)
    request = await _demand_open(tx, order)
    return await _dispatch(tx, order, request)


async def decline(tx: Tx, *, work_order_id: int, reason: str) -> WorkOrder:
    """Nobody can be sent; the technician is told why."""
    order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN)
    demand_text("reason", reason)
    request = await _demand_open(tx, order)
    await _answer(tx, request, state=HelpState.DECLINED, answer=reason)
    await tell(
        tx,
        MessageKind.HELP_DECLINED,
        Audience(technician_ids=(request.asked_by_id,)),
        **_about(order),
        number=order.number,
        reason=reason,
    )
    return order


async def end(tx: Tx, order: WorkOrder) -> None:
    """The order has ended: nobody needs to be sent any more."""
    request = await _open_request(tx, order)
    if request is not None:
        await _answer(tx, request, state=HelpState.ENDED, answer=None)


async def unanswered(tx: Tx, clock: Clock) -> None:
    """Nobody answered in time: the supervisor is told, and the optimizer sends people if the
    site wants it so."""
    request = await tx.session.get_one(HelpRequest, clock.subject_id, with_for_update=True)
    if request.state is not HelpState.OPEN:
        return
    order = await tx.session.get_one(WorkOrder, request.work_order_id, with_for_update=True)
    await tell(
        tx,
        MessageKind.HELP_UNANSWERED,
        Audience(roles=(Role.SUPERVISOR,)),
        **_about(order),
        number=order.number,
        people=request.people,
        reason=request.reason,
    )
    policy = await policy_of(tx, order.site_id)
    if policy.on_site.help_by_optimizer and order.state in HELD_STATES:
        await _dispatch(tx, order, request)


async def _dispatch(tx: Tx, order: WorkOrder, request: HelpRequest) -> WorkOrder:
    ticket = await tx.session.get_one(Ticket, order.ticket_id, with_for_update=True)
    support = await create_for(
        tx,
        ticket,
        trade=request.trade or order.trade,
        # Hands are needed beside the one who knows how.
        level=1,
        crew_size=request.people,
        duration_s=order.duration_s,
        area=order.area,
        instructions=request.reason,
    )
    support.supports_id = order.id
    await tx.save(support, "work_order.supports", supports_id=order.id)
    await _answer(tx, request, state=HelpState.GRANTED, answer=support.number)
    return support


async def _answer(tx: Tx, request: HelpRequest, *, state: HelpState, answer: str | None) -> None:
    request.state = state
    request.answer = answer
    request.answered_at = tx.now
    request.answered_by_name = tx.actor.name
    await tx.save(request, f"help_request.{state.value.lower()}")
    await clocks.stop(tx, request, ClockKind.HELP_ANSWER)


async def _demand_held(tx: Tx, order: WorkOrder) -> Assignment:
    assignment = await open_assignment(tx, order.id)
    if assignment is None:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step="HELP",
            state=order.state.value,
        )
    return assignment


async def _demand_open(tx: Tx, order: WorkOrder) -> HelpRequest:
    request = await _open_request(tx, order)
    if request is None:
        raise refuse(Code.NOT_FOUND, field="work_order_id", id=order.id)
    return request


async def _open_request(tx: Tx, order: WorkOrder) -> HelpRequest | None:
    return (await tx.session.execute(_OPEN, {"order": order.id})).scalar_one_or_none()


def _about(order: WorkOrder) -> dict[str, int]:
    return {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}
