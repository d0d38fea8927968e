"""Another time for an order that nobody can take: by the manager's consent (DSP-8)."""

from datetime import datetime, timedelta

from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import REASON_MOST, check_text, demand_text
from dispatch.domain.work_orders import STEPS, AssignmentStep, WorkOrderState
from dispatch.services import clocks, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.agreeing import agree
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.clocks import Clock
from dispatch.store.mediations import Mediation
from dispatch.store.work_orders import WorkOrder


async def consent(
    tx: Tx, *, work_order_id: int, version: int | None = None, reason: str
) -> WorkOrder:
    """The project manager lets the desk agree another time with the customer; it is told."""
    order = await visible.find_work_order(tx, work_order_id, Action.POSTPONE)
    expect_version(order, version)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    _demand_queued(order, "POSTPONE")
    order.postpone_consent_by = tx.actor.name
    order.postpone_consent_at = tx.now
    await tx.save(order, "work_order.postponing_allowed", reason=reason)
    await tell(
        tx,
        MessageKind.POSTPONE_ALLOWED,
        Audience(roles=(Role.DESK,), owner=True),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        name=tx.actor.name,
        reason=reason,
    )
    return order


async def postpone(
    tx: Tx,
    *,
    work_order_id: int,
    appointment: tuple[datetime, datetime],
    reason: str,
    version: int | None = None,
    insists: bool = False,
) -> WorkOrder:
    """The desk has agreed another time with the customer: the order walks anew towards it.

    The caller has made sure that there is room for it, or `insists`. Refuses
    MANAGER_CONSENT_NEEDED without the manager's consent, which serves once.
    """
    order = await visible.find_work_order(tx, work_order_id, Action.CREATE_WORK_ORDER)
    expect_version(order, version)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    demand_consented(order)
    if not max(appointment[0], tx.now) < appointment[1]:
        raise refuse(Code.OUT_OF_RANGE, field="appointment", least=tx.now.isoformat(), most="")
    policy = await policy_of(tx, order.site_id)
    has_auto = policy.step(AssignmentStep.AUTO) is not None
    order.dispatch_step = AssignmentStep.AUTO if has_auto else policy.dispatch_steps[0].step
    by, order.postpone_consent_by = order.postpone_consent_by, None
    order.postpone_consent_at = None
    await tx.save(order, "work_order.postponed", reason=reason, consent_by=by, insisted=insists)
    await agree(tx, order, starts_at=appointment[0], ends_at=appointment[1], reason=reason)
    return order


def demand_consented(order: WorkOrder) -> None:
    """Only what nobody holds is put off, and only by the manager's consent."""
    _demand_queued(order, "POSTPONE")
    if order.postpone_consent_at is None:
        raise refuse(Code.MANAGER_CONSENT_NEEDED, field="work_order_id", number=order.number)


async def open_mediation(tx: Tx, *, work_order_id: int, complaint: str) -> WorkOrder:
    """The customer complains: a mediator calls them within the policy's time."""
    order = await visible.find_work_order(tx, work_order_id, Action.CREATE_WORK_ORDER)
    demand_text("complaint", complaint)
    check_text("complaint", complaint, most=REASON_MOST)
    policy = await policy_of(tx, order.site_id)
    mediation = Mediation(
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        complaint=complaint,
        opened_by_name=tx.actor.name,
        opened_at=tx.now,
        due_at=tx.now + timedelta(seconds=policy.dispatching.mediate_within_s),
    )
    await tx.save(mediation, "mediation.opened", work_order_id=order.id)
    await clocks.start(
        tx,
        ClockKind.MEDIATION,
        mediation,
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        due_at=mediation.due_at,
    )
    await _tell_mediators(tx, mediation, order, roles=policy.dispatching.mediators)
    return order


async def record_mediation(tx: Tx, *, mediation_id: int, outcome: str) -> Mediation:
    """A mediator has called the customer, and what came of it."""
    seen = visible.at_sites_where(tx.actor, Action.CALL_BACK, Mediation.site_id)
    mediation = await visible.find(
        tx, Mediation, mediation_id, seen, field="mediation_id", lock=True
    )
    demand_text("outcome", outcome)
    check_text("outcome", outcome, most=REASON_MOST)
    if mediation.called_at is not None:
        raise refuse(Code.CALLBACK_ENDED, field="mediation_id")
    mediation.called_by_id = tx.actor.user_id
    mediation.called_by_name = tx.actor.name
    mediation.called_at = tx.now
    mediation.outcome = outcome
    await tx.save(mediation, "mediation.called", work_order_id=mediation.work_order_id)
    await clocks.stop(tx, mediation)
    return mediation


async def mediation_due(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: nobody called; the mediators and the manager are told."""
    mediation = await tx.session.get_one(Mediation, clock.subject_id, populate_existing=True)
    if mediation.called_at is not None:
        return
    order = await tx.session.get_one(WorkOrder, mediation.work_order_id)
    policy = await policy_of(tx, order.site_id)
    roles = (*policy.dispatching.mediators, Role.PROJECT_MANAGER)
    tx.note(mediation, "mediation.overdue", work_order_id=order.id)
    await _tell_mediators(tx, mediation, order, roles=roles)


async def _tell_mediators(
    tx: Tx, mediation: Mediation, order: WorkOrder, *, roles: tuple[Role, ...]
) -> None:
    await tell(
        tx,
        MessageKind.MEDIATION_DUE,
        Audience(roles=roles),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        complaint=mediation.complaint,
        due_at=mediation.due_at,
    )


def _demand_queued(order: WorkOrder, step: str) -> None:
    """Only what nobody holds is put off."""
    if order.state is not WorkOrderState.QUEUED:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step=step,
            state=order.state.value,
        )
