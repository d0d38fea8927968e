"""People who do the work: skills, sites, shifts, leave (RST-1).

Plans rest on all of it, so every change counts the technician's version up.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import delete, select

from dispatch.domain.calendars import month_day
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.roster import DayRule
from dispatch.domain.sizes import NAME_MOST, check_count, check_number, check_text
from dispatch.domain.technicians import LEVELS, PayBasis, Skill, TechnicianKind, Travel
from dispatch.services import plans_in_force, visible
from dispatch.services.action import Tx
from dispatch.services.sites import check_point
from dispatch.store.categories import Trade
from dispatch.store.changes import touch
from dispatch.store.technicians import (
    Leave,
    ShiftException,
    ShiftPattern,
    Technician,
    TechnicianSite,
    TechnicianSkill,
)

_SITES_MOST = 200
_BREAK_MINUTES_MOST = 24 * 60
_PAY_BELOW = Decimal(10) ** 10


async def create(
    tx: Tx,
    *,
    code: str,
    name: str,
    kind: TechnicianKind,
    travel: Travel,
    skills: Sequence[Skill],
    site_ids: Sequence[int],
    home_latitude: float | None = None,
    home_longitude: float | None = None,
    phone: str | None = None,
    work_limit_s: int | None = None,
    overtime_limit_s: int = 0,
    leader_id: int | None = None,
) -> Technician:
    """A new technician for sites that the actor manages."""
    if not site_ids:
        raise refuse(Code.REQUIRED, field="site_ids")
    check_count("site_ids", site_ids, most=_SITES_MOST)
    for site_id in dict.fromkeys(site_ids):
        await visible.find_site(tx, site_id, Action.MANAGE, field="site_ids")
    check_point(latitude=home_latitude, longitude=home_longitude)
    await _check_skills(tx, skills)
    if leader_id is not None:
        await visible.find(
            tx, Technician, leader_id, visible.technicians(tx.actor), field="leader_id"
        )
    same = select(Technician.id).where(
        Technician.organization_id == tx.actor.organization_id, Technician.code == code
    )
    if (await tx.session.execute(same)).first() is not None:
        raise refuse(Code.ALREADY_EXISTS, field="code")
    technician = Technician(
        organization_id=tx.actor.organization_id,
        code=code,
        name=name,
        phone=phone,
        kind=kind,
        travel=travel,
        home_latitude=home_latitude,
        home_longitude=home_longitude,
        work_limit_s=work_limit_s,
        overtime_limit_s=overtime_limit_s,
        leader_id=leader_id,
        is_active=True,
    )
    await tx.save(technician, "technician.created", skills=_told(skills), sites=site_ids)
    tx.session.add_all(
        TechnicianSite(technician_id=technician.id, site_id=site_id) for site_id in set(site_ids)
    )
    tx.session.add_all(_skill_row(technician, skill) for skill in skills)
    await tx.session.flush()
    return technician


async def set_skills(tx: Tx, *, technician_id: int, skills: Sequence[Skill]) -> Technician:
    """Replaces all skills."""
    technician = await find_managed(tx, technician_id)
    await _check_skills(tx, skills)
    await tx.session.execute(
        delete(TechnicianSkill).where(TechnicianSkill.technician_id == technician_id)
    )
    tx.session.add_all(_skill_row(technician, skill) for skill in skills)
    await touched(tx, technician, "technician.skills_set", skills=_told(skills))
    return technician


async def set_terms(
    tx: Tx,
    *,
    technician_id: int,
    firm: str | None = None,
    pay_basis: PayBasis | None = None,
    pay_amount: Decimal | None = None,
    pay_currency: str | None = None,
) -> Technician:
    """For whom a vendor's or temporary worker works, and how they are paid (DSP-12)."""
    technician = await find_managed(tx, technician_id)
    check_text("firm", firm, most=NAME_MOST)
    if pay_amount is not None:
        if pay_currency is None:
            raise refuse(Code.REQUIRED, field="pay_currency")
        if pay_basis is None:
            raise refuse(Code.REQUIRED, field="pay_basis")
        if not 0 <= pay_amount < _PAY_BELOW or pay_amount != round(pay_amount, 2):
            raise refuse(Code.OUT_OF_RANGE, field="pay_amount", least=0, most=_PAY_BELOW)
    if pay_currency is not None and not re.fullmatch("[A-Z]{3}", pay_currency):
        raise refuse(Code.BAD_INPUT, field="pay_currency", given=pay_currency)
    technician.firm = firm
    technician.pay_basis = pay_basis.value if pay_basis is not None else None
    technician.pay_amount = pay_amount
    technician.pay_currency = pay_currency
    await tx.save(technician, "technician.terms_set")
    return technician


