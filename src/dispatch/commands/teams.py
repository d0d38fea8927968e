"""A team for a site that has none: as many of each trade as the day's work asks for."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from dispatch.domain.rights import Action
from dispatch.domain.technicians import Skill, TechnicianKind, Travel
from dispatch.services import technicians, visible
from dispatch.services.action import Tx
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder

_SINCE = date(2000, 1, 1)
_BREAK_MINUTES = 30
# Homes lie within about a kilometre of where work comes up.
_NEAR_DEGREES = 0.01
_SECOND_TRADE = 0.5


@dataclass(frozen=True, slots=True)
class Member:
    """One generated technician: the first trade is what they were taken on for."""

    skills: tuple[Skill, ...]
    latitude: float
    longitude: float

    @property
    def trade(self) -> str:
        return self.skills[0].trade


@dataclass(frozen=True, slots=True)
class Hours:
    """A shift of every day, in the site's time, with a break within a window."""

    starts: time
    ends: time
    rest_from: time
    rest_to: time


_DAY = Hours(time(8), time(17), rest_from=time(11, 30), rest_to=time(13, 30))


async def generate_team(tx: Tx, *, site_id: int, day: date, size: int, seed: int) -> Counter[str]:
    """Creates a team for the work open on the day; returns how many there are of each trade."""
    site = await visible.find_site(tx, site_id, Action.MANAGE)
    orders = await _open_orders(tx, site, day)
    members = draw_team(orders, size=size, seed=seed)
    for number, member in enumerate(members, 1):
        code, name = f"{site.code}-{number:03d}", f"{member.trade} {number:02d}"
        await take_on(tx, site, member, code=code, name=name, hours=_DAY)
    return Counter(member.trade for member in members)


async def take_on(
    tx: Tx, site: Site, member: Member, *, code: str, name: str, hours: Hours
) -> Technician:
    """The member as a technician of the site, with a shift every day."""
    made = await technicians.create(
        tx,
        code=code,
        name=name,
        kind=TechnicianKind.STAFF,
        travel=Travel.CAR,
        skills=member.skills,
        site_ids=[site.id],
        home_latitude=member.latitude,
        home_longitude=member.longitude,
    )
    await technicians.add_shift_pattern(
        tx,
        technician_id=made.id,
        weekdays=range(7),
        starts=hours.starts,
        ends=hours.ends,
        break_starts=hours.rest_from,
        break_ends=hours.rest_to,
        break_minutes=_BREAK_MINUTES,
        valid_from=_SINCE,
    )
    return made


def draw_team(orders: Sequence[WorkOrder], *, size: int, seed: int) -> list[Member]:
    """A team of `size` for orders with points: trades by their hours of work, levels by theirs,
    homes near the work. The same seed draws the same team."""
    rng = random.Random(seed)  # noqa: S311 -- a reproducible draw, not a secret
    located = [order for order in orders if order.latitude is not None]
    hours: dict[str, float] = defaultdict(float)
    for order in located:
        hours[order.trade] += order.duration_s * order.crew_size / 3600
    members = []
    for trade, count in sorted(shares(hours, size).items()):
        levels = _levels([order.level for order in located if order.trade == trade], count)
        for level in levels:
            home = rng.choice(located)
            skills = [Skill(trade, level)]
            others = sorted(set(hours) - {trade})
            if others and rng.random() < _SECOND_TRADE:
                second = rng.choices(others, weights=[hours[each] for each in others])[0]
                skills.append(Skill(second, max(1, level - 1)))
            members.append(
                Member(
                    tuple(skills),
                    round((home.latitude or 0) + rng.uniform(-_NEAR_DEGREES, _NEAR_DEGREES), 4),
                    round((home.longitude or 0) + rng.uniform(-_NEAR_DEGREES, _NEAR_DEGREES), 4),
                )
            )
    return members


def shares(weights: Mapping[str, float], size: int) -> dict[str, int]:
    """`size` seats by weight, one at least for each while there are seats (largest remainder)."""
    ranked = sorted(weights, key=lambda name: (-weights[name], name))[:size]
    given = dict.fromkeys(ranked, 1)
    total = sum(weights[name] for name in ranked)
    while ranked and sum(given.values()) < size:
        # Whoever is furthest below their share is next.
        due = min(ranked, key=lambda name: (given[name] - size * weights[name] / total, name))
        given[due] += 1
    return given


def _levels(wanted: Sequence[int], count: int) -> list[int]:
    """Levels of `count` people: the highest asked for first, the rest as the orders are spread."""
    ordered = sorted(wanted, reverse=True)
    if not ordered:
        return [1] * count
    return [ordered[position * len(ordered) // count] for position in range(count)]


async def _open_orders(tx: Tx, site: Site, day: date) -> Sequence[WorkOrder]:
    starts = datetime.combine(day, time(), ZoneInfo(site.time_zone))
    ends = starts + timedelta(days=1)
    statement = (
        select(WorkOrder)
        .where(
            WorkOrder.site_id == site.id,
            WorkOrder.latitude.is_not(None),
            WorkOrder.created_at < ends,
            or_(WorkOrder.ended_at.is_(None), WorkOrder.ended_at >= starts),
        )
        .order_by(WorkOrder.id)
    )
    return (await tx.session.execute(statement)).scalars().all()
