"""Who is on duty out of hours, by the published roster (值班): technicians, desk, delegate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from dispatch.domain.calendars import DayKind
from dispatch.domain.duty_roster import DutyPost, duty_day
from dispatch.services.action import Tx
from dispatch.services.calendars import calendar_of
from dispatch.services.policies import policy_of
from dispatch.store.duty_roster import DutyDay, DutyPerson
from dispatch.store.sites import Site
from dispatch.store.technicians import Leave, Technician
from dispatch.store.users import User

# Asked whenever the desk is closed: put together once.
_ON_DAY = (
    select(DutyPerson.post, DutyPerson.technician_id, DutyPerson.user_id)
    .join(DutyDay, DutyDay.id == DutyPerson.duty_day_id)
    .outerjoin(Technician, Technician.id == DutyPerson.technician_id)
    .outerjoin(User, User.id == DutyPerson.user_id)
    .where(
        DutyDay.site_id == bindparam("site"),
        DutyDay.day == bindparam("day"),
        DutyDay.published_at.is_not(None),
        Technician.is_active.is_(True) | DutyPerson.technician_id.is_(None),
        User.disabled_at.is_(None),
    )
    .order_by(DutyPerson.position)
)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who is on duty at a moment outside desk hours; ids in the roster's order."""

    day: date
    is_holiday: bool
    manager_ids: Sequence[int] = field(default=())
    technician_ids: Sequence[int] = field(default=())
    desk_ids: Sequence[int] = field(default=())
    delegate_ids: Sequence[int] = field(default=())


async def on_duty(tx: Tx, site: Site, *, at: datetime) -> OnDuty | None:
    """Whose duty it is; None while the desk is open. Empty where no roster was published."""
    calendar = await calendar_of(tx, site)
    if calendar.is_open(at):
        return None
    numbers = (await policy_of(tx, site.id)).duty
    day = duty_day(at, zone=ZoneInfo(site.time_zone), turnover=numbers.turnover)
    posts = await _published(tx, site.id, day)
    away = await _away(tx, posts.get(DutyPost.TECHNICIAN, ()), at)
    return OnDuty(
        day=day,
        is_holiday=calendar.days.get(day) is DayKind.HOLIDAY,
        manager_ids=posts.get(DutyPost.MANAGER, ()),
        technician_ids=[each for each in posts.get(DutyPost.TECHNICIAN, ()) if each not in away],
        desk_ids=posts.get(DutyPost.DESK, ()),
        delegate_ids=posts.get(DutyPost.DELEGATE, ()),
    )


async def technicians_on_call(tx: Tx, site: Site, *, at: datetime) -> Sequence[int]:
    """Technicians who are called out of hours at the moment; nobody while the desk is open."""
    found = await on_duty(tx, site, at=at)
    return found.technician_ids if found is not None else ()


async def _published(tx: Tx, site_id: int, day: date) -> dict[DutyPost, list[int]]:
    """People by post of a published day, who still work here; read once a transaction."""
    key = ("duty", site_id, day)
    if key not in tx.memo:
        found: dict[DutyPost, list[int]] = {}
        for person in await tx.session.execute(_ON_DAY, {"site": site_id, "day": day}):
            found.setdefault(person.post, []).append(person.technician_id or person.user_id or 0)
        tx.memo[key] = found
    return tx.memo[key]


async def _away(tx: Tx, technician_ids: Sequence[int], at: datetime) -> set[int]:
    if not technician_ids:
        return set()
    key = ("away", tuple(technician_ids), at)
    if key not in tx.memo:
        statement = select(Leave.technician_id).where(
            Leave.technician_id.in_(technician_ids), Leave.starts_at <= at, Leave.ends_at > at
        )
        tx.memo[key] = set((await tx.session.execute(statement)).scalars())
    return tx.memo[key]
