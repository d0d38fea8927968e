"""Telling people (通知): what is told, and to whom."""

from dataclasses import dataclass
from enum import StrEnum

from dispatch.domain.rights import Role


class MessageKind(StrEnum):
    """What people are told; the texts of each are in the catalogue, under `messages`."""

    CLOCK_BREACHED = "CLOCK_BREACHED"
    """To whoever the ladder names: ticket or order, which clock, since when."""
    ARRIVAL_CHECK_DUE = "ARRIVAL_CHECK_DUE"
    """To the desk: call the customer and ask whether the technician is there (SLA-5)."""
    STEWARD_REPORTED = "STEWARD_REPORTED"
    """To the desk: what the steward reports about an open ticket (SLA-1)."""
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
    MERGED_ANSWERED = "MERGED_ANSWERED"
    """To the reporter of a merged ticket: what came of the main one."""
    OWNER_CHANGED = "OWNER_CHANGED"
    """To who owns a ticket from now on."""
    GUIDE_OFFERED = "GUIDE_OFFERED"
    """To the reporter: what they can do themself before anybody comes."""
    HANDED_OVER = "HANDED_OVER"
    """To the steward: a left-over construction fault is theirs."""
    CHECK_NEEDED = "CHECK_NEEDED"
    """To who must agree to a report before it is dispatched."""
    CHECK_REJECTED = "CHECK_REJECTED"
    """To the reporter: somebody did not agree."""
    DOOR_CODE = "DOOR_CODE"
    """To the customer of an in-home order: what to tell the technician at the door (EXE-2)."""
    WORK_PAUSED = "WORK_PAUSED"
    """To the desk: why work stands still, and until when (EXE-3)."""
    RESUME_DUE = "RESUME_DUE"
    """To technician, leader and desk: paused work should go on (EXE-3)."""
    HELP_ASKED = "HELP_ASKED"
    """To the leader: a technician needs more people (EXE-5)."""
    HELP_SENT = "HELP_SENT"
    """To the crew: who comes along (EXE-5)."""
    HELP_DECLINED = "HELP_DECLINED"
    """To the technician: nobody can be sent (EXE-5)."""
    HELP_UNANSWERED = "HELP_UNANSWERED"
    """To the supervisor: the leader has not answered a call for help (EXE-5)."""
    STEP_NOT_TAKEN = "STEP_NOT_TAKEN"
    """To technician and desk: a step that was told late could not be taken (EXE-6)."""
    REWORK_FOUND = "REWORK_FOUND"
    """To the supervisor: the same fault was repaired here not long ago (EXE-7)."""
    REWORK_REPORT = "REWORK_REPORT"
    """To supervisor and manager: how far a rework has come today (EXE-7)."""


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
    and still answers for it (INT-7). Somebody who is meant twice is told once.
    """

    roles: tuple[Role, ...] = ()
    technician_ids: tuple[int, ...] = ()
    user_ids: tuple[int, ...] = ()
    party_ids: tuple[int, ...] = ()
    reporter: bool = False
    owner: bool = False
    means: tuple[str, ...] = ()
    """By these means alone; empty: as the site sends its messages."""
