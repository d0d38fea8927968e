"""From when each trade of a site can offer times again (APT-3): asked of the plans in force."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dispatch.domain.rights import Action, Actor
from dispatch.domain.technicians import skills_in_force
from dispatch.planning.runner import Planner
from dispatch.services import duty, visible
from dispatch.services.action import Services, Tx
from dispatch.services.policies import policy_of
from dispatch.services.saturations import in_force
from dispatch.services.sites import local_day
from dispatch.services.slot_questions import about_trade
from dispatch.services.slots import Asked, found_slots
from dispatch.store.saturations import Saturation
from dispatch.store.sites import Site


@dataclass(frozen=True, slots=True)
class TradeSaturation:
    """How full a trade is: `is_full` when nothing more can be offered today, `offered_from` the
    first window that can (None: none on the days looked at), `declared` what leaders said."""

    trade: str
    is_full: bool
    offered_from: datetime | None
    declared: tuple[Saturation, ...]


async def saturation(
    services: Services, planner: Planner, actor: Actor, *, site_id: int
) -> list[TradeSaturation]:
    """Every trade that somebody at the site has, by its code; for those who may see plans."""
    async with services.reading(actor) as tx:
        site = await visible.find_site(tx, site_id, Action.SEE_PLANS)
        asked = await _questions(tx, site)
        declared = tuple(await in_force(tx, site.id))
        today = local_day(tx, site)
    return [
        await _of_trade(services, planner, actor, trade, each, declared=declared, today=today)
        for trade, each in asked.items()
    ]


async def _questions(tx: Tx, site: Site) -> dict[str, Asked]:
    policy = await policy_of(tx, site.id)
    numbers = policy.appointments
    today = local_day(tx, site)
    declared = await in_force(tx, site.id)
    asked = {}
    for trade in await _trades(tx, site, today):
        until = [each.until for each in declared if each.trade in (None, trade)]
        asked[trade] = Asked(
            about=about_trade(site, trade, duration_s=numbers.saturation_duration_s),
            days=[today + timedelta(days=number) for number in range(numbers.saturation_days)],
            now=tx.now,
            policy=policy,
            saturated_until=max(until, default=None),
        )
    return asked


async def _trades(tx: Tx, site: Site, today: date) -> list[str]:
    people = await duty.serving(tx, site.id)
    skills = await duty.skills_of(tx, [each.id for each in people])
    return sorted({trade for each in skills.values() for trade in skills_in_force(each, on=today)})


async def _of_trade(
    services: Services,
    planner: Planner,
    actor: Actor,
    trade: str,
    asked: Asked,
    *,
    declared: tuple[Saturation, ...],
    today: date,
) -> TradeSaturation:
    first, day = None, today
    # Where nobody knows the site's own point, no plan can be asked.
    for day in asked.days if asked.about.spot is not None else ():
        found = await found_slots(services, planner, actor, asked, day)
        if found:
            first = min(slot.starts_at for slot in found)
            break
    return TradeSaturation(
        trade=trade,
        is_full=first is None or day != today,
        offered_from=first,
        declared=tuple(each for each in declared if each.trade in (None, trade)),
    )
