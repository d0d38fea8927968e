"""Plans (排班方案): what the optimizer made of a day, and its runs."""

from datetime import date, datetime
from typing import Annotated, Any, Optional

import strawberry
from strawberry.scalars import JSON

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related
from dispatch.api.nouns.filters import DayFilter, Filter, some, where
from dispatch.api.nouns.left_out import PlanLeftOut
from dispatch.api.nouns.lists import OptionalSiteId, found, listed
from dispatch.api.nouns.pages import ChildList, child_page
from dispatch.api.nouns.plan_changes import PlanChange, plan_changes
from dispatch.api.nouns.plan_terms import PlanTerms, terms
from dispatch.api.nouns.routes import PlanRoute
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.domain.plans import PlanRunState, PlanState
from dispatch.services import visible
from dispatch.services.plan_changes import Comparison, changes_kept
from dispatch.services.plan_changes import compare as compare_plans
from dispatch.store import plans as store
from dispatch.store.technicians import Technician as TechnicianRow
from dispatch.store.work_orders import WorkOrder as WorkOrderRow
from dispatch.texts import word

_NOT_FIGURES = ("changes", "refused")
_ROUTES = ChildList(store.PlanRoute, store.PlanRoute.plan_id)
_LEFT_OUT = ChildList(store.PlanLeftOut, store.PlanLeftOut.plan_id)


@strawberry.type(description="One run of the optimizer (排班计算).")
class PlanRun(OfRow, Node):
    row = store.PlanRun

    day: date = column("The day planned (日期).")
    state: PlanRunState = column("Where it stands (状态).")
    requested_by_name: str = column("Who asked for it (发起人).")
    starts_at: datetime = column("Begin of the time planned (起).")
    ends_at: datetime = column("End of the time planned (止).")
    started_at: datetime = column("When the run began (开始计算).")
    finished_at: datetime | None = column("When it ended (结束计算).")
    seconds: float = column("Time it was given, in seconds (时限，秒).")
    seed: int = column("Seed of its randomness (随机种子).")
    engine: str = column("Which search made the plan (算法).")
    weights: JSON = column("Weights of the objective's terms it ran with (权重).")
    failure: str | None = column("Why it ended without a plan (失败原因).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")

    @strawberry.field(description="Figures of the search: iterations, time, milestones (计算指标).")
    def figures(root: store.PlanRun) -> JSON:
        return JSON({name: each for name, each in root.figures.items() if name not in _NOT_FIGURES})


@strawberry.type(description="A rule that a plan breaks by a person's wish (违规警告).")
class PlanWarning:
    order_id: strawberry.Private[int | None]
    technician_id: strawberry.Private[int | None]
    code: str = column("Code of the rule, e.g. `WINDOW`, `SKILL`, `SHIFT_END` (规则).")

    @strawberry.field(
        graphql_type=Optional[WorkOrder], description="At which order (派工单); null: the route."
    )
    async def work_order(self, info: Info) -> WorkOrderRow | None:
        if self.order_id is None:
            return None
        return await load(info, batches.work_orders, self.order_id)

    @strawberry.field(graphql_type=Optional[Technician], description="In whose route (人员).")
    async def technician(self, info: Info) -> TechnicianRow | None:
        if self.technician_id is None:
            return None
        return await load(info, batches.technicians, self.technician_id)

    @strawberry.field(description="The rule in the reader's language (说明).")
    def text(self, info: Info) -> str:
        return word("broken_rules", self.code, info.context.language)


