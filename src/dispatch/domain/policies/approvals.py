"""Which orders nobody is sent to before they are approved (DSP-11)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, texts, whole


@dataclass(frozen=True, slots=True)
class Approvals:
    """What needs approval before dispatch."""

    types: tuple[str, ...] = texts(
        "BULK", "ENGINEERING", "UNSOLD_GOODS", "REMOTE_VISIT", "FREE_OUT_OF_WARRANTY"
    )
    """Types of order that need approval, out of those an order can be said to be of."""
    categories: tuple[str, ...] = texts()
    """Codes of categories whose orders need approval."""
    duration_s: int | None = whole(None, least=60, most=30 * DAY_S)
    """An order expected to take longer needs approval; none: however long."""
    crew_size: int | None = whole(None, least=1, most=20)
    """An order for more people needs approval; none: however many."""
    distance_m: int | None = whole(None, least=100, most=1_000_000)
    """An order further from the site's point is a remote visit; none: none is."""
