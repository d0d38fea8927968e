"""Who may be sent: serves the site, qualifies for the order, is on duty (RST-1, GRAB-1)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, exists, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.roster import Shift, shifts_of_day
from dispatch.domain.technicians import Skill, qualifies
from dispatch.services.action import Tx
from dispatch.services.calendars import calendar_of
from dispatch.services.on_call import technicians_on_call
from dispatch.services.roster_rows import hours_of, standing_of
from dispatch.store.among import among
from dispatch.store.grouping import group_by
from dispatch.store.sites import Site
from dispatch.store.technicians import (
    Technician,
    TechnicianSite,
    TechnicianSkill,
)
from dispatch.store.work_orders import Refusal, WorkOrder


async def serving(tx: Tx, site_id: int) -> Sequence[Technician]:
    """Active technicians of a site, in order of id."""
    return (await tx.session.execute(_serving(site_id))).scalars().all()


def _serving(site_id: int) -> Select[Technician]:
    return (
        select(Technician)
        .join(TechnicianSite, TechnicianSite.technician_id == Technician.id)
        .where(TechnicianSite.site_id == site_id, Technician.is_active)
        .order_by(Technician.id)
    )


_ONE = (
    select(Technician)
    .join(TechnicianSite, TechnicianSite.technician_id == Technician.id)
    .where(
        TechnicianSite.site_id == bindparam("site"),
        Technician.id == bindparam("technician"),
        Technician.is_active,
    )
)
_ONE_LOCKED = _ONE.with_for_update(of=Technician).execution_options(populate_existing=True)


async def find_serving(
    tx: Tx, technician_id: int, *, site_id: int, field: str, lock: bool = False
) -> Technician:
    """A technician of the site, locked until the transaction ends if wanted; anyone else is not
    found."""
    asked = {"site": site_id, "technician": technician_id}
    found = (await tx.session.execute(_ONE_LOCKED if lock else _ONE, asked)).scalar_one_or_none()
    if found is None:
        raise refuse(Code.NOT_FOUND, field=field, id=technician_id)
    return found


async def find_qualified(
    tx: Tx,
    technician_id: int,
    *,
    order: WorkOrder,
    at: datetime,
    field: str,
    takes_now: bool = False,
) -> Technician:
    """A technician who serves the site, has trade and level on the day and has not refused.

    `takes_now`: they are about to take it; two such actions of one person wait for each other.
    """
    technician = await find_serving(
        tx, technician_id, site_id=order.site_id, field=field, lock=takes_now
    )
    day = local_date(await tx.session.get_one(Site, order.site_id), at)
    standing = await standing_of(
        tx,
        technician_id,
        work_order_id=order.id,
        since=day - timedelta(days=1),
        keeps_hours=takes_now,
    )
    is_able = qualifies(standing.skills, trade=order.trade, level=order.level, on=day)
    if not is_able or standing.has_refused:
        raise refuse(
            Code.NOT_QUALIFIED,
            field=field,
            name=technician.name,
            trade=order.trade,
            level=order.level,
        )
    return technician


async def qualified_on_duty(
    tx: Tx, order: WorkOrder, *, at: datetime, level: int | None = None
) -> list[Technician]:
    """Everybody to whom the order may be offered at the moment, and nobody else (GRAB-1): at work
    in a shift, or on call out of hours.

    `level`: the least level asked for, where it is not the order's own.
    """
    site = await tx.session.get_one(Site, order.site_id)
    # A plan that leaves out much of one trade asks for each order.
    key = ("able on duty", site.id, order.trade, level or order.level, at)
    if key not in tx.memo:
        tx.memo[key] = await _able_on_duty(
            tx, site, trade=order.trade, level=level or order.level, at=at
        )
    refused = await refused_by(tx, order.id)
    return [each for each in tx.memo[key] if each.id not in refused]


async def _able_on_duty(
    tx: Tx, site: Site, *, trade: str, level: int, at: datetime
) -> list[Technician]:
    day = local_date(site, at)
    # Of hundreds of people a few know the trade.
    knowing = exists().where(
        TechnicianSkill.technician_id == Technician.id, TechnicianSkill.trade == trade
    )
    people = (await tx.session.execute(_serving(site.id).where(knowing))).scalars().all()
    skills = await skills_of(tx, [each.id for each in people])
    able = [each for each in people if qualifies(skills[each.id], trade=trade, level=level, on=day)]
    ids = [each.id for each in able]
    days = (day - timedelta(days=1), day)
    shifts = await shifts_of_days(tx, ids, site=site, days=days)
    called = await technicians_on_call(tx, site, at=at)
    return [
        each
        for each in able
        if each.id in called
        or any(shift.holds(at) for each_day in days for shift in shifts[each.id][each_day])
    ]


async def is_on_duty(tx: Tx, technician_id: int, *, site: Site, at: datetime) -> bool:
    """Whether a shift of the technician holds the moment, or they are on call out of hours; a
    night shift began the day before."""
    shifts = await shifts_touching(tx, technician_id, site=site, day=local_date(site, at))
    if any(shift.holds(at) for shift in shifts):
        return True
    return technician_id in await technicians_on_call(tx, site, at=at)


async def skills_of(tx: Tx, technician_ids: Sequence[int]) -> dict[int, list[Skill]]:
    """Every technician's skills, whatever their expiry."""
    rows = await _by_technician(tx, TechnicianSkill, technician_ids)
    return {
        each: [Skill(row.trade, row.level, row.expires_on) for row in rows.get(each, ())]
        for each in technician_ids
    }


