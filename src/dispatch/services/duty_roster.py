"""The duty roster of a site (值班表): set by day, published, its gaps shown ahead (RST-4)."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select

from dispatch.domain.calendars import DayKind
from dispatch.domain.duty_roster import DutyGap, DutyPost, gaps_of, hours_of
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import RIGHTS, Action
from dispatch.domain.sizes import check_count
from dispatch.services import duty, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.calendars import calendar_of
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.among import among
from dispatch.store.changes import touch
from dispatch.store.duty_roster import DutyDay, DutyPerson
from dispatch.store.sites import Site
from dispatch.store.technicians import Leave, Technician
from dispatch.store.users import RoleGrant, User

_PEOPLE_MOST = 100
_DAYS_MOST = 366


async def set_day(
    tx: Tx,
    *,
    site_id: int,
    day: date,
    manager_ids: Sequence[int] = (),
    technician_ids: Sequence[int] = (),
    desk_ids: Sequence[int] = (),
    delegate_id: int | None = None,
    version: int | None = None,
) -> DutyDay:
    """Who is on duty from the day's turnover to the next one's, in place of whoever was.

    A day that was published stays so: who comes in or drops out is told. The delegate, who
    decides on a holiday, must be somebody who may assign orders.
    """
    site = await visible.find_site(tx, site_id, Action.SET_ROSTER)
    row = await _of_day(tx, site_id, day)
    if row is None:
        expect_missing(version)
        row = DutyDay(site_id=site_id, day=day)
    else:
        expect_version(row, version)
    delegates = [delegate_id] if delegate_id is not None else []
    posts = {
        DutyPost.MANAGER: list(dict.fromkeys(manager_ids)),
        DutyPost.TECHNICIAN: list(dict.fromkeys(technician_ids)),
        DutyPost.DESK: list(dict.fromkeys(desk_ids)),
        DutyPost.DELEGATE: delegates,
    }
    await _check_people(tx, site, posts)
    was = await _people(tx, row) if row.id is not None else {}
    # People stand in rows of their own: the day's version counts them all the same.
    touch(row, "day")
    await tx.save(row, "duty_day.set", people={post.value: ids for post, ids in posts.items()})
    await tx.session.execute(delete(DutyPerson).where(DutyPerson.duty_day_id == row.id))
    tx.session.add_all(
        DutyPerson(
            duty_day_id=row.id,
            post=post,
            position=position,
            technician_id=each if post is DutyPost.TECHNICIAN else None,
            user_id=each if post is not DutyPost.TECHNICIAN else None,
        )
        for post, ids in posts.items()
        for position, each in enumerate(ids)
    )
    await tx.session.flush()
    tx.memo.pop(("duty", site_id, day), None)
    if row.published_at is not None:
        changed = {post: set(posts.get(post, ())) ^ set(was.get(post, ())) for post in DutyPost}
        await _tell(tx, MessageKind.DUTY_CHANGED, site, changed, days=[day])
    return row


async def publish(tx: Tx, *, site_id: int, from_day: date, to_day: date) -> Site:
    """Puts the days that were set in force, both ends included; everybody on them is told."""
    site = await visible.find_site(tx, site_id, Action.SET_ROSTER)
    if not from_day <= to_day < from_day + timedelta(days=_DAYS_MOST):
        raise refuse(Code.OUT_OF_RANGE, field="to_day", least=from_day.isoformat(), most="")
    statement = (
        select(DutyDay)
        .where(
            DutyDay.site_id == site_id,
            DutyDay.day.between(from_day, to_day),
            DutyDay.published_at.is_(None),
        )
        .order_by(DutyDay.day)
        .with_for_update()
    )
    rows = (await tx.session.execute(statement)).scalars().all()
    if not rows:
        raise refuse(Code.NOT_FOUND, field="from_day", id=from_day.isoformat())
    days: dict[tuple[DutyPost, int], list[date]] = {}
    for row in rows:
        row.published_at = tx.now
        row.published_by_name = tx.actor.name
        tx.memo.pop(("duty", site_id, row.day), None)
    of_days = await _people_of(tx, rows)
    for row in rows:
        for post, ids in of_days.get(row.id, {}).items():
            for each in ids:
                days.setdefault((post, each), []).append(row.day)
    await tx.save_all((row, "duty_day.published", {}) for row in rows)
    for (post, each), mine in days.items():
        await _tell(tx, MessageKind.DUTY_PUBLISHED, site, {post: {each}}, days=mine)
    return site


async def gaps_ahead(tx: Tx, site: Site) -> list[DutyGap]:
    """What the roster lacks today and on the policy's days ahead."""
    numbers = (await policy_of(tx, site.id)).duty
    today = duty.local_date(site, tx.now)
    calendar = await calendar_of(tx, site)
    gaps = []
    for ahead in range(numbers.ahead_days + 1):
        day = today + timedelta(days=ahead)
        row = await _of_day(tx, site.id, day)
        there = await _there(tx, site, row) if row is not None else {}
        gaps += gaps_of(
            day,
            there,
            is_published=row is not None and row.published_at is not None,
            is_holiday=calendar.days.get(day) is DayKind.HOLIDAY,
            numbers=numbers,
        )
    return gaps


