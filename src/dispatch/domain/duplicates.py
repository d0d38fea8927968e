"""Which tickets are likely the same wish (INT-6): same place, same category, near in time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.domain.tickets import OPEN_STATES, TicketState


@dataclass(frozen=True, slots=True)
class Report:
    """What two reports are compared by; `told` is the place in the reporter's words."""

    id: int
    state: TicketState
    created_at: datetime
    closed_at: datetime | None
    category_id: int | None
    place_id: int | None
    asset_id: int | None
    told: tuple[str | None, ...]


def is_likely_duplicate(one: Report, other: Report, *, within: timedelta) -> bool:
    """Whether `other` is likely the same wish as `one`: open, or closed within the time before
    `one` came. While the category of one of them is not known, the place alone decides."""
    if one.id == other.id or not _is_same_place(one, other):
        return False
    if None not in (one.category_id, other.category_id) and one.category_id != other.category_id:
        return False
    if other.state in OPEN_STATES:
        return True
    return (
        other.state is TicketState.CLOSED
        and other.closed_at is not None
        and abs(one.created_at - other.closed_at) <= within
    )


def likely_duplicates(
    one: Report, others: Iterable[Report], *, within: timedelta, most: int
) -> list[int]:
    """Ids of the likely duplicates among `others`, the newest first."""
    alike = [other for other in others if is_likely_duplicate(one, other, within=within)]
    alike.sort(key=lambda other: (other.created_at, other.id), reverse=True)
    return [other.id for other in alike[:most]]


def _is_same_place(one: Report, other: Report) -> bool:
    if one.asset_id is not None and other.asset_id is not None:
        return one.asset_id == other.asset_id
    if one.place_id is not None and other.place_id is not None:
        return one.place_id == other.place_id
    return any(one.told) and one.told == other.told
