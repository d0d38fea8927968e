"""The board (看板): a site's day at a glance, a lane per technician."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Optional
from zoneinfo import ZoneInfo

import strawberry
from sqlalchemy import ColumnElement, func, or_, select

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page, connect
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.assignments import Assignment
from dispatch.api.nouns.base import column, load
from dispatch.api.nouns.left_out import PlanLeftOut
from dispatch.api.nouns.lists import SiteId
from dispatch.api.nouns.pages import memory_page
from dispatch.api.nouns.plans import Plan
from dispatch.api.nouns.routes import PlanRoute
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.scalars import Seconds
from dispatch.domain.plans import PlanState
from dispatch.domain.rights import Action
from dispatch.domain.roster import Shift
from dispatch.domain.work_orders import AssignmentEnd, WorkOrderState
from dispatch.services import duty, visible
from dispatch.services.action import Tx
from dispatch.store import plans as plan_store
from dispatch.store import technicians as people
from dispatch.store import work_orders as store
from dispatch.store.sites import Site as SiteRow

_WAITING = (
    WorkOrderState.AWAITING_APPROVAL,
    WorkOrderState.QUEUED,
    WorkOrderState.OFFERED,
)


@dataclass(frozen=True, slots=True)
class BoardDay:
    """Which site's which day a board shows, and the plan in force then."""

    site: SiteRow
    day: date
    plan: plan_store.Plan | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.time_zone)

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.day, time(), self.zone)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.day + timedelta(days=1), time(), self.zone)

    def __hash__(self) -> int:
        return hash((self.site.id, self.day))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, BoardDay)
        return same and (self.site.id, self.day) == (other.site.id, other.day)


async def _routes(
    tx: Tx, keys: Sequence[tuple[int, int]]
) -> Mapping[tuple[int, int], Sequence[plan_store.PlanRoute]]:
    """Routes by plan and technician."""
    route = plan_store.PlanRoute
    statement = (
        select(route)
        .where(
            route.plan_id.in_({plan for plan, _ in keys}),
            route.technician_id.in_({technician for _, technician in keys}),
        )
        .order_by(route.id)
    )
    groups: dict[tuple[int, int], list[plan_store.PlanRoute]] = {}
    for row in (await tx.session.execute(statement)).scalars():
        groups.setdefault((row.plan_id, row.technician_id), []).append(row)
    return groups


async def _visits(
    tx: Tx, keys: Sequence[tuple[BoardDay, int]]
) -> Mapping[tuple[BoardDay, int], Sequence[store.Assignment]]:
    """Assignments of a day, standing or done, by technician of the crew."""
    groups: dict[tuple[BoardDay, int], list[store.Assignment]] = {}
    for board in {board for board, _ in keys}:
        at = func.coalesce(store.Assignment.planned_start, store.Assignment.created_at)
        statement = (
            select(store.CrewMember.technician_id, store.Assignment)
            .join(store.Assignment, store.Assignment.id == store.CrewMember.assignment_id)
            .join(store.WorkOrder, store.WorkOrder.id == store.Assignment.work_order_id)
            .where(
                store.WorkOrder.site_id == board.site.id,
                store.CrewMember.technician_id.in_([person for _, person in keys]),
                or_(store.Assignment.ended_at.is_(None), _done()),
                at >= board.begins,
                at < board.ends,
            )
            .order_by(store.Assignment.id)
        )
        for technician_id, row in await tx.session.execute(statement):
            groups.setdefault((board, technician_id), []).append(row)
    return groups


async def _shifts(
    tx: Tx, keys: Sequence[tuple[BoardDay, int]]
) -> Mapping[tuple[BoardDay, int], Sequence[Shift]]:
    """Shifts of a day by technician."""
    found: dict[tuple[BoardDay, int], Sequence[Shift]] = {}
    for board in {board for board, _ in keys}:
        ids = [person for each, person in keys if each == board]
        shifts = await duty.shifts_of(tx, ids, site=board.site, day=board.day)
        found.update({(board, person): mine for person, mine in shifts.items()})
    return found


def _done() -> ColumnElement[bool]:
    return store.Assignment.end == AssignmentEnd.DONE


async def _left_out(
    tx: Tx, keys: Sequence[tuple[int, int]]
) -> Mapping[tuple[int, int], plan_store.PlanLeftOut]:
    """What a plan left out, by plan and order."""
    left_out = plan_store.PlanLeftOut
    statement = select(left_out).where(
        left_out.plan_id.in_({plan for plan, _ in keys}),
        left_out.work_order_id.in_({order for _, order in keys}),
    )
    found = (await tx.session.execute(statement)).scalars()
    return {(row.plan_id, row.work_order_id): row for row in found}


@strawberry.type(description="A stretch of work on the day, less leave (班次).")
class BoardShift:
    starts_at: datetime = column("Begin (上班).")
    ends_at: datetime = column("End (下班).")
    break_earliest: datetime | None = column("The break may begin from here on (休息最早开始).")
    break_latest: datetime | None = column("… and must begin by here (休息最晚开始).")
    break_s: Seconds | None = column("Length of the break (休息时长).", name="breakLength")


