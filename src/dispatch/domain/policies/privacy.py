"""How long people's data stay in sight."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, whole


@dataclass(frozen=True, slots=True)
class Privacy:
    """Numbers of who sees what of customers."""

    address_kept_s: int = whole(DAY_S, least=0, most=31 * DAY_S)
    """How long after their work a technician still sees the customer's telephone and address."""
    imports_kept_s: int = whole(90 * DAY_S, least=DAY_S, most=3650 * DAY_S)
    """How long an ended import and its faults by row are kept; what it brought in stays."""
