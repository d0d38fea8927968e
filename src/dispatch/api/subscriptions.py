"""What can be watched, over a web socket or an event stream.

Each reader is shown what they may see at that moment: every batch of changes is read anew through
the conditions that queries go through.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

import strawberry
from sqlalchemy import select

from dispatch.api import changes, ids
from dispatch.api.context import Info
from dispatch.api.nouns.clocks import Clock
from dispatch.api.nouns.messages import Message
from dispatch.api.nouns.offers import Offer
from dispatch.api.nouns.plans import Plan, PlanRun
from dispatch.api.nouns.plans_in_force import PlanInForceChange
from dispatch.api.nouns.tickets import Ticket
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.watching import Since, place, stay_signed_in, watch
from dispatch.domain.errors import Code, refuse
from dispatch.domain.plans import PlanRunState
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.plans_in_force import CHANGED
from dispatch.store import plans as plan_store
from dispatch.store.publications import Topic
from dispatch.store.sites import Site

_BOARD_APART_S = 0.2
"""No eye follows faster, and each change has what the board shows of it read anew."""
SiteId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")]


@strawberry.type(description="A ticket after something happened to it (报单变动).")
class TicketChanged:
    cursor: str = strawberry.field(
        description="How far this reaches: ask with `since` for what comes after it (位置)."
    )
    kinds: list[str] = strawberry.field(
        description="What happened, oldest first: `ticket.created`, `work_order.started` … (事件)."
    )
    at: datetime = strawberry.field(description="When the last of it happened (时间).")
    ticket: Ticket = strawberry.field(description="The ticket as it is now (报单).")


@strawberry.type(description="Something on a board's day changed (看板变动).")
class BoardChanged:
    cursor: str = strawberry.field(
        description="How far this reaches: ask with `since` for what comes after it (位置)."
    )
    kinds: list[str] = strawberry.field(
        description="What happened, oldest first: `plan.published`, `work_order.assigned` … (事件)."
    )
    at: datetime = strawberry.field(description="When the last of it happened (时间).")
    work_orders: list[WorkOrder] = strawberry.field(
        description="The orders of the day that changed, as they are now (派工单)."
    )
    plans: list[Plan] = strawberry.field(
        description="The plans of the day that changed, as they are now (排班方案)."
    )
    plan_runs: list[PlanRun] = strawberry.field(
        description="Runs of the optimizer for the day that began or ended (排班计算)."
    )


@strawberry.type(description="A deadline whose time came in vain (超时).")
class ClockBreached:
    cursor: str = strawberry.field(
        description="How far this reaches: ask with `since` for what comes after it (位置)."
    )
    at: datetime = strawberry.field(description="When it was found (时间).")
    step: int = strawberry.field(
        description="0: the deadline itself; above: the rung that it climbed to (升级级数)."
    )
    clock: Clock = strawberry.field(description="The clock as it is now (时限).")


@strawberry.type(description="How far a run of the optimizer has come (排班进度).")
class PlanRunProgress:
    run: PlanRun = strawberry.field(description="The run as it is now (排班计算).")
    phase: str | None = strawberry.field(
        description="What it is doing: construction, search … (阶段); null before its first word."
    )
    elapsed_s: float | None = strawberry.field(
        name="elapsedSeconds", description="Seconds since it began to search (已用秒数)."
    )
    unplaced: int | None = strawberry.field(
        description="Orders that its best plan so far leaves out (未排入)."
    )
    cost: float | None = strawberry.field(
        description="Weighted sum of the objective's terms in its best plan so far; less is better "
        "(目标值)."
    )


@strawberry.type
class Subscriptions:
    @strawberry.subscription(
        description="Every change of a ticket of the site and of its work orders, within a second; "
        "each reader hears of those they may see (报单变动)."
    )
    async def ticket_changed(
        self, info: Info, site_id: SiteId, since: Since = None
    ) -> AsyncGenerator[TicketChanged, None]:
        site = await _site(info, site_id, Action.SEE_SITE)
        batches = watch(
            info,
            lambda event: event.site_id == site.id and event.ticket_id is not None,
            since=since,
        )
        async with aclosing(batches):
            async for batch in batches:
                _demand(info, Action.SEE_SITE, site)
                for change in await changes.of_tickets(info, batch):
                    yield _as(
                        TicketChanged,
                        cursor=place(info, Topic.EVENT, change.number),
                        ticket=change.row,
                        kinds=change.kinds,
                        at=change.at,
                    )

    @strawberry.subscription(
        description="An order was put on offer to the technician who listens: trade, level, site, "
        "on duty. Nobody else hears of it (新的可抢工单)."
    )
    async def work_order_offered(
        self, info: Info, since: Since = None
    ) -> AsyncGenerator[Offer, None]:
        actor = info.context.actor
        technician_id = actor.technician_id
        if technician_id is None:
            raise refuse(Code.FORBIDDEN, action=Action.WORK.value)
        batches = watch(info, lambda event: technician_id in changes.offered_to(event), since=since)
        async with aclosing(batches):
            async for batch in batches:
                for number, offer in await changes.of_offers(info, batch):
                    place(info, Topic.EVENT, number)
                    yield offer  # type: ignore[misc]

    @strawberry.subscription(
        description="Whatever the reader is told, as it comes into their inbox (新消息)."
    )
    async def message_received(
        self, info: Info, since: Since = None
    ) -> AsyncGenerator[Message, None]:
        user_id = info.context.actor.user_id
        batches = watch(
            info, lambda message: message.user_id == user_id, since=since, topic=Topic.MESSAGE
        )
        async with aclosing(batches):
            async for batch in batches:
                for number, message in await changes.of_messages(info, batch):
                    place(info, Topic.MESSAGE, number)
                    yield message  # type: ignore[misc]

    @strawberry.subscription(
        description="The time of a deadline of the site came before what was due happened, or its "
        "breach climbed a rung: for those who see the site's clocks (超时)."
    )
    async def clock_breached(
        self, info: Info, site_id: SiteId, since: Since = None
    ) -> AsyncGenerator[ClockBreached, None]:
        site = await _site(info, site_id, Action.SEE_SITE)
        batches = watch(
            info,
            lambda event: event.site_id == site.id and changes.tells_breach(event),
            since=since,
        )
        async with aclosing(batches):
            async for batch in batches:
                _demand(info, Action.SEE_SITE, site)
                for line, clock in await changes.of_clocks(info, batch):
                    yield _as(
                        ClockBreached,
                        cursor=place(info, Topic.EVENT, line.number),
                        at=line.row.at,
                        step=line.row.data.get("step", 0),
                        clock=clock,
                    )

    @strawberry.subscription(
        description="The board of a site's day changed: its plans, its orders, its people. Ask "
        "for what the board shows of them. Five times a second at most: what follows faster "
        "comes together (看板变动)."
    )
    async def board_changed(
        self,
        info: Info,
        site_id: SiteId,
        day: Annotated[date, strawberry.argument(description="The day (日期).")],
        since: Since = None,
    ) -> AsyncGenerator[BoardChanged, None]:
        site = await _site(info, site_id, Action.SEE_PLANS)
        batches = watch(
            info,
            lambda event: event.site_id in (site.id, None),
            since=since,
            apart_s=_BOARD_APART_S,
        )
        async with aclosing(batches):
            async for batch in batches:
                _demand(info, Action.SEE_PLANS, site)
                change = await changes.of_board(info, batch, site=site, day=day)
                if change is not None:
                    cursor = place(info, Topic.EVENT, batch[-1].number)
                    yield _as(BoardChanged, cursor=cursor, **change)

    @strawberry.subscription(
        graphql_type=AsyncGenerator[PlanInForceChange, None],
        description="Every change of a day's plan in force, with its cause and who lost or got "
        "what (执行方案变动).",
    )
    async def plan_in_force_changed(
        self,
        info: Info,
        site_id: SiteId,
        day: Annotated[date, strawberry.argument(description="The day (日期).")],
        since: Since = None,
    ) -> AsyncGenerator[Any, None]:
        site = await _site(info, site_id, Action.SEE_PLANS)
        about = (CHANGED, day.isoformat())
        batches = watch(
            info,
            lambda event: event.site_id == site.id and (event.kind, event.data.get("day")) == about,
            since=since,
        )
        async with aclosing(batches):
            async for batch in batches:
                # What a reader may see can change while they listen.
                await _site(info, site_id, Action.SEE_PLANS)
                for line in batch:
                    place(info, Topic.EVENT, line.number)
                    yield line.row

    @strawberry.subscription(
        description="How far a run of the optimizer has come, twice a second until it ends "
        "(排班进度)."
    )
    async def plan_run_progress(
        self,
        info: Info,
        run_id: Annotated[strawberry.ID, strawberry.argument(description="The run (排班计算).")],
    ) -> AsyncGenerator[PlanRunProgress, None]:
        row_id = ids.decode(run_id, "PlanRun", field="run_id")
        # A right taken away is noticed at once while the record is read.
        async with info.context.hub.running(), aclosing(_looks(info, row_id)) as looks:
            async for run in looks:
                told = run.figures.get("progress", {})
                yield _as(
                    PlanRunProgress,
                    run=run,
                    phase=told.get("phase"),
                    elapsed_s=told.get("elapsed_s"),
                    unplaced=told.get("unplaced"),
                    cost=told.get("cost"),
                )


async def _looks(info: Info, row_id: int) -> AsyncGenerator[plan_store.PlanRun, None]:
    """The run whenever it has come further, until it has ended."""
    shown: tuple[Any, ...] | None = None
    run: plan_store.PlanRun | None = await _run(info, row_id)
    looks = info.context.hub.looks
    while True:
        stay_signed_in(info)
        # Whoever watches it looks at the same row; what they may see is asked of each.
        if run is None or not info.context.actor.may(Action.SEE_PLANS, site_id=run.site_id):
            raise refuse(Code.NOT_FOUND, field="run_id")
        now = (run.state, run.figures.get("progress", {}).get("elapsed_s"))
        if now != shown:
            shown = now
            yield run
        if run.state is not PlanRunState.RUNNING:
            return
        await asyncio.sleep(looks.every_s)
        run = await looks.at(row_id)


def _as(graphql_type: Any, **values: Any) -> Any:
    # Fields hold rows of the store, which the type's fields then read.
    return graphql_type(**values)


async def _site(info: Info, site_id: str, action: Action) -> Site:
    row_id = ids.decode(site_id, "Site", field="site_id")
    async with info.context.reading() as tx:
        return await visible.find_site(tx, row_id, action)


def _demand(info: Info, action: Action, site: Site) -> None:
    """Ends a subscription whose reader has lost the right to it meanwhile."""
    if not info.context.actor.may(action, site_id=site.id):
        raise refuse(Code.FORBIDDEN, action=action.value)


async def _run(info: Info, row_id: int) -> plan_store.PlanRun:
    statement = select(plan_store.PlanRun).where(
        plan_store.PlanRun.id == row_id, visible.plan_runs(info.context.actor)
    )
    async with info.context.reading() as tx:
        run = (await tx.session.execute(statement)).scalar_one_or_none()
    if run is None:
        raise refuse(Code.NOT_FOUND, field="run_id")
    return run
