"""`dispatch plan`: proposes a site's day to the optimizer and prints the plan."""

from datetime import date
from zoneinfo import ZoneInfo

from dispatch.commands.plan import show_plan
from dispatch.commands.teams import generate_team
from dispatch.commands.words import Complaint, say
from dispatch.commands.workplace import demand_site, operator, out, workplace
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Actor
from dispatch.planning.runner import Planner
from dispatch.services import plans
from dispatch.services.action import Services
from dispatch.services.duty import serving
from dispatch.services.policies import policy_of
from dispatch.settings import Settings
from dispatch.store.plans import Plan
from dispatch.store.sites import Site


def parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Complaint("bad_day", given=text) from None


async def plan_day(
    *,
    site_code: str,
    organization: str | None,
    day: date | None,
    team: int | None,
    seconds: float | None,
    seed: int,
    publish: bool,
) -> None:
    """Plans a day of a site, today by default, and prints who goes where and what is left out."""
    settings = Settings()
    async with workplace(settings) as services:
        site = await demand_site(services, site_code, organization=organization)
        actor = operator(site.organization_id)
        today = services.clock().astimezone(ZoneInfo(site.time_zone)).date()
        day = day or today
        if publish and day < today:
            raise refuse(Code.DAY_IS_PAST, field="day")
        await _see_to_team(services, actor, site, day=day, team=team, seed=seed)
        if day < today:
            out.print(say("replay", day=day))
        planner = Planner(settings.solver_processes, threads=settings.plan_threads)
        try:
            plan = await make_plan(
                services,
                planner,
                actor,
                site,
                day=day,
                seconds=seconds,
                seed=seed,
                publish=publish,
            )
        finally:
            await planner.close()
        await show_plan(services, actor, plan.id, console=out)


async def make_plan(
    services: Services,
    planner: Planner,
    actor: Actor,
    site: Site,
    *,
    day: date,
    seconds: float | None,
    seed: int,
    publish: bool,
) -> Plan:
    """The plan itself, proposed or also published, with a word while the optimizer works."""
    async with services.reading(actor) as tx:
        limit = seconds or (await policy_of(tx, site.id)).planning.seconds
    make = plans.auto_assign if publish else plans.propose
    with out.status(say("planning", day=day, seconds=f"{limit:g}")):
        return await make(
            services, planner, actor, site_id=site.id, day=day, seconds=seconds, seed=seed
        )


async def _see_to_team(
    services: Services, actor: Actor, site: Site, *, day: date, team: int | None, seed: int
) -> None:
    async with services.reading(actor) as tx:
        there = len(await serving(tx, site.id))
    if there:
        if team is not None:
            out.print(say("team_there", count=there))
        return
    if team is None:
        raise Complaint("no_team")
    trades = await services.perform(
        actor, generate_team, site_id=site.id, day=day, size=team, seed=seed
    )
    told = ", ".join(f"{trade} {count}" for trade, count in trades.most_common())
    out.print(say("team_made", count=trades.total(), seed=seed, trades=told), soft_wrap=True)
