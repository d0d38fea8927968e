"""Which orders need somebody's approval before anybody is sent (DSP-11)."""

from dataclasses import dataclass
from enum import StrEnum

from dispatch.domain.policies import Policy
from dispatch.domain.travel import Spot, great_circle_m


class ApprovalType(StrEnum):
    """What makes an order one that somebody must approve."""

    BULK = "BULK"
    """Many pieces or visits ordered at once."""
    ENGINEERING = "ENGINEERING"
    """Building work rather than a repair."""
    UNSOLD_GOODS = "UNSOLD_GOODS"
    """Goods that have not been sold yet are to be delivered or fitted."""
    REMOTE_VISIT = "REMOTE_VISIT"
    """So far away that mileage is paid."""
    FREE_OUT_OF_WARRANTY = "FREE_OUT_OF_WARRANTY"
    """The customer shall not pay though the warranty is over."""
    CATEGORY = "CATEGORY"
    """The site asks for it in this category."""
    LARGE = "LARGE"
    """More people or time than the site lets go without a look."""


class ApprovalDecision(StrEnum):
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of an order when it is decided whether it needs approval."""

    type: ApprovalType | None
    category: str | None
    duration_s: int
    crew_size: int
    at: Spot | None
    site_at: Spot | None


def approval_needed(policy: Policy, asked: Asked) -> ApprovalType | None:
    """Why the order needs approval before dispatch; None when it does not."""
    numbers = policy.approvals
    if asked.type is not None and asked.type.value in numbers.types:
        return asked.type
    if asked.category is not None and asked.category in numbers.categories:
        return ApprovalType.CATEGORY
    if _is_beyond(asked.duration_s, numbers.duration_s):
        return ApprovalType.LARGE
    if _is_beyond(asked.crew_size, numbers.crew_size):
        return ApprovalType.LARGE
    if numbers.distance_m is not None and asked.at is not None and asked.site_at is not None:
        remote = ApprovalType.REMOTE_VISIT
        far = great_circle_m(asked.at, asked.site_at) > numbers.distance_m
        if far and remote.value in numbers.types:
            return remote
    return None


def _is_beyond(value: int, most: int | None) -> bool:
    return most is not None and value > most
