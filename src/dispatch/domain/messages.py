"""Telling people (通知): what is told, and to whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dispatch.domain.errors import Code, Refusal, Refused
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
    DUTY_PUBLISHED = "DUTY_PUBLISHED"
    """To everybody on the duty roster: on which days (RST-4)."""
    DUTY_CHANGED = "DUTY_CHANGED"
    """To who comes onto a published day of the roster, or drops out (RST-4)."""
    DUTY_GAP = "DUTY_GAP"
    """To managers, once a day: what the duty roster lacks (RST-4)."""
    DUTY_INTAKE = "DUTY_INTAKE"
    """To the duty centre, on holidays the delegate, too: a report came in (RST-3)."""
    OVERTIME_ASKED = "OVERTIME_ASKED"
    """To the technician: whether they work longer, or on a day off (RST-5)."""
    OVERTIME_TO_APPROVE = "OVERTIME_TO_APPROVE"
    """To those who may approve overtime: somebody is willing (RST-5)."""
    OVERTIME_ANSWERED = "OVERTIME_ANSWERED"
    """To the technician and who asked: what became of overtime (RST-5)."""
    OVERTIME_EXPIRED = "OVERTIME_EXPIRED"
    """To the technician, who asked and who might have approved: nobody answered (RST-5)."""
    IMPORT_DONE = "IMPORT_DONE"
    """To who asked for an import in the background: it is done (INT-11)."""
    IMPORT_TRIED = "IMPORT_TRIED"
    """To who asked for a dry run in the background: what would come of it (INT-11)."""
    IMPORT_FAILED = "IMPORT_FAILED"
    """To who asked for an import in the background: nothing was brought in (INT-11)."""
    APPROVAL_ASKED = "APPROVAL_ASKED"
    """To those who may approve: an order waits for them (DSP-11)."""
    APPROVAL_REFUSED = "APPROVAL_REFUSED"
    """To the desk: an order is not dispatched (DSP-11)."""
    MEDIATION_DUE = "MEDIATION_DUE"
    """To the mediators: a customer complains and is to be called (DSP-8)."""
    POSTPONE_ALLOWED = "POSTPONE_ALLOWED"
    """To the desk: another time may be agreed with the customer (DSP-8)."""
    APPOINTMENT_MADE = "APPOINTMENT_MADE"
    """To the customer: when somebody comes, as agreed (APT-2)."""
    APPOINTMENT_MOVED = "APPOINTMENT_MOVED"
    """To the customer and whoever holds the order: another time was agreed (APT-4)."""
    APPOINTMENT_REMINDER = "APPOINTMENT_REMINDER"
    """To the technician: confirm an appointment that was moved within the day (APT-5)."""
    APPOINTMENT_UNANSWERED = "APPOINTMENT_UNANSWERED"
    """To the team leader: the technician has not confirmed one (APT-5)."""
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
    CALLBACK_LINK = "CALLBACK_LINK"
    """To the reporter: the link by which to answer instead of a call (CBK-6)."""
    CALLBACK_SERIOUS = "CALLBACK_SERIOUS"
    """To managers: they have to make this call (CBK-5)."""
    CUSTOMER_UNSATISFIED = "CUSTOMER_UNSATISFIED"
    """To the supervisor: a customer is not satisfied, and why (CBK-4)."""
    CASE_TAKEN = "CASE_TAKEN"
    """To who complained: somebody has taken it (CMP-1)."""
    CASE_NOT_TAKEN = "CASE_NOT_TAKEN"
    """To the service lead: nobody took a complaint (CMP-1)."""
    CASE_NOT_CONTACTED = "CASE_NOT_CONTACTED"
    """To service lead and manager: nobody contacted who complained (CMP-1)."""
    CASE_NOT_SOLVED = "CASE_NOT_SOLVED"
    """To the quality officer: a complaint is theirs from now on (CMP-1)."""
    CASE_GRAVE = "CASE_GRAVE"
    """To managers: a complaint of a high level (CMP-2)."""
    CASE_ROUTED = "CASE_ROUTED"
    """To a department's lead: a matter is theirs (CMP-3)."""
    CASE_HANDED_ON = "CASE_HANDED_ON"
    """To who is to do it: a matter was handed on (CMP-3)."""
    LIFT_TRAPPED = "LIFT_TRAPPED"
    """To lift vendor and staff: people are shut in a lift (CMP-4)."""
    SERVICE_CONFIRMED = "SERVICE_CONFIRMED"
    """To the customer: who delivers what they ordered, and when (CMP-5)."""
    SERVICE_DECLINED = "SERVICE_DECLINED"
    """To the customer: what they ordered cannot be delivered (CMP-5)."""
    SERVICE_UNCONFIRMED = "SERVICE_UNCONFIRMED"
    """To desk and supervisor: an online order has no provider's word (CMP-5)."""


