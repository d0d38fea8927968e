"""Orders out of hours go straight to who is on duty; on holidays to the delegate first (RST-3)."""

from collections.abc import Sequence

from sqlalchemy import select

from dispatch.domain.dispatching import Cause
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.technicians import qualifies
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderStep
from dispatch.services import duty
from dispatch.services.action import Tx
from dispatch.services.duty_calls import whose
from dispatch.services.handing import tell_assigned
from dispatch.services.holding import hold
from dispatch.services.loads import loads_of
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.services.walking import await_step, limit_step, wished_start
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.users import User
from dispatch.store.work_orders import Assignment, WorkOrder


async def give(tx: Tx, order: WorkOrder, *, cause: Cause) -> bool:
    """Gives the order to who is on duty; False where it goes the way of every order.

    On a holiday the delegate comes first: one who is a technician fit for it gets it, any other
    is told to assign it and has the policy's time for that. An emergency waits for nobody.
    """
    on_duty = await whose(tx, order, cause=cause, wished=await wished_start(tx, order))
    if on_duty is None:
        return False
    site = await tx.session.get_one(Site, order.site_id)
    had = await _had(tx, order)
    asks_delegate = cause is not Cause.DELEGATE_PASSED and order.priority is not Priority.EMERGENCY
    if on_duty.is_holiday and on_duty.delegate_ids and asks_delegate:
        user = await tx.session.get_one(User, on_duty.delegate_ids[0])
        own = [user.technician_id] if user.technician_id is not None else []
        if await _hand(tx, order, site, [each for each in own if each not in had]):
            return True
        await _leave_to_delegate(tx, order, user)
        return True
    return await _hand(
        tx, order, site, [each for each in on_duty.technician_ids if each not in had]
    )


async def _hand(tx: Tx, order: WorkOrder, site: Site, technician_ids: Sequence[int]) -> bool:
    """To the least loaded who qualifies; the rest of a crew comes from the others on duty."""
    if len(technician_ids) < order.crew_size:
        return False
    day = duty.local_date(site, tx.now)
    skills = await duty.skills_of(tx, technician_ids)
    loads = await loads_of(tx, technician_ids, site=site, at=tx.now)
    fit = [
        each
        for each in technician_ids
        if qualifies(skills[each], trade=order.trade, level=order.level, on=day)
    ]
    if not fit:
        return False
    lead_id = min(fit, key=lambda each: (loads[each], technician_ids.index(each)))
    helper_ids = [each for each in technician_ids if each != lead_id][: order.crew_size - 1]
    await hold(
        tx,
        order,
        step=WorkOrderStep.ASSIGN,
        by=AssignmentStep.DIRECTED,
        lead=await tx.session.get_one(Technician, lead_id),
        helpers=[await tx.session.get_one(Technician, each) for each in helper_ids],
        why={"on_duty": True},
    )
    limit_s = (await policy_of(tx, order.site_id)).duty.accept_s
    until = await limit_step(tx, order, limit_s=limit_s)
    await tell_assigned(tx, work_order_id=order.id, until=until)
    return True


async def _leave_to_delegate(tx: Tx, order: WorkOrder, user: User) -> None:
    wait_s = (await policy_of(tx, order.site_id)).duty.delegate_s
    await tell(
        tx,
        MessageKind.MUST_ASSIGN,
        Audience(user_ids=(user.id,)),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        trade=order.trade,
        cause=Cause.HOLIDAY.value,
        minutes=wait_s // 60,
    )
    await tx.save(order, "work_order.left_to_delegate", delegate_id=user.id, name=user.name)
    await await_step(tx, order, after_s=wait_s, cause=Cause.DELEGATE_PASSED)


async def _had(tx: Tx, order: WorkOrder) -> set[int]:
    """Who had the order already, or refused it: nobody is sent the same twice."""
    statement = select(Assignment.technician_id).where(Assignment.work_order_id == order.id)
    held = set((await tx.session.execute(statement)).scalars())
    return held | await duty.refused_by(tx, order.id)