@strawberry.type(description="Routes of a site's technicians for a day (排班方案).")
class Plan(OfRow, Node):
    row = store.Plan

    number: str = column("Human number, e.g. `PL-20261122-0003`, unique at its site (方案号).")
    day: date = column("The day (日期).")
    state: PlanState = column("Where it stands (状态).")
    created_at: datetime = column("When it was made (生成时间).")
    published_at: datetime | None = column("When it was put in force (发布时间).")
    published_by_name: str | None = column("By whom (发布人).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    run = related(
        batches.plan_runs, Optional[PlanRun], "The run that made it (排班计算).", key="run_id"
    )

    @strawberry.field(description="Every term of the objective (目标分项).")
    def terms(root: store.Plan) -> PlanTerms:
        return terms(root.terms)

    @strawberry.field(
        description="What it changes against who held what when it was made (方案变动): other "
        "people, another time by more than a quarter of an hour, newly placed, or no longer."
    )
    async def changes(root: store.Plan, info: Info) -> list[PlanChange]:
        run = await load(info, batches.plan_runs, root.run_id)
        return plan_changes(changes_kept(run)) if run is not None else []

    @strawberry.field(
        description="Rules that it breaks since a person changed it (手工调整的警告)."
    )
    def warnings(root: store.Plan) -> list[PlanWarning]:
        return [PlanWarning(**each) for each in root.warnings]

    @strawberry.field(
        graphql_type=Connection[PlanRoute],
        description="A route per technician and shift, empty ones too (路线).",
    )
    async def routes(
        root: store.Plan,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _ROUTES, root.id, page=page)

    @strawberry.field(
        graphql_type=Connection[PlanLeftOut],
        description="What it could not place, with the reasons (未排工单).",
    )
    async def left_out(
        root: store.Plan,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _LEFT_OUT, root.id, page=page)


@strawberry.input(description="Which plans; all fields given must hold (筛选).")
class PlanFilter:
    day: DayFilter | None = some("The day planned (日期).")
    state: Filter[PlanState] | None = some("Where it stands (状态).")


@strawberry.input(description="Which runs; all fields given must hold (筛选).")
class PlanRunFilter:
    day: DayFilter | None = some("The day planned (日期).")
    state: Filter[PlanRunState] | None = some("Where it stands (状态).")


@strawberry.type(description="Two plans of a site's day side by side (方案对比).")
class PlanComparison:
    comparison: strawberry.Private[Comparison]
    better: int = column(
        "1: the second is better than the first, 0: equal, -1: worse, tier by tier (优劣)."
    )

    @strawberry.field(graphql_type=Plan, description="The first plan (方案一).")
    def a(self) -> store.Plan:
        return self.comparison.old

    @strawberry.field(graphql_type=Plan, description="The second plan (方案二).")
    def b(self) -> store.Plan:
        return self.comparison.new

    @strawberry.field(
        description="Every order with other people or another time in the second (变动)."
    )
    def changes(self) -> list[PlanChange]:
        return plan_changes(self.comparison.changes)


@strawberry.type
class PlanQueries:
    @strawberry.field(
        description="Compares two plans of one site and day, term by term through their `terms`, "
        "and order by order (方案对比)."
    )
    async def compare(
        root: None,
        info: Info,
        a: Annotated[strawberry.ID, strawberry.argument(description="The first (方案一).")],
        b: Annotated[strawberry.ID, strawberry.argument(description="The second (方案二).")],
    ) -> PlanComparison:
        old_id, new_id = ids.decode(a, "Plan", field="a"), ids.decode(b, "Plan", field="b")
        async with info.context.reading() as tx:
            comparison = await compare_plans(tx, old_id=old_id, new_id=new_id)
        return PlanComparison(comparison=comparison, better=comparison.better)

    @strawberry.field(
        graphql_type=Plan, description="One plan; NOT_FOUND when it may not be seen (排班方案)."
    )
    async def plan(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> store.Plan:
        return await found(info, store.Plan, id, "Plan", seen=visible.plans)

    @strawberry.field(
        graphql_type=Connection[Plan], description="Plans, newest first (排班方案列表)."
    )
    async def plans(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            PlanFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            store.Plan,
            seen=visible.plans,
            conditions=[where(filter, store.Plan)],
            order=[Order(store.Plan.created_at, descending=True)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

    @strawberry.field(
        graphql_type=Connection[PlanRun],
        description="Runs of the optimizer, newest first (排班计算列表).",
    )
    async def plan_runs(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            PlanRunFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            store.PlanRun,
            seen=visible.plan_runs,
            conditions=[where(filter, store.PlanRun)],
            order=[Order(store.PlanRun.started_at, descending=True)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )
