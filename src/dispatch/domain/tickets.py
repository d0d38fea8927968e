"""What somebody reported (报事报修单): kinds, channels, states, and what intake must hold."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.steps import Machine, way


class TicketKind(StrEnum):
    REPAIR = "REPAIR"
    MATTER = "MATTER"
    COMPLAINT = "COMPLAINT"
    SERVICE = "SERVICE"
    INSPECTION = "INSPECTION"


class IntakeBy(StrEnum):
    """Who takes a report in (RST-3)."""

    DESK = "DESK"
    DUTY_CENTRE = "DUTY_CENTRE"
    """Outside desk hours."""


class Channel(StrEnum):
    PHONE = "PHONE"
    WALK_IN = "WALK_IN"
    LETTER = "LETTER"
    SUGGESTION_BOX = "SUGGESTION_BOX"
    PATROL = "PATROL"
    VISIT = "VISIT"
    HANDOVER = "HANDOVER"
    RADIO = "RADIO"
    WEB = "WEB"
    APP = "APP"
    WECHAT = "WECHAT"
    EMAIL = "EMAIL"
    SENSOR = "SENSOR"
    SELF_INSPECTION = "SELF_INSPECTION"


class Area(StrEnum):
    """Whether the work is in somebody's home (入户) or in a public area (公区)."""

    IN_HOME = "IN_HOME"
    PUBLIC = "PUBLIC"


class TicketState(StrEnum):
    NEW = "NEW"
    TRIAGED = "TRIAGED"
    IN_PROGRESS = "IN_PROGRESS"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    MERGED = "MERGED"


class TicketStep(StrEnum):
    TRIAGE = "TRIAGE"
    TAKE_UP = "TAKE_UP"
    BEGIN = "BEGIN"
    RESOLVE = "RESOLVE"
    REOPEN = "REOPEN"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"
    MERGE = "MERGE"


class Resolution(StrEnum):
    """How a ticket is to be solved (TRI-4)."""

    SELF_HELP = "SELF_HELP"
    REMOTE_HELP = "REMOTE_HELP"
    SITE_VISIT = "SITE_VISIT"
    VENDOR_VISIT = "VENDOR_VISIT"


_S = TicketState
STEPS: Machine[TicketState, TicketStep] = Machine(
    noun="ticket",
    ways={
        # Triage may be repeated until work begins: the desk corrects a first guess.
        TicketStep.TRIAGE: way(_S.NEW, _S.TRIAGED, to=_S.TRIAGED),
        # Complaints and matters need no triage: somebody takes them up.
        TicketStep.TAKE_UP: way(_S.NEW, _S.TRIAGED, to=_S.IN_PROGRESS),
        TicketStep.BEGIN: way(_S.TRIAGED, to=_S.IN_PROGRESS),
        TicketStep.RESOLVE: way(_S.TRIAGED, _S.IN_PROGRESS, to=_S.RESOLVED),
        TicketStep.REOPEN: way(_S.RESOLVED, to=_S.IN_PROGRESS),
        TicketStep.CLOSE: way(_S.RESOLVED, to=_S.CLOSED),
        TicketStep.CANCEL: way(_S.NEW, _S.TRIAGED, _S.IN_PROGRESS, to=_S.CANCELLED),
        TicketStep.MERGE: way(_S.NEW, _S.TRIAGED, to=_S.MERGED),
    },
)

OPEN_STATES = frozenset({_S.NEW, _S.TRIAGED, _S.IN_PROGRESS, _S.RESOLVED})
ENDED_STATES = frozenset({_S.CLOSED, _S.CANCELLED, _S.MERGED})

# Channels whose reports come without a person at the desk asking back: they may be incomplete
# and then wait as NEW for the desk (INT-4).
SELF_SERVICE_CHANNELS = frozenset(
    {Channel.WEB, Channel.APP, Channel.WECHAT, Channel.EMAIL, Channel.SENSOR}
)

DESCRIPTION_MOST = 10_000
SHORT_TEXT_MOST = 200

# INT-1: what each kind must bring. A tuple inside is "one of these".
_EVERY_KIND: tuple[str | tuple[str, ...], ...] = ("description",)
_REQUIRED: Mapping[TicketKind, tuple[str | tuple[str, ...], ...]] = {
    TicketKind.REPAIR: (*_EVERY_KIND, "requester_name", "requester_phone", "place_id"),
    TicketKind.MATTER: (*_EVERY_KIND, "place_id"),
    TicketKind.COMPLAINT: (*_EVERY_KIND, "requester_name", "requester_phone"),
    TicketKind.SERVICE: (*_EVERY_KIND, "requester_name", "requester_phone", "place_id"),
    TicketKind.INSPECTION: (*_EVERY_KIND, "place_id"),
}
_LOCATION_FIELDS = ("place_id", "building", "room", "location_text", "landmark", "point")


def missing_fields(*, kind: TicketKind, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the fields that `kind` needs and `given` lacks; `place_id` stands for any way to
    say where."""
    missing: list[str] = []
    for needed in _REQUIRED[kind]:
        names = _LOCATION_FIELDS if needed == "place_id" else (str(needed),)
        if not any(_filled(given.get(name)) for name in names):
            missing.append(str(needed))
    return tuple(missing)


def check_intake(*, kind: TicketKind, channel: Channel, given: Mapping[str, Any]) -> bool:
    """Refuses an intake with one refusal per faulty field; returns whether it is complete.

    Self-service channels may leave out all but the description; the ticket then waits for the
    desk as NEW.
    """
    missing = missing_fields(kind=kind, given=given)
    faults = [
        Refusal(Code.TOO_LONG, (name,), {"most": most, "length": len(value)})
        for name, value in given.items()
        if isinstance(value, str) and len(value) > (most := _longest(name))
    ]
    tolerated = channel in SELF_SERVICE_CHANNELS
    faults += [
        Refusal(Code.REQUIRED, (name,), {"kind": kind.value})
        for name in missing
        if name == "description" or not tolerated
    ]
    if faults:
        raise Refused(*faults)
    return not missing


def _filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _longest(name: str) -> int:
    return DESCRIPTION_MOST if name in {"description", "location_text"} else SHORT_TEXT_MOST
