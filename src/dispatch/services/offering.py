"""Opening an order to all who qualify: to whom, for how long, and who sees it first (GRAB-1)."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from dispatch.domain.clocks import ClockKind
from dispatch.domain.grabbing import first_to_see
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.policies import Policy
from dispatch.domain.technicians import TechnicianKind
from dispatch.domain.work_orders import STEPS, AssignmentStep, WorkOrderStep
from dispatch.services import clocks, duty
from dispatch.services.action import Tx
from dispatch.services.loads import loads_of
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.clocks import Clock
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder


async def offer_order(
    tx: Tx, order: WorkOrder, *, step: AssignmentStep = AssignmentStep.GRAB
) -> Offer:
    """Opens a queued order; how long it stands open is the policy's number.

    Those with less work today may see it a little before the others (GRAB-6).
    """
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.OFFER)
    order.dispatch_step = step
    policy = await policy_of(tx, order.site_id)
    offer = Offer(
        work_order_id=order.id,
        site_id=order.site_id,
        opened_at=tx.now,
        expires_at=tx.now + timedelta(seconds=_limit_s(policy, step)),
    )
    people = await whom(tx, order, step=step)
    await tx.save(offer, "offer.opened", ticket_id=order.ticket_id)
    first = await _first(tx, order, people, policy)
    if len(first) < len(people):
        await clocks.start(
            tx,
            ClockKind.OFFER_WIDENS,
            offer,
            site_id=order.site_id,
            ticket_id=order.ticket_id,
            work_order_id=order.id,
            after_s=policy.grabbing.head_start_s,
        )
    await _show(tx, order, offer, first)
    await tx.save(
        order,
        "work_order.offered",
        offer_id=offer.id,
        technicians=[each.id for each in first],
        expires_at=offer.expires_at,
    )
    return offer


async def widen(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: the head start is over, everybody who qualifies sees the offer."""
    offer = await tx.session.get_one(
        Offer, clock.subject_id, with_for_update=True, populate_existing=True
    )
    if offer.closed_at is not None or offer.expires_at <= tx.now:
        return
    order = await tx.session.get_one(WorkOrder, offer.work_order_id)
    statement = select(OfferRecipient.technician_id).where(OfferRecipient.offer_id == offer.id)
    known = set((await tx.session.execute(statement)).scalars())
    people = await whom(tx, order, step=order.dispatch_step or AssignmentStep.GRAB)
    later = [each for each in people if each.id not in known]
    await _show(tx, order, offer, later)
    tx.note(
        offer,
        "offer.widened",
        ticket_id=order.ticket_id,
        technicians=[each.id for each in later],
    )


async def whom(tx: Tx, order: WorkOrder, *, step: AssignmentStep) -> list[Technician]:
    """Who may take the order now; at the step VENDOR the vendors' people alone (DSP-12)."""
    people = await duty.qualified_on_duty(tx, order, at=tx.now)
    if step is not AssignmentStep.VENDOR:
        return people
    return [each for each in people if each.kind is TechnicianKind.VENDOR]


async def _first(
    tx: Tx, order: WorkOrder, people: Sequence[Technician], policy: Policy
) -> Sequence[Technician]:
    numbers = policy.grabbing
    if not numbers.head_start_s or len(people) < 2:
        return people
    site = await tx.session.get_one(Site, order.site_id)
    loads = await loads_of(tx, [each.id for each in people], site=site, at=tx.now)
    first = first_to_see(loads, gap_s=numbers.head_start_gap_s)
    return [each for each in people if each.id in first]


async def _show(tx: Tx, order: WorkOrder, offer: Offer, people: Sequence[Technician]) -> None:
    tx.session.add_all(OfferRecipient(offer_id=offer.id, technician_id=each.id) for each in people)
    await tx.session.flush()
    if people:
        await tell(
            tx,
            MessageKind.OFFER_OPENED,
            Audience(technician_ids=tuple(each.id for each in people)),
            site_id=order.site_id,
            ticket_id=order.ticket_id,
            work_order_id=order.id,
            number=order.number,
            trade=order.trade,
            level=order.level,
            minutes=order.duration_s // 60,
            expires_at=offer.expires_at,
        )


def _limit_s(policy: Policy, step: AssignmentStep) -> int:
    entry = policy.step(step)
    if entry is not None and entry.limit_s is not None:
        return entry.limit_s
    if step is AssignmentStep.VENDOR:
        return policy.dispatching.vendor_limit_s
    return policy.grabbing.offer_s