async def shifts_of(
    tx: Tx, technician_ids: Sequence[int], *, site: Site, day: date
) -> dict[int, list[Shift]]:
    """Shifts that begin on the site's calendar day, by technician: with the overtime agreed and
    approved, less leave."""
    found = await shifts_of_days(tx, technician_ids, site=site, days=[day])
    return {each: shifts[day] for each, shifts in found.items()}


async def shifts_between(
    tx: Tx, technician_ids: Sequence[int], *, site: Site, first: date, last: date
) -> dict[int, list[Shift]]:
    """Like `shifts_of` for all days from `first` to `last`, both included, in order."""
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    found = await shifts_of_days(tx, technician_ids, site=site, days=days)
    return {each: [one for day in days for one in shifts[day]] for each, shifts in found.items()}


async def shifts_touching(tx: Tx, technician_id: int, *, site: Site, day: date) -> list[Shift]:
    """Shifts of a technician on the site's day; a night shift began the day before."""
    days = (day - timedelta(days=1), day)
    found = (await shifts_of_days(tx, [technician_id], site=site, days=days))[technician_id]
    return [shift for each in days for shift in found[each]]


async def shifts_of_days(
    tx: Tx, technician_ids: Sequence[int], *, site: Site, days: Sequence[date]
) -> dict[int, dict[date, list[Shift]]]:
    """Like `shifts_of` for several days, by technician and day."""
    if not technician_ids or not days:
        return {each: {} for each in technician_ids}
    zone = ZoneInfo(site.time_zone)
    kinds = (await calendar_of(tx, site)).days
    hours = await hours_of(tx, technician_ids, since=min(days))
    return {
        each: {
            day: shifts_of_day(
                day,
                zone=zone,
                kind=kinds.get(day),
                patterns=hours.patterns.get(each, ()),
                exceptions=hours.exceptions.get(each, ()),
                extensions=hours.extensions.get(each, ()),
                leaves=hours.leaves.get(each, ()),
            )
            for day in days
        }
        for each in technician_ids
    }


async def refused_by(tx: Tx, work_order_id: int) -> set[int]:
    """Technicians who declined the order or gave it back."""
    statement = select(Refusal.technician_id).where(Refusal.work_order_id == work_order_id)
    return set((await tx.session.execute(statement)).scalars())


def local_date(site: Site, at: datetime) -> date:
    return at.astimezone(ZoneInfo(site.time_zone)).date()


async def _by_technician(tx: Tx, row: type, technician_ids: Sequence[int]) -> dict[int, list]:
    rows = await tx.session.execute(_rows_of(row), {"ids": list(technician_ids)})
    return group_by(rows.scalars(), "technician_id")


@cache
def _rows_of(row: type) -> Select[Any]:
    return select(row).where(among(row.technician_id, "ids")).order_by(row.id)
