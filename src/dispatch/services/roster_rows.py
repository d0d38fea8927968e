"""What the roster keeps of people: skills, shift patterns, exceptions, extensions, leave.

All of it is asked for at once, nearly always for the same people: one statement reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import and_, bindparam

from dispatch.domain.shift_extensions import ExtensionState
from dispatch.domain.technicians import Skill
from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.grouping import group_by
from dispatch.store.shift_extensions import ShiftExtension
from dispatch.store.technicians import Leave, ShiftException, ShiftPattern, TechnicianSkill
from dispatch.store.together import Part, Together
from dispatch.store.work_orders import Refusal

_HOURS = {
    "patterns": Part(
        [
            ShiftPattern.id,
            ShiftPattern.technician_id,
            ShiftPattern.weekdays,
            ShiftPattern.starts,
            ShiftPattern.ends,
            ShiftPattern.break_starts,
            ShiftPattern.break_ends,
            ShiftPattern.break_minutes,
            ShiftPattern.valid_from,
            ShiftPattern.valid_to,
            ShiftPattern.on_holidays,
            ShiftPattern.on_makeup_days,
            ShiftPattern.season_begins,
            ShiftPattern.season_ends,
        ],
        among(ShiftPattern.technician_id, "people"),
    ),
    "exceptions": Part(
        [
            ShiftException.id,
            ShiftException.technician_id,
            ShiftException.day,
            ShiftException.starts,
            ShiftException.ends,
        ],
        and_(
            among(ShiftException.technician_id, "people"),
            ShiftException.day >= bindparam("since"),
        ),
    ),
    "extensions": Part(
        [
            ShiftExtension.id,
            ShiftExtension.technician_id,
            ShiftExtension.day,
            ShiftExtension.starts_at,
            ShiftExtension.ends_at,
        ],
        and_(
            among(ShiftExtension.technician_id, "people"),
            ShiftExtension.day >= bindparam("since"),
            ShiftExtension.state == ExtensionState.APPROVED,
        ),
    ),
    "leaves": Part(
        [Leave.id, Leave.technician_id, Leave.starts_at, Leave.ends_at],
        among(Leave.technician_id, "people"),
    ),
}
_OF_HOURS = Together(**_HOURS)
_OF_ONE = Together(
    **_HOURS,
    skills=Part(
        [TechnicianSkill.trade, TechnicianSkill.level, TechnicianSkill.expires_on],
        among(TechnicianSkill.technician_id, "people"),
    ),
    refusals=Part(
        [Refusal.id],
        and_(Refusal.work_order_id == bindparam("order"), among(Refusal.technician_id, "people")),
    ),
)


@dataclass(frozen=True, slots=True)
class Hours:
    """By technician, what their shifts are made of, from a day on; each in its order."""

    since: date
    patterns: Mapping[int, Sequence[Any]]
    exceptions: Mapping[int, Sequence[Any]]
    extensions: Mapping[int, Sequence[Any]]
    leaves: Mapping[int, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody knows, and whether they turned the order in question down."""

    skills: Sequence[Skill]
    has_refused: bool


async def hours_of(tx: Tx, technician_ids: Sequence[int], *, since: date) -> Hours:
    """What the shifts are made of that begin on the day `since` or later."""
    if len(technician_ids) == 1:
        known = tx.memo.get(_key(technician_ids[0]))
        if known is not None and known.since <= since:
            return known
    found = await _OF_HOURS.read(tx.session, people=technician_ids, since=since)
    return _hours(found, since)


async def standing_of(
    tx: Tx, technician_id: int, *, work_order_id: int, since: date, keeps_hours: bool = False
) -> Standing:
    """Whether somebody may be sent to an order.

    `keeps_hours`: their hours, read with it, are not asked for again in this transaction, which
    must not change them.
    """
    found = await _OF_ONE.read(tx.session, people=[technician_id], since=since, order=work_order_id)
    if keeps_hours:
        tx.memo[_key(technician_id)] = _hours(found, since)
    return Standing(
        skills=[Skill(each.trade, each.level, each.expires_on) for each in found["skills"]],
        has_refused=bool(found["refusals"]),
    )


def _key(technician_id: int) -> tuple[str, int]:
    return ("hours", technician_id)


def _hours(found: Mapping[str, list[Any]], since: date) -> Hours:
    by_id, by_start = attrgetter("id"), attrgetter("starts_at")
    return Hours(
        since=since,
        patterns=group_by(sorted(found["patterns"], key=by_id), "technician_id"),
        exceptions=group_by(sorted(found["exceptions"], key=by_id), "technician_id"),
        extensions=group_by(sorted(found["extensions"], key=by_start), "technician_id"),
        leaves=group_by(sorted(found["leaves"], key=by_id), "technician_id"),
    )