async def add_shift_pattern(
    tx: Tx,
    *,
    technician_id: int,
    weekdays: Sequence[int],
    starts: time,
    ends: time,
    valid_from: date,
    valid_to: date | None = None,
    break_starts: time | None = None,
    break_ends: time | None = None,
    break_minutes: int = 0,
    on_holidays: DayRule = DayRule.LIKE_WEEKDAY,
    on_makeup_days: DayRule = DayRule.LIKE_WEEKDAY,
    season_begins: str | None = None,
    season_ends: str | None = None,
) -> Technician:
    """Weekly hours from a day on; weekdays 0 = Monday.

    The rules say what holds on the site's holidays and make-up workdays; a season, `MM-DD` to
    `MM-DD`, keeps them to a part of each year, as summer and winter hours (RST-2).
    """
    technician = await find_managed(tx, technician_id)
    needs_none = DayRule.WORK in (on_holidays, on_makeup_days)
    if not (weekdays or needs_none) or not set(weekdays) <= set(range(7)):
        raise refuse(Code.OUT_OF_RANGE, field="weekdays", least=0, most=6)
    if valid_to is not None and valid_to < valid_from:
        raise refuse(Code.OUT_OF_RANGE, field="valid_to", least=valid_from.isoformat(), most="")
    check_number("break_minutes", break_minutes, least=0, most=_BREAK_MINUTES_MOST)
    if (season_begins is None) != (season_ends is None):
        raise refuse(
            Code.REQUIRED, field="season_begins" if season_begins is None else "season_ends"
        )
    tx.session.add(
        ShiftPattern(
            technician_id=technician_id,
            weekdays=sorted(set(weekdays)),
            starts=starts,
            ends=ends,
            break_starts=break_starts,
            break_ends=break_ends,
            break_minutes=break_minutes,
            valid_from=valid_from,
            valid_to=valid_to,
            on_holidays=on_holidays,
            on_makeup_days=on_makeup_days,
            season_begins=_month_day("season_begins", season_begins),
            season_ends=_month_day("season_ends", season_ends),
        )
    )
    await touched(
        tx, technician, "technician.shift_added", weekdays=weekdays, starts=starts, ends=ends
    )
    return technician


async def add_shift_exception(
    tx: Tx,
    *,
    technician_id: int,
    day: date,
    starts: time | None,
    ends: time | None,
    reason: str | None = None,
) -> Technician:
    """One day with other hours, or off."""
    technician = await find_managed(tx, technician_id)
    if (starts is None) != (ends is None):
        raise refuse(Code.REQUIRED, field="starts" if starts is None else "ends")
    same = select(ShiftException.id).where(
        ShiftException.technician_id == technician_id,
        ShiftException.day == day,
        ShiftException.starts == starts,
    )
    if (await tx.session.execute(same)).first() is not None:
        raise refuse(Code.ALREADY_EXISTS, field="starts" if starts is not None else "day")
    tx.session.add(
        ShiftException(
            technician_id=technician_id, day=day, starts=starts, ends=ends, reason=reason
        )
    )
    await touched(tx, technician, "technician.day_changed", day=day, starts=starts, ends=ends)
    return technician


async def add_leave(
    tx: Tx, *, technician_id: int, starts_at: datetime, ends_at: datetime, reason: str | None = None
) -> Technician:
    """A time away."""
    technician = await find_managed(tx, technician_id)
    if starts_at >= ends_at:
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=starts_at.isoformat(), most="")
    await note_leave(tx, technician, starts_at=starts_at, ends_at=ends_at, reason=reason)
    return technician


async def note_leave(
    tx: Tx, technician: Technician, *, starts_at: datetime, ends_at: datetime, reason: str | None
) -> None:
    """The time away itself; what was planned in it finds somebody else (DSP-7)."""
    technician_id = technician.id
    tx.session.add(
        Leave(technician_id=technician_id, starts_at=starts_at, ends_at=ends_at, reason=reason)
    )
    await touched(tx, technician, "technician.leave_added", starts_at=starts_at, ends_at=ends_at)
    await plans_in_force.absent(tx, technician_id, starts_at=starts_at, ends_at=ends_at)


async def find_managed(tx: Tx, technician_id: int) -> Technician:
    """A technician of a site that the actor manages, locked."""
    technician = await visible.find(
        tx,
        Technician,
        technician_id,
        visible.technicians(tx.actor),
        field="technician_id",
        lock=True,
    )
    serves = select(TechnicianSite.site_id).where(TechnicianSite.technician_id == technician_id)
    site_ids = (await tx.session.execute(serves)).scalars().all()
    if not any(tx.actor.may(Action.MANAGE, site_id=site_id) for site_id in site_ids):
        raise refuse(Code.FORBIDDEN, action=Action.MANAGE.value)
    return technician


def _month_day(field: str, given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return month_day(given)
    except ValueError as error:
        raise refuse(Code.BAD_INPUT, field=field, detail="MM-DD") from error


async def touched(tx: Tx, technician: Technician, kind: str, **data: object) -> None:
    """Plans that rest on the technician are out of date: `kind` tells why."""
    await all_touched(tx, [technician], kind, **data)


async def all_touched(tx: Tx, people: Sequence[Technician], kind: str, **data: object) -> None:
    """`touched` for many at once."""
    for technician in people:
        # An update without a changed column would leave the version as it is.
        touch(technician, "name")
    await tx.save_all((technician, kind, data) for technician in people)


async def _check_skills(tx: Tx, skills: Sequence[Skill]) -> None:
    statement = select(Trade.code).where(Trade.organization_id == tx.actor.organization_id)
    known = tuple((await tx.session.execute(statement)).scalars())
    for skill in skills:
        if skill.trade not in known:
            raise refuse(Code.NOT_FOUND, field=("skills", "trade"), id=skill.trade, allowed=known)
        if skill.level not in LEVELS:
            raise refuse(Code.OUT_OF_RANGE, field=("skills", "level"), least=1, most=3)
    trades = [skill.trade for skill in skills]
    if len(set(trades)) != len(trades):
        raise refuse(Code.BAD_INPUT, field=("skills", "trade"), detail="each trade once")


def _skill_row(technician: Technician, skill: Skill) -> TechnicianSkill:
    return TechnicianSkill(
        technician_id=technician.id,
        trade=skill.trade,
        level=skill.level,
        expires_on=skill.expires_on,
    )


def _told(skills: Sequence[Skill]) -> dict[str, int]:
    return {skill.trade: skill.level for skill in skills}
