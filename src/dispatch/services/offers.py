"""Grab mode (抢单): orders open to all who qualify; exactly one takes each (GRAB-2)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, func, literal_column, select, update

from dispatch.domain.dispatching import Cause
from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import demand_text
from dispatch.domain.work_orders import (
    STEPS,
    AssignmentEnd,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services import duty, visible
from dispatch.services.action import Tx, expect_version, plain
from dispatch.services.climbing import leader_of
from dispatch.services.grab_checks import demand_grabbable
from dispatch.services.offering import offer_order
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.services.walking import await_hand, await_step, go_on
from dispatch.services.work_orders import (
    close_offer,
    end_assignment,
    find_helpers,
    hold,
    open_assignment,
)
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, Refusal, WorkOrder
from dispatch.telemetry import metrics

_OFFERS = cast("Table", Offer.__table__)
CLAIM = (
    update(_OFFERS)
    .where(
        _OFFERS.c.work_order_id == bindparam("order"),
        _OFFERS.c.closed_at.is_(None),
        _OFFERS.c.expires_at > bindparam("now"),
        exists().where(
            OfferRecipient.offer_id == _OFFERS.c.id,
            OfferRecipient.technician_id == bindparam("person"),
        ),
    )
    .values(
        closed_at=bindparam("now"),
        outcome=OfferOutcome.GRABBED,
        winner_id=bindparam("person"),
        version=_OFFERS.c.version + 1,
    )
    .returning(
        _OFFERS.c.id,
        select(func.count())
        # Said with its table: without, SQLite takes it for the recipient's own.
        .where(OfferRecipient.offer_id == literal_column("offer.id"))
        .scalar_subquery()
        .label("offered_to"),
    )
)
"""Takes the open offer of an `order` for a `person` it was made to, unless it is over at `now`: one
row with its id and to how many it was made, or none. Put together once, for in a storm of grabs it
is what everybody waits for."""
_NEWEST = (
    select(Offer.outcome, Offer.closed_at, Offer.winner_id, Technician.name)
    .join(OfferRecipient, OfferRecipient.offer_id == Offer.id)
    .outerjoin(Technician, Technician.id == Offer.winner_id)
    .where(
        Offer.work_order_id == bindparam("order"),
        OfferRecipient.technician_id == bindparam("person"),
    )
    .order_by(Offer.id.desc())
    .limit(1)
)
_TAKEN = (
    select(WorkOrder, Site)
    .join(Site, Site.id == WorkOrder.site_id)
    .where(WorkOrder.id == bindparam("order"))
    .with_for_update(of=WorkOrder)
    .execution_options(populate_existing=True)
)


async def open_offer(tx: Tx, *, work_order_id: int, version: int | None = None) -> WorkOrder:
    """Opens a queued order to everybody who qualifies and is on duty (GRAB-1)."""
    order = await visible.find_work_order(tx, work_order_id, Action.OFFER)
    expect_version(order, version)
    await offer_order(tx, order)
    return order


async def withdraw(tx: Tx, *, work_order_id: int, version: int | None = None) -> WorkOrder:
    """Takes an order off offer, back into the queue."""
    order = await visible.find_work_order(tx, work_order_id, Action.OFFER)
    expect_version(order, version)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.WITHDRAW)
    await close_offer(tx, order, outcome=OfferOutcome.WITHDRAWN)
    await tx.save(order, "work_order.offer_withdrawn")
    await await_hand(tx, order)
    return order


async def grab(
    tx: Tx,
    *,
    work_order_id: int,
    helper_ids: Sequence[int] = (),
    can_reach: bool | None = None,
) -> WorkOrder:
    """Takes an order on offer. Of any number at the same moment one wins; the others are told who.

    `can_reach`: the word of somebody busy that they will be there in time (GRAB-4).

    The claim is one conditional update of the offer, made before anything else is read: the
    database decides, and a loser waits for nothing but the winner's commit.
    """
    technician_id = _own_technician(tx)
    claim = {"order": work_order_id, "person": technician_id, "now": tx.now}
    won = (await tx.session.execute(CLAIM, claim)).one_or_none()
    if won is None:
        refused = await _why_not(tx, work_order_id, technician_id)
        is_lost = refused.refusals[0].code is Code.ALREADY_TAKEN
        metrics.GRABS.labels("lost" if is_lost else "refused").inc()
        raise refused
    order, site = (await tx.session.execute(_TAKEN, {"order": work_order_id})).one()
    visible.demand(tx, Action.WORK, site_id=order.site_id, own=True)
    # Two grabs of one person at the same moment each see what the other took.
    lead = await duty.find_qualified(
        tx, technician_id, order=order, at=tx.now, field="work_order_id", takes_now=True
    )
    if not await duty.is_on_duty(tx, technician_id, site=site, at=tx.now):
        raise refuse(Code.NOT_ON_DUTY, name=lead.name)
    found = await demand_grabbable(tx, lead, order, can_reach=can_reach)
    helpers = await find_helpers(tx, order, lead_id=technician_id, helper_ids=helper_ids)
    await hold(
        tx,
        order,
        step=WorkOrderStep.GRAB,
        by=order.dispatch_step or AssignmentStep.GRAB,
        lead=lead,
        helpers=helpers,
        offer_id=won.id,
        why={
            "offer_id": won.id,
            "offered_to": won.offered_to,
            "was_busy": found.is_busy,
            "reach_s": found.reach_s,
        },
    )
    tx.afterwards.append(metrics.GRABS.labels("won").inc)
    return order


async def lost(tx: Tx, *, work_order_id: int) -> Refused | None:
    """What a grab is told when somebody else has the order already; None if it may yet be won, or
    is told something else."""
    technician_id = _own_technician(tx)
    found = await _newest(tx, work_order_id, technician_id)
    if found is None or found.outcome is not OfferOutcome.GRABBED:
        return None
    return _taken_by(found) if found.winner_id != technician_id else None


async def give_back(
    tx: Tx, *, work_order_id: int, version: int | None = None, reason: str
) -> WorkOrder:
    """A taken order goes back into the queue before work begins, with the reason (GRAB-8).

    Too many in the policy's period are on record for the team leader to see.
    """
    order = await visible.find_work_order(tx, work_order_id, Action.WORK)
    expect_version(order, version)
    technician_id = await own_assignment(tx, order)
    demand_text("reason", reason)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.GIVE_BACK)
    await end_assignment(tx, order, end=AssignmentEnd.GIVEN_BACK, reason=reason)
    await refuse_order(tx, order, technician_id=technician_id, reason=reason)
    await tx.save(order, "work_order.given_back", technician_id=technician_id, reason=reason)
    await await_step(tx, order, after_s=0)
    await _tell_leader(tx, order, technician_id=technician_id)
    return order


async def expire_due(tx: Tx, *, most: int = 100) -> list[Offer]:
    """Closes the organization's offers whose time is over; the orders take the policy's next step.

    Rows that another worker is just closing are passed over, so that each offer ends once.
    """
    statement = (
        select(Offer)
        .where(
            Offer.closed_at.is_(None),
            Offer.expires_at <= tx.now,
            Offer.site_id.in_(
                select(Site.id).where(Site.organization_id == tx.actor.organization_id)
            ),
        )
        .order_by(Offer.expires_at, Offer.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    due = list((await tx.session.execute(statement)).scalars())
    for offer in due:
        order = await tx.session.get_one(
            WorkOrder, offer.work_order_id, with_for_update=True, populate_existing=True
        )
        offer.closed_at = tx.now
        offer.outcome = OfferOutcome.EXPIRED
        await tx.save(offer, "offer.expired", ticket_id=order.ticket_id)
        order.state = STEPS.after(state=order.state, step=WorkOrderStep.WITHDRAW)
        await tx.save(order, "work_order.offer_expired", offer_id=offer.id)
        await go_on(tx, order, cause=Cause.NOT_GRABBED)
    return due


async def own_assignment(tx: Tx, order: WorkOrder) -> int:
    """The acting technician's id, if the order is theirs (as lead); else refused."""
    technician_id = _own_technician(tx)
    assignment = await open_assignment(tx, order.id)
    if assignment is None or assignment.technician_id != technician_id:
        raise refuse(Code.NOT_YOUR_ORDER, field="work_order_id", number=order.number)
    return technician_id


