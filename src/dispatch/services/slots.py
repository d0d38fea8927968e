"""Which times a customer can be offered (可约时段, APT-1): asked of the plans in force."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.domain.errors import Code, refuse
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action, Actor
from dispatch.domain.sizes import CREW_MOST, check_number
from dispatch.domain.travel import Spot
from dispatch.planning.asking import Prospect, SlotFound, slots_for
from dispatch.planning.inputs import spot_of
from dispatch.planning.runner import Planner
from dispatch.services import visible
from dispatch.services.action import Services, Tx
from dispatch.services.intake import check_own_unit
from dispatch.services.live_days import asked_day, demand_plannable
from dispatch.services.policies import policy_of
from dispatch.services.sites import building_of, find_place, local_day
from dispatch.services.work_orders import check_trade
from dispatch.store.sites import Site

_DAYS_MOST = 14
_LEVELS = (1, 3)
_DURATIONS_S = (60, 24 * 3600)


@dataclass(frozen=True, slots=True)
class VisitWished:
    """What a caller wants done before there is an order: where, by whom, how long."""

    site_id: int
    place_id: int
    trade: str
    duration_s: int
    level: int = 1
    crew_size: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A window that could be offered; who could come, and what that adds to the plan's tiers.

    Of the last three only those are told anything who may see the site's plans.
    """

    starts_at: datetime
    ends_at: datetime
    technician_ids: tuple[int, ...] = ()
    extra_lateness: float | None = None
    extra_cost: float | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question for times, read in one transaction."""

    site: Site
    wanted: int | Prospect
    spot: Spot | None
    days: list[date]
    now: datetime
    policy: Policy


async def slots_of_order(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    work_order_id: int,
    from_day: date | None = None,
    days: int | None = None,
) -> list[Slot]:
    """The windows of the site's policy in which somebody could come for an order, best first.

    From `from_day` (default: today) on so many days (default: the policy's). Ranked by what they
    add to the plan in force: lateness, then cost; equals by time. For whoever may see the order.
    Refuses WRONG_STEP once somebody has set out, DAY_IS_PAST and OUT_OF_RANGE.
    """
    async with services.reading(actor) as tx:
        order = await visible.find_work_order(tx, work_order_id, Action.SEE_SITE, lock=False)
        demand_plannable(order, "OFFER_TIMES")
        site = await tx.session.get_one(Site, order.site_id)
        asked = await _asked(tx, site, order.id, spot_of(order), from_day=from_day, days=days)
    return await _answered(services, planner, actor, asked)


async def slots_of_visit(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    visit: VisitWished,
    from_day: date | None = None,
    days: int | None = None,
) -> list[Slot]:
    """The same before there is an order; for those who may report the like (INT-3)."""
    async with services.reading(actor) as tx:
        site = await visible.find_site(tx, visit.site_id, Action.REPORT, own=True)
        place = await find_place(tx, visit.place_id, site_id=site.id)
        await check_own_unit(tx, site_id=site.id, place=place, is_complete=True)
        await check_trade(tx, visit.trade)
        check_number("level", visit.level, least=_LEVELS[0], most=_LEVELS[1])
        check_number("crew_size", visit.crew_size, least=1, most=CREW_MOST)
        check_number("duration_s", visit.duration_s, least=_DURATIONS_S[0], most=_DURATIONS_S[1])
        if place.latitude is None or place.longitude is None:
            return []
        building = await building_of(tx, place)
        spot = Spot(place.latitude, place.longitude, building, place.floor)
        prospect = Prospect(
            spot=spot,
            trade=visit.trade,
            level=visit.level,
            duration_s=visit.duration_s,
            crew_size=visit.crew_size,
        )
        asked = await _asked(tx, site, prospect, spot, from_day=from_day, days=days)
    return await _answered(services, planner, actor, asked)


async def _asked(
    tx: Tx,
    site: Site,
    wanted: int | Prospect,
    spot: Spot | None,
    *,
    from_day: date | None,
    days: int | None,
) -> _Asked:
    policy = await policy_of(tx, site.id)
    today = local_day(tx, site)
    first, count = from_day or today, days if days is not None else policy.slot_days
    check_number("days", count, least=1, most=_DAYS_MOST)
    if first < today:
        raise refuse(Code.DAY_IS_PAST, field="from_day", day=first.isoformat())
    return _Asked(
        site=site,
        wanted=wanted,
        spot=spot,
        days=[first + timedelta(days=number) for number in range(count)],
        now=tx.now,
        policy=policy,
    )


async def _answered(
    services: Services, planner: Planner, actor: Actor, asked: _Asked
) -> list[Slot]:
    found: list[SlotFound] = []
    for day in asked.days:
        windows = _windows(asked, day)
        if windows:
            live = await asked_day(
                services, planner, actor, site=asked.site, day=day, spot=asked.spot
            )
            found += await slots_for(planner, live, asked.wanted, windows)
    found.sort(key=lambda slot: (slot.extra_lateness, slot.extra_cost, slot.starts_at))
    if actor.may(Action.SEE_PLANS, site_id=asked.site.id):
        return [
            Slot(
                slot.starts_at,
                slot.ends_at,
                slot.technician_ids,
                slot.extra_lateness,
                slot.extra_cost,
            )
            for slot in found
        ]
    return [Slot(slot.starts_at, slot.ends_at) for slot in found]


def _windows(asked: _Asked, day: date) -> list[tuple[datetime, datetime]]:
    """The policy's windows of a day that are not over."""
    zone = ZoneInfo(asked.site.time_zone)
    windows = [
        (datetime.combine(day, each.starts, zone), datetime.combine(day, each.ends, zone))
        for each in asked.policy.slot_windows
    ]
    return [window for window in windows if window[1] > asked.now]
