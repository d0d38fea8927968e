"""What the site's policy asks of an order beyond its category: level and approval (DSP-10, 11)."""

from dispatch.domain.approvals import ApprovalType, Asked, approval_needed
from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.policies import Policy
from dispatch.domain.seniority import level_needed
from dispatch.domain.travel import Spot
from dispatch.planning.inputs import spot_of
from dispatch.services.action import Tx
from dispatch.store.categories import Category
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_LEVELS = (1, 3)
_DURATIONS_S = (60, 30 * 24 * 3600)
_CREWS = (1, 20)


def figures_of(
    policy: Policy,
    ticket: Ticket,
    *,
    level: int | None,
    duration_s: int | None,
    crew_size: int | None,
) -> dict[str, int]:
    """Level, duration and crew as asked for, or else the ticket's. Refuses OUT_OF_RANGE."""
    usual_s = policy.intake.usual_duration_s
    wanted = {
        "level": (level or ticket.level or 1, *_LEVELS),
        "duration_s": (duration_s or ticket.duration_s or usual_s, *_DURATIONS_S),
        "crew_size": (crew_size or ticket.crew_size or 1, *_CREWS),
    }
    faults = [
        Refusal(Code.OUT_OF_RANGE, (name,), {"least": least, "most": most})
        for name, (value, least, most) in wanted.items()
        if not least <= value <= most
    ]
    if faults:
        raise Refused(*faults)
    return {name: value for name, (value, *_) in wanted.items()}


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
