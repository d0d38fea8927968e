"""What is left of finished work: the record of it, and the hours of each of the crew (EXE-4)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.sizes import (
    CREW_MOST,
    LINK_MOST,
    LONG_TEXT_MOST,
    NAME_MOST,
    PHOTOS_MOST,
    REASON_MOST,
    check_count,
    check_number,
    check_text,
    check_texts,
)
from dispatch.services import photos
from dispatch.services.action import Tx
from dispatch.services.work_orders import open_assignment
from dispatch.store.work_orders import CrewMember, WorkOrder

_PARTS_MOST = 100
_UNIT_MOST = 40
_QUANTITY_MOST = 1_000_000_000
_WORKED_MOST_S = 30 * 24 * 3600
# Strokes drawn on a screen come as a picture within the text.
_SIGNATURE_MOST = 200_000

_CREW = (
    select(CrewMember)
    .where(CrewMember.assignment_id == bindparam("assignment"))
    .order_by(CrewMember.is_lead.desc(), CrewMember.id)
)


@dataclass(frozen=True, slots=True)
class HoursInput:
    """Working time of one of the crew."""

    technician_id: int
    seconds: int


@dataclass(frozen=True, slots=True)
class PartInput:
    """Material used, in words and count."""

    name: str
    quantity: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What a technician writes down at the end."""

    found: str
    cause: str
    done: str
    parts: Sequence[PartInput] = ()
    hours: Sequence[HoursInput] = ()
    photos_before: Sequence[str] = ()
    photos_after: Sequence[str] = ()
    signature: str | None = None
    no_signature_reason: str | None = None

    def check(self) -> None:
        """Refuses what is missing, all at once, and what is too long."""
        words = {"found": self.found, "cause": self.cause, "done": self.done}
        faults = [
            Refusal(Code.REQUIRED, (name,)) for name, text in words.items() if not text.strip()
        ]
        if not _says(self.signature) and not _says(self.no_signature_reason):
            faults.append(Refusal(Code.SIGNATURE_OR_REASON, ("signature",)))
        if faults:
            raise Refused(*faults)
        for name, text in words.items():
            check_text(name, text, most=LONG_TEXT_MOST)
        check_text("signature", self.signature, most=_SIGNATURE_MOST)
        check_text("no_signature_reason", self.no_signature_reason, most=REASON_MOST)
        check_texts("photos_before", self.photos_before, count=PHOTOS_MOST, most=LINK_MOST)
        check_texts("photos_after", self.photos_after, count=PHOTOS_MOST, most=LINK_MOST)
        check_count("parts", self.parts, most=_PARTS_MOST)
        for part in self.parts:
            check_text(("parts", "name"), part.name, most=NAME_MOST)
            check_text(("parts", "unit"), part.unit, most=_UNIT_MOST)
            check_number(("parts", "quantity"), part.quantity, least=0, most=_QUANTITY_MOST)
        check_count("hours", self.hours, most=CREW_MOST)
        for each in self.hours:
            check_number("hours", each.seconds, least=0, most=_WORKED_MOST_S)

    def kept(self, worked: Sequence[HoursInput]) -> dict[str, Any]:
        """The record as the order keeps it, with everybody's hours."""
        return {
            "found": self.found,
            "cause": self.cause,
            "done": self.done,
            "parts": [asdict(part) for part in self.parts],
            "hours": [asdict(each) for each in worked],
            "photos_before": list(self.photos_before),
            "photos_after": list(self.photos_after),
            "signature": self.signature,
            "no_signature_reason": self.no_signature_reason,
        }


async def keep_pictures(tx: Tx, order: WorkOrder, record: Record) -> Record:
    """The record with its photos as they are kept; those uploaded here belong to the order."""
    kept: dict[str, Sequence[str]] = {}
    for name in ("photos_before", "photos_after"):
        kept[name] = await photos.named(tx, name, getattr(record, name), site_id=order.site_id)
        await photos.keep(tx, kept[name], work_order_id=order.id)
    return replace(record, **kept)


async def crew_of(tx: Tx, order: WorkOrder) -> Sequence[CrewMember]:
    """Who holds the order now, the lead first."""
    assignment = await open_assignment(tx, order.id)
    if assignment is None:
        return []
    return (await tx.session.execute(_CREW, {"assignment": assignment.id})).scalars().all()


async def count_hours(
    tx: Tx,
    order: WorkOrder,
    members: Sequence[CrewMember],
    hours: Sequence[HoursInput],
    *,
    at: datetime,
) -> list[HoursInput]:
    """Hours of each of the crew: as told, else from joining until `at`; kept with the crew."""
    crew = {each.technician_id: each for each in members}
    given = {each.technician_id: each.seconds for each in hours}
    for technician_id in given:
        if technician_id not in crew:
            raise refuse(Code.NOT_FOUND, field="hours", id=technician_id)
    worked = []
    for technician_id, member in crew.items():
        joined_at = member.joined_at or order.started_at or at
        left_at = member.left_at or at
        elapsed = max(0, int((left_at - joined_at).total_seconds()))
        seconds = given.get(technician_id, elapsed)
        member.joined_at, member.left_at = joined_at, left_at
        member.worked_s = seconds
        worked.append(HoursInput(technician_id, seconds))
    await tx.session.flush()
    return worked


def _says(text: str | None) -> bool:
    return bool(text and text.strip())
