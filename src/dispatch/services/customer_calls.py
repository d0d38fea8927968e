"""The technician calls the customer before setting out (上门前电话, APT-7)."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from dispatch.domain.appointments import CallRule, VisitCallResult
from dispatch.domain.errors import Code, refuse
from dispatch.domain.late_steps import StepState
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text
from dispatch.domain.tickets import Area
from dispatch.domain.work_orders import STEPS, WorkOrderState, WorkOrderStep
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.appointments import standing
from dispatch.services.holding import open_assignment
from dispatch.services.offers import own_assignment
from dispatch.services.policies import policy_of
from dispatch.store.customer_calls import CustomerCall
from dispatch.store.work_orders import Assignment, WorkOrder
from dispatch.store.work_steps import WorkStep

_CALLED_IN = (WorkOrderState.ASSIGNED, WorkOrderState.ACCEPTED, WorkOrderState.EN_ROUTE)

_CALLS = (
    select(CustomerCall.id)
    .where(
        CustomerCall.work_order_id == bindparam("order"),
        CustomerCall.technician_id == bindparam("technician"),
        CustomerCall.at <= bindparam("until"),
    )
    .limit(1)
)
_SET_OUT = select(WorkStep.at).where(
    WorkStep.assignment_id == bindparam("assignment"),
    WorkStep.step == WorkOrderStep.SET_OUT,
    WorkStep.state == StepState.TAKEN,
)


async def note(
    tx: Tx,
    *,
    work_order_id: int,
    result: VisitCallResult,
    note: str | None = None,
    called_at: datetime | None = None,
) -> CustomerCall:
    """The technician who holds the order has called its customer, and what came of it.

    `called_at`: when, if it was not just now. Refuses WRONG_STEP once somebody is at the door.
    """
    order = await visible.find_work_order(tx, work_order_id, Action.WORK)
    technician_id = await own_assignment(tx, order)
    if order.state not in _CALLED_IN:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step="NOTE_CALL",
            state=order.state.value,
        )
    check_text("note", note, most=REASON_MOST)
    at = called_at or tx.now
    fast_s = (await policy_of(tx, order.site_id)).on_site.clock_fast_s
    if not order.created_at <= at <= tx.now + timedelta(seconds=fast_s):
        raise refuse(
            Code.OUT_OF_RANGE,
            field="called_at",
            least=order.created_at.isoformat(),
            most=tx.now.isoformat(),
        )
    call = CustomerCall(
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        technician_id=technician_id,
        at=at,
        noted_at=tx.now,
        result=result,
        note=note,
    )
    await tx.save(call, "customer_call.noted")
    assignment = await open_assignment(tx, order.id)
    if assignment is not None and assignment.set_out_uncalled:
        left_at = await _set_out_at(tx, assignment)
        if left_at is not None and at <= left_at:
            # Told late, but made in time: the mark was for nothing.
            assignment.set_out_uncalled = False
            await tx.save(assignment, "assignment.called", **_of(order))
    return call


async def before_setting_out(tx: Tx, order: WorkOrder, *, technician_id: int, at: datetime) -> None:
    """Marks an assignment whose technician sets out without having called, where a customer
    waits. Refuses CALL_FIRST where the site's policy wants the call."""
    rule = (await policy_of(tx, order.site_id)).appointments.call_rule
    is_expected = order.area is Area.IN_HOME or await standing(tx, order) is not None
    if rule is CallRule.NOT_ASKED or not is_expected:
        return
    is_called = await _called(tx, order, technician_id, until=at)
    if rule is CallRule.REFUSED and not is_called:
        raise refuse(Code.CALL_FIRST, field="work_order_id", number=order.number)
    assignment = await open_assignment(tx, order.id)
    if assignment is not None:
        assignment.set_out_uncalled = not is_called
        verbed = "called" if is_called else "uncalled"
        await tx.save(assignment, f"assignment.{verbed}", **_of(order))


async def _called(tx: Tx, order: WorkOrder, technician_id: int, *, until: datetime) -> bool:
    asked = {"order": order.id, "technician": technician_id, "until": until}
    return (await tx.session.execute(_CALLS, asked)).first() is not None


async def _set_out_at(tx: Tx, assignment: Assignment) -> datetime | None:
    found = await tx.session.execute(_SET_OUT, {"assignment": assignment.id})
    return max(found.scalars(), default=None)


def _of(order: WorkOrder) -> dict[str, int]:
    return {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}