@strawberry.type(description="One technician's day on the board (泳道).")
class BoardLane:
    board: strawberry.Private[BoardDay]
    row: strawberry.Private[people.Technician]

    @strawberry.field(graphql_type=Technician, description="Whose (人员).")
    def technician(self) -> people.Technician:
        return self.row

    @strawberry.field(description="When they work on the day, less leave (班次); empty: off.")
    async def shifts(self, info: Info) -> list[BoardShift]:
        shifts = await load(info, _shifts, (self.board, self.row.id)) or ()
        return [
            BoardShift(
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
                break_earliest=shift.rest.earliest if shift.rest else None,
                break_latest=shift.rest.latest if shift.rest else None,
                break_s=Seconds(shift.rest.minutes * 60) if shift.rest else None,
            )
            for shift in shifts
        ]

    @strawberry.field(
        graphql_type=Connection[PlanRoute],
        description="Their routes in the plan in force, with stops, travel and rests (路线); one "
        "per shift, none without a plan.",
    )
    async def routes(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        plan = self.board.plan
        rows = plan and await load(info, _routes, (plan.id, self.row.id))
        return memory_page(rows or [], page=page, keys=[Order(plan_store.PlanRoute.id)])

    @strawberry.field(
        graphql_type=Connection[Assignment],
        description="Orders they hold or have done on the day, whether planned, grabbed or given "
        "by hand (持有工单).",
    )
    async def assignments(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        rows = await load(info, _visits, (self.board, self.row.id)) or []
        return memory_page(rows, page=page, keys=[Order(store.Assignment.id)])


@strawberry.type(description="An order that nobody holds (待派工单).")
class Unplaced:
    board: strawberry.Private[BoardDay]
    row: strawberry.Private[store.WorkOrder]

    @strawberry.field(graphql_type=WorkOrder, description="The order (派工单).")
    def work_order(self) -> store.WorkOrder:
        return self.row

    @strawberry.field(
        graphql_type=Optional[PlanLeftOut],
        description="Why the plan in force left it out, and what would place it (未排原因); null: "
        "it was not before the plan.",
    )
    async def left_out(self, info: Info) -> plan_store.PlanLeftOut | None:
        plan = self.board.plan
        return None if plan is None else await load(info, _left_out, (plan.id, self.row.id))


@strawberry.type(description="A site's day: who does what when, and what nobody does yet (看板).")
class Board:
    board: strawberry.Private[BoardDay]

    @strawberry.field(graphql_type=Site, description="The site (项目).")
    def site(self) -> SiteRow:
        return self.board.site

    @strawberry.field(description="The day, on the site's calendar (日期).")
    def day(self) -> date:
        return self.board.day

    @strawberry.field(
        graphql_type=Optional[Plan], description="The plan in force (现行方案); null: none."
    )
    def plan(self) -> plan_store.Plan | None:
        return self.board.plan

    @strawberry.field(
        graphql_type=Connection[BoardLane],
        description="A lane per active technician of the site, by staff number (泳道).",
    )
    async def lanes(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        serving = select(people.TechnicianSite.technician_id).where(
            people.TechnicianSite.site_id == self.board.site.id
        )
        statement = select(people.Technician).where(
            people.Technician.id.in_(serving),
            people.Technician.is_active,
            visible.technicians(info.context.actor),
        )
        page = Page.of(first=first, after=after, last=last, before=before)
        order = [Order(people.Technician.code)]
        lanes = await connect(info, statement, page=page, order=order, row_id=people.Technician.id)
        for edge in lanes.edges:
            edge.node = BoardLane(board=self.board, row=edge.node)
        return lanes

    @strawberry.field(
        graphql_type=Connection[Unplaced],
        description="Open orders that nobody holds, soonest due first (待派工单).",
    )
    async def unplaced(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        statement = select(store.WorkOrder).where(
            store.WorkOrder.site_id == self.board.site.id,
            store.WorkOrder.state.in_(_WAITING),
            store.WorkOrder.created_at < self.board.ends,
            visible.work_orders(info.context.actor),
        )
        page = Page.of(first=first, after=after, last=last, before=before)
        orders = await connect(
            info,
            statement,
            page=page,
            order=[Order(store.WorkOrder.due_at)],
            row_id=store.WorkOrder.id,
        )
        for edge in orders.edges:
            edge.node = Unplaced(board=self.board, row=edge.node)
        return orders


@strawberry.type
class BoardQueries:
    @strawberry.field(
        description="A site's day: lanes of technicians, and what nobody holds; for who may see "
        "plans (看板)."
    )
    async def board(
        root: None,
        info: Info,
        site_id: SiteId,
        day: Annotated[
            date, strawberry.argument(description="The day, on the site's calendar (日期).")
        ],
    ) -> Board:
        row_id = ids.decode(site_id, "Site", field="site_id")
        async with info.context.reading() as tx:
            site = await visible.find_site(tx, row_id, Action.SEE_PLANS)
            in_force = select(plan_store.Plan).where(
                plan_store.Plan.site_id == site.id,
                plan_store.Plan.day == day,
                plan_store.Plan.state == PlanState.PUBLISHED,
            )
            plan = (await tx.session.execute(in_force)).scalar_one_or_none()
        return Board(board=BoardDay(site=site, day=day, plan=plan))
