"""What the site's policy asks of an order beyond its category: level and approval (DSP-10, 11)."""

from dispatch.domain.approvals import ApprovalType, Asked, approval_needed
from dispatch.domain.policies import Policy
from dispatch.domain.seniority import level_needed
from dispatch.domain.travel import Spot
from dispatch.planning.inputs import spot_of
from dispatch.services.action import Tx
from dispatch.store.categories import Category
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder


async def set_needs(
    tx: Tx,
    order: WorkOrder,
    ticket: Ticket,
    policy: Policy,
    *,
    type: ApprovalType | None = None,  # noqa: A002
) -> ApprovalType | None:
    """Raises the order's level where it is large or risky; why it needs approval, or None."""
    category = (
        await tx.session.get(Category, ticket.category_id)
        if ticket.category_id is not None
        else None
    )
    order.level = level_needed(
        policy,
        level=order.level,
        duration_s=order.duration_s,
        crew_size=order.crew_size,
        is_danger=category is not None and category.is_danger,
    )
    return approval_needed(
        policy,
        Asked(
            type=type,
            category=category.code if category is not None else None,
            duration_s=order.duration_s,
            crew_size=order.crew_size,
            at=spot_of(order),
            site_at=await _site_spot(tx, order),
        ),
    )


async def _site_spot(tx: Tx, order: WorkOrder) -> Spot | None:
    site = await tx.session.get_one(Site, order.site_id)
    if site.latitude is None or site.longitude is None:
        return None
    return Spot(site.latitude, site.longitude)
