"""Which times a customer can be offered (可约时段, APT-1): asked of the plans in force."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.domain.errors import Code, refuse
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action, Actor
from dispatch.domain.sizes import check_number
from dispatch.planning.asking import SlotFound, slots_for
from dispatch.planning.in_force import LiveDay
from dispatch.planning.runner import Planner
from dispatch.services import visible
from dispatch.services.action import Services, Tx
from dispatch.services.live_days import asked_day, asked_days, demand_plannable
from dispatch.services.policies import policy_of
from dispatch.services.saturations import saturated_until
from dispatch.services.sites import local_day
from dispatch.services.slot_questions import (
    Question,
    VisitWished,
    about_order,
    about_visit,
    check_named,
)
from dispatch.services.slot_room import by_people_on_shift
from dispatch.store.sites import Site

__all__ = [
    "Asked",
    "Slot",
    "VisitWished",
    "ask",
    "found_slots",
    "slots_of_order",
    "slots_of_visit",
    "windows_of",
]

_DAYS_MOST = 14


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
class Asked:
    """A question for times, read in one transaction.

    `saturated_until`: no window is offered that begins before, by a leader's word (APT-3).
    `technician_id`: the one whom the customer named.
    """

    about: Question
    days: list[date]
    now: datetime
    policy: Policy
    saturated_until: datetime | None = None
    technician_id: int | None = None


async def slots_of_order(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    work_order_id: int,
    from_day: date | None = None,
    days: int | None = None,
    technician_id: int | None = None,
) -> list[Slot]:
    """The windows of the site's policy in which somebody could come for an order, best first.

    From `from_day` (default: today) on so many days (default: the policy's). Ranked by what they
    add to the plan in force: lateness, then cost; equals by time. For whoever may see the order.
    `technician_id`: only where that one could come (APT-8). Refuses WRONG_STEP once somebody has
    set out, DAY_IS_PAST and OUT_OF_RANGE.
    """
    async with services.reading(actor) as tx:
        order = await visible.find_work_order(tx, work_order_id, Action.SEE_SITE, lock=False)
        demand_plannable(order, "OFFER_TIMES")
        about = await about_order(tx, order)
        asked = await ask(tx, about, from_day=from_day, days=days, technician_id=technician_id)
    return await _answered(services, planner, actor, asked)


async def slots_of_visit(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    visit: VisitWished,
    from_day: date | None = None,
    days: int | None = None,
    technician_id: int | None = None,
) -> list[Slot]:
    """The same before there is an order; for those who may report the like (INT-3)."""
    async with services.reading(actor) as tx:
        about = await about_visit(tx, visit)
        asked = await ask(tx, about, from_day=from_day, days=days, technician_id=technician_id)
    return [] if about.spot is None else await _answered(services, planner, actor, asked)


async def ask(
    tx: Tx,
    about: Question,
    *,
    from_day: date | None = None,
    days: int | None = None,
    technician_id: int | None = None,
) -> Asked:
    """The question for times of some days. Refuses DAY_IS_PAST, OUT_OF_RANGE, NOT_FOUND."""
    site = about.site
    policy = await policy_of(tx, site.id)
    today = local_day(tx, site)
    first, count = from_day or today, days if days is not None else policy.slot_days
    check_number("days", count, least=1, most=_DAYS_MOST)
    if first < today:
        raise refuse(Code.DAY_IS_PAST, field="from_day", day=first.isoformat())
    if technician_id is not None:
        await check_named(tx, technician_id, site_id=site.id)
    return Asked(
        about=about,
        days=[first + timedelta(days=number) for number in range(count)],
        now=tx.now,
        policy=policy,
        saturated_until=await saturated_until(tx, site.id, about.trade),
        technician_id=technician_id,
    )


async def found_slots(
    services: Services, planner: Planner, actor: Actor, asked: Asked, day: date
) -> list[SlotFound]:
    """The windows of one day that the plan in force could keep, in no order."""
    if not _windows(asked, day):
        return []
    about = asked.about
    live = await asked_day(services, planner, actor, site=about.site, day=day, spot=about.spot)
    return await _found(planner, asked, live)


async def _found(planner: Planner, asked: Asked, live: LiveDay) -> list[SlotFound]:
    windows = _windows(asked, live.day.day)
    found = await slots_for(planner, live, asked.about.visit, windows)
    on_shift = [slot for each in found if (slot := by_people_on_shift(live, each)) is not None]
    return [slot for slot in on_shift if asked.technician_id in (None, *slot.technician_ids)]


async def _answered(services: Services, planner: Planner, actor: Actor, asked: Asked) -> list[Slot]:
    about = asked.about
    days = [day for day in asked.days if _windows(asked, day)]
    found: list[SlotFound] = []
    for live in await asked_days(
        services, planner, actor, site=about.site, days=days, spot=about.spot
    ):
        found += await _found(planner, asked, live)
    found.sort(key=lambda slot: (slot.extra_lateness, slot.extra_cost, slot.starts_at))
    if actor.may(Action.SEE_PLANS, site_id=asked.about.site.id):
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


def windows_of(site: Site, policy: Policy, day: date) -> list[tuple[datetime, datetime]]:
    """The windows of a day that customers can be offered: the usual ones, and the evening's."""
    zone = ZoneInfo(site.time_zone)
    both = dict.fromkeys((*policy.slot_windows, *policy.appointments.evening_windows))
    return [
        (datetime.combine(day, each.starts, zone), datetime.combine(day, each.ends, zone))
        for each in both
    ]


def _windows(asked: Asked, day: date) -> list[tuple[datetime, datetime]]:
    """Those that are not over, and not before saturation ends."""
    earliest = asked.saturated_until
    return [
        (starts_at, ends_at)
        for starts_at, ends_at in windows_of(asked.about.site, asked.policy, day)
        if ends_at > asked.now and (earliest is None or starts_at >= earliest)
    ]