class MessageState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    DEAD = "DEAD"
    """Tried as often as the policy allows; shown to people."""
    KEPT = "KEPT"
    """Lies in the reader's inbox."""


class ChannelKind(StrEnum):
    """The ways out of the house (NTF-1)."""

    EMAIL = "EMAIL"
    """To each reader's own address, through the site's mail server."""
    SMS_ALIYUN = "SMS_ALIYUN"
    SMS_TENCENT = "SMS_TENCENT"
    """To each reader's phone, through a gateway."""
    WECOM = "WECOM"
    DINGTALK = "DINGTALK"
    FEISHU = "FEISHU"
    """Into a group, by its bot."""
    WEB_HOOK = "WEB_HOOK"
    """To another program, signed (NTF-3)."""
    WEB_PUSH = "WEB_PUSH"
    """To each reader's browsers, where they asked for it."""
    OTHER = "OTHER"
    """Any other service that the library of channels knows, by its address."""


SECRET_KINDS = frozenset({MessageKind.DOOR_CODE, MessageKind.CALLBACK_LINK})
"""What only its reader may know: whoever reads it could open a door, or answer in their name."""

PERSONAL = frozenset(
    {
        ChannelKind.EMAIL,
        ChannelKind.SMS_ALIYUN,
        ChannelKind.SMS_TENCENT,
        ChannelKind.WEB_PUSH,
    }
)
"""Channels that reach each reader by their own address; the others tell a group once."""

NEEDED: Mapping[ChannelKind, tuple[str, ...]] = {
    ChannelKind.EMAIL: ("host", "sender"),
    ChannelKind.SMS_ALIYUN: ("access_key_id", "access_key_secret", "sign_name", "template_code"),
    ChannelKind.SMS_TENCENT: ("secret_id", "secret_key", "app_id", "sign_name", "template_id"),
    ChannelKind.WECOM: ("key",),
    ChannelKind.DINGTALK: ("token",),
    ChannelKind.FEISHU: ("token",),
    ChannelKind.WEB_HOOK: ("url",),
    ChannelKind.WEB_PUSH: ("contact",),
    ChannelKind.OTHER: ("url",),
}
"""What a channel of each kind must be told."""

OPTIONAL: Mapping[ChannelKind, tuple[str, ...]] = {
    ChannelKind.EMAIL: ("port", "user", "password", "security"),
    ChannelKind.DINGTALK: ("secret",),
}


def check_config(kind: ChannelKind, config: Mapping[str, str]) -> None:
    """Refuses a channel that lacks what its kind needs, or is told what it does not know."""
    needed, known = NEEDED[kind], (*NEEDED[kind], *OPTIONAL.get(kind, ()))
    faults = [
        Refusal(Code.REQUIRED, ("config", name))
        for name in needed
        if not str(config.get(name, "")).strip()
    ]
    faults += [
        Refusal(Code.BAD_INPUT, ("config", name), {"given": name}, allowed=known)
        for name in config
        if name not in known
    ]
    if faults:
        raise Refused(*faults)


def next_try(
    *, tries: int, most: int, first_s: int, longest_s: int, luck: float, now: datetime
) -> datetime | None:
    """When a message that failed `tries` times is tried again; None: never.

    The wait doubles from `first_s` up to `longest_s`; `luck` (0 to 1) spreads it by a fifth, so
    that what failed together does not come back together.
    """
    if tries >= most:
        return None
    wait_s = min(longest_s, first_s * 2 ** (tries - 1))
    return now + timedelta(seconds=wait_s * (0.9 + 0.2 * luck))


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
