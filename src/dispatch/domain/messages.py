"""Telling people (通知): what is told, and to whom."""

from dataclasses import dataclass
from enum import StrEnum

from dispatch.domain.rights import Role


class MessageKind(StrEnum):
    """What people are told; the texts of each are in the catalogue, under `messages`."""

    CLOCK_BREACHED = "CLOCK_BREACHED"
    """To whoever the ladder names: ticket or order, which clock, since when."""
    ARRIVAL_MOVED = "ARRIVAL_MOVED"
    """To the customer: somebody comes at another time than they were told (DSP-7)."""
    REPAIR_PROPOSED = "REPAIR_PROPOSED"
    """To the dispatcher: a disturbed day has a plan that waits for them."""
    REPAIR_FAILED = "REPAIR_FAILED"
    """To the dispatcher: a disturbed day could not be repaired."""
    OFFER_OPENED = "OFFER_OPENED"
    """To each technician an order is on offer to (GRAB-1)."""
    MUST_ASSIGN = "MUST_ASSIGN"
    """To the level that must assign an order nobody has (GRAB-3, DSP-8)."""
    ORDER_ASSIGNED = "ORDER_ASSIGNED"
    """To the technician an order was given to by a step of the policy."""
    GIVES_BACK_OFTEN = "GIVES_BACK_OFTEN"
    """To the team leader: somebody gives orders back too often (GRAB-8)."""


class MessageState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    DEAD = "DEAD"
    """Tried as often as the policy allows; shown to people."""
    KEPT = "KEPT"
    """Goes to the reader's inbox alone, by no channel."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told: whoever holds one of the roles at the site, and people by name.

    `reporter` is who reported the ticket the message is about; `owner` is who took it in
    (INT-7). Somebody who is meant twice is told once.
    """

    roles: tuple[Role, ...] = ()
    technician_ids: tuple[int, ...] = ()
    user_ids: tuple[int, ...] = ()
    party_ids: tuple[int, ...] = ()
    reporter: bool = False
    owner: bool = False
