"""`dispatch demo`: an estate to look at, its day planned, and the service with it."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.table import Table
from sqlalchemy import select

from dispatch.commands import service
from dispatch.commands.database import use_database
from dispatch.commands.plan import show_plan
from dispatch.commands.words import say, terminal_language
from dispatch.commands.workplace import out, run, workplace
from dispatch.demo.days import load_estate, make_after_plan, make_day, moment_of, today
from dispatch.demo.estate import Estate
from dispatch.demo.facts import facts
from dispatch.demo.watch import keep_watch
from dispatch.domain.plans import PlanState
from dispatch.domain.rights import Role
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import WorkOrderState
from dispatch.planning.runner import Planner
from dispatch.services import accounts, plans
from dispatch.services.action import Services
from dispatch.settings import Settings
from dispatch.store.plans import Plan
from dispatch.store.tickets import Ticket
from dispatch.store.users import User
from dispatch.store.work_orders import WorkOrder
from dispatch.texts import word

_DOCUMENTS = Path("schema/operations")


def run_demo(folder: Path, *, once: bool, host: str, port: int, seed: int) -> None:
    """Makes what is missing, plans, prints; then serves, unless `once`."""
    folder.mkdir(parents=True, exist_ok=True)
    database = (folder / "dispatch.db").resolve()
    use_database(f"sqlite+aiosqlite:///{database}")
    if not once:
        service.demand_free(host, port)
    run(lambda: _show(folder, database, seed=seed))
    if once:
        return
    run(_open)
    _tell_documents()
    out.print(say("demo_serving", address=f"http://{host}:{port}/graphql"), soft_wrap=True)
    service.listen(host=host, port=port)


async def _show(folder: Path, database: Path, *, seed: int) -> None:
    async with workplace(Settings()) as services:
        day = today(services.clock())
        # Whatever the hour now, people acted up to this moment: a day begun can be planned.
        of_day = Services(
            services.store,
            lambda: moment_of(day),
            random.Random(seed).randrange,  # noqa: S311
        )
        # The optimizer's process gets ready while the orders are made.
        planner = Planner(processes=1)
        warming = asyncio.create_task(planner.warm())
        try:
            started = time.monotonic()
            with out.status(say("demo_making", day=day)):
                is_new = await make_day(of_day, day=day, seed=seed)
            took = f"{time.monotonic() - started:.1f}"
            told = "demo_new" if is_new else "demo_again"
            out.print(say(told, seconds=took, database=database, folder=folder, day=day))
            moment = moment_of(day)
            zone = facts("estate")["site"]["time_zone"]
            out.print(say("demo_moment", moment=f"{moment:%Y-%m-%d %H:%M}", zone=zone))
            estate = await load_estate(of_day)
            await warming
            await _plan(of_day, planner, estate, day=day, seed=seed)
        finally:
            await planner.close()
        await make_after_plan(of_day, estate, day=day, seed=seed)
        await _tell_states(of_day, estate, day)


async def _plan(
    services: Services, planner: Planner, estate: Estate, *, day: date, seed: int
) -> None:
    """Prints the day's published plan, made now if there is none."""
    async with services.reading(estate.root) as tx:
        statement = select(Plan.id).where(
            Plan.site_id == estate.site.id, Plan.day == day, Plan.state == PlanState.PUBLISHED
        )
        plan_id = (await tx.session.execute(statement)).scalar_one_or_none()
    if plan_id is None:
        started = time.monotonic()
        plan = await plans.auto_assign(
            services,
            planner,
            estate.dispatcher,
            site_id=estate.site.id,
            day=day,
            seed=seed,
        )
        plan_id = plan.id
        out.print(say("demo_planned", seconds=f"{time.monotonic() - started:.1f}"))
    await show_plan(services, estate.dispatcher, plan_id, console=out)


async def _tell_states(services: Services, estate: Estate, day: date) -> None:
    begins = moment_of(day).replace(hour=0, minute=0)
    async with services.reading(estate.root) as tx:
        orders = await tx.session.execute(
            select(WorkOrder.state).where(
                WorkOrder.site_id == estate.site.id,
                (WorkOrder.created_at >= begins)
                | WorkOrder.ended_at.is_(None)
                | (WorkOrder.ended_at >= begins),
            )
        )
        tickets = await tx.session.execute(
            select(Ticket.state).where(
                Ticket.site_id == estate.site.id, Ticket.reported_at >= begins
            )
        )
        counted = [Counter(orders.scalars()), Counter(tickets.scalars())]
    lives = (("demo_states", WorkOrderState), ("demo_tickets", TicketState))
    for (name, life), states in zip(lives, counted, strict=True):
        told = _listed([(each.value, states[each]) for each in life])
        out.print(say(name, total=states.total(), states=told), soft_wrap=True)


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    language = terminal_language()
    return ", ".join(f"{word('words', name, language)} {n}" for name, n in counts if n)


async def _open() -> None:
    """Sees to it that somebody is on duty now; names all roles with a fresh token for each."""
    settings = Settings()
    async with workplace(settings) as services:
        estate = await load_estate(services)
        await keep_watch(services, estate, day=today(services.clock()))
        out.print(say("demo_accounts", password=facts("estate")["password"]), soft_wrap=True)
        table = Table(box=None, pad_edge=False, show_header=False)
        for role in Role:
            user = estate.users[role]
            table.add_row(user.username, user.name, await _token(services, estate, user, settings))
        out.print(table, soft_wrap=True)


async def _token(services: Services, estate: Estate, user: User, settings: Settings) -> str:
    signed_in = await services.perform(
        estate.root,
        accounts.issue_token,
        user_id=user.id,
        label="demo",
        days=settings.token_days,
    )
    return signed_in.token


def _tell_documents() -> None:
    """The names of the documents to begin with, where the project's folder is at hand."""
    if _DOCUMENTS.is_dir():
        names = ", ".join(sorted(each.stem for each in _DOCUMENTS.glob("*.graphql")))
        out.print(say("demo_documents", folder=_DOCUMENTS, names=names), soft_wrap=True)