async def refuse_order(tx: Tx, order: WorkOrder, *, technician_id: int, reason: str) -> None:
    """From now on this order is not planned for, nor offered to, this technician."""
    if technician_id not in await duty.refused_by(tx, order.id):
        tx.session.add(
            Refusal(work_order_id=order.id, technician_id=technician_id, reason=reason, at=tx.now)
        )
        await tx.session.flush()


def _own_technician(tx: Tx) -> int:
    if tx.actor.technician_id is None:
        raise refuse(Code.FORBIDDEN, action=Action.WORK.value)
    return tx.actor.technician_id


async def _newest(tx: Tx, work_order_id: int, technician_id: int) -> Any:
    """How the newest offer stands that was ever open to this technician: the one in question."""
    asked = {"order": work_order_id, "person": technician_id}
    return (await tx.session.execute(_NEWEST, asked)).one_or_none()


def _taken_by(offer: Any) -> Refused:
    return refuse(
        Code.ALREADY_TAKEN, field="work_order_id", winner=offer.name, at=plain(offer.closed_at)
    )


async def _why_not(tx: Tx, work_order_id: int, technician_id: int) -> Refused:
    """What a claim that found nothing to claim is told, without a word on orders not to be seen."""
    found = await _newest(tx, work_order_id, technician_id)
    if found is not None:
        if found.outcome is OfferOutcome.GRABBED:
            return _taken_by(found)
        return refuse(Code.OFFER_CLOSED, field="work_order_id")
    seen = visible.work_orders(tx.actor)
    order = await visible.find(tx, WorkOrder, work_order_id, seen, field="work_order_id")
    if order.state is WorkOrderState.OFFERED:
        return refuse(Code.NOT_OFFERED_TO_YOU, field="work_order_id", number=order.number)
    return refuse(
        Code.WRONG_STEP,
        field="work_order_id",
        allowed=STEPS.allowed(order.state),
        noun="work_order",
        step=WorkOrderStep.GRAB.value,
        state=order.state.value,
    )


async def _tell_leader(tx: Tx, order: WorkOrder, *, technician_id: int) -> None:
    policy = await policy_of(tx, order.site_id)
    since = tx.now - timedelta(seconds=policy.give_back_period_s)
    statement = select(func.count()).where(
        Assignment.technician_id == technician_id,
        Assignment.end == AssignmentEnd.GIVEN_BACK,
        Assignment.offer_id.is_not(None),
        Assignment.ended_at > since,
    )
    count = (await tx.session.execute(statement)).scalar_one()
    if count >= policy.give_back_alert:
        technician = await tx.session.get_one(Technician, technician_id)
        tx.note(
            technician,
            "technician.gives_back_often",
            count=count,
            leader_id=technician.leader_id,
            site_id=order.site_id,
        )
        leader_id = await leader_of(tx, technician_id)
        await tell(
            tx,
            MessageKind.GIVES_BACK_OFTEN,
            Audience(technician_ids=(leader_id,))
            if leader_id is not None
            else Audience(roles=(Role.TEAM_LEADER,)),
            site_id=order.site_id,
            ticket_id=order.ticket_id,
            work_order_id=order.id,
            name=technician.name,
            count=count,
            number=order.number,
        )