async def _there(tx: Tx, site: Site, row: DutyDay) -> dict[DutyPost, int]:
    """How many of each post can come: still here, and not on leave in the hours of duty."""
    numbers = (await policy_of(tx, site.id)).duty
    starts_at, ends_at = hours_of(row.day, zone=ZoneInfo(site.time_zone), turnover=numbers.turnover)
    people = await _people(tx, row)
    away = select(Leave.technician_id).where(
        Leave.technician_id.in_(people.get(DutyPost.TECHNICIAN, ())),
        Leave.starts_at < ends_at,
        Leave.ends_at > starts_at,
    )
    gone = set((await tx.session.execute(away)).scalars())
    idle = select(Technician.id).where(
        Technician.id.in_(people.get(DutyPost.TECHNICIAN, ())), Technician.is_active.is_(False)
    )
    gone |= set((await tx.session.execute(idle)).scalars())
    users = [
        each for post, ids in people.items() if post is not DutyPost.TECHNICIAN for each in ids
    ]
    disabled = select(User.id).where(User.id.in_(users), User.disabled_at.is_not(None))
    left = set((await tx.session.execute(disabled)).scalars())
    return {
        post: sum(each not in (gone if post is DutyPost.TECHNICIAN else left) for each in ids)
        for post, ids in people.items()
    }


def expect_missing(version: int | None) -> None:
    """Refuses a write that names a version of what is not there."""
    if version is not None:
        raise refuse(Code.STALE_VERSION, field="version", seen=version, newest=0)


async def _check_people(tx: Tx, site: Site, posts: dict[DutyPost, list[int]]) -> None:
    for field, post in (
        ("manager_ids", DutyPost.MANAGER),
        ("technician_ids", DutyPost.TECHNICIAN),
        ("desk_ids", DutyPost.DESK),
    ):
        check_count(field, posts[post], most=_PEOPLE_MOST)
    for each in posts[DutyPost.TECHNICIAN]:
        await duty.find_serving(tx, each, site_id=site.id, field="technician_ids")
    for field, post, action in (
        ("manager_ids", DutyPost.MANAGER, Action.SEE_ALL_TICKETS),
        ("desk_ids", DutyPost.DESK, Action.TRIAGE),
        ("delegate_id", DutyPost.DELEGATE, Action.ASSIGN),
    ):
        able = await _able(tx, site, posts[post], action)
        for each in posts[post]:
            if each not in able:
                raise refuse(Code.NOT_FOUND, field=field, id=each)


async def _able(tx: Tx, site: Site, user_ids: Sequence[int], action: Action) -> set[int]:
    """Those who hold the right at the site."""
    roles = [role for role, rights in RIGHTS.items() if action in rights]
    statement = (
        select(User.id)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            User.id.in_(user_ids),
            User.organization_id == tx.actor.organization_id,
            User.disabled_at.is_(None),
            RoleGrant.role.in_(roles),
            or_(RoleGrant.site_id == site.id, RoleGrant.site_id.is_(None)),
        )
    )
    return set((await tx.session.execute(statement)).scalars())


async def _of_day(tx: Tx, site_id: int, day: date) -> DutyDay | None:
    statement = select(DutyDay).where(DutyDay.site_id == site_id, DutyDay.day == day)
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def _people(tx: Tx, row: DutyDay) -> dict[DutyPost, list[int]]:
    return (await _people_of(tx, [row])).get(row.id, {})


async def _people_of(tx: Tx, rows: Sequence[DutyDay]) -> dict[int, dict[DutyPost, list[int]]]:
    """People by post, of each day by its id."""
    statement = (
        select(DutyPerson)
        .where(among(DutyPerson.duty_day_id, [row.id for row in rows]))
        .order_by(DutyPerson.post, DutyPerson.position)
    )
    found: dict[int, dict[DutyPost, list[int]]] = {}
    for person in (await tx.session.execute(statement)).scalars():
        posts = found.setdefault(person.duty_day_id, {})
        posts.setdefault(person.post, []).append(person.technician_id or person.user_id or 0)
    return found


async def _tell(
    tx: Tx,
    kind: MessageKind,
    site: Site,
    people: dict[DutyPost, set[int]],
    *,
    days: Sequence[date],
) -> None:
    for post, ids in people.items():
        if not ids:
            continue
        is_technician = post is DutyPost.TECHNICIAN
        await tell(
            tx,
            kind,
            Audience(
                technician_ids=tuple(sorted(ids)) if is_technician else (),
                user_ids=() if is_technician else tuple(sorted(ids)),
            ),
            site_id=site.id,
            post=post.value,
            days=[day.isoformat() for day in days],
        )
