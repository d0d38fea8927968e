"""Work orders (派工单): one visit's worth of work, who holds it and why."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy import ColumnElement, select
from strawberry.scalars import JSON

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import addresses, batches
from dispatch.api.nouns.appointments import Appointment
from dispatch.api.nouns.base import (
    Node,
    OfRow,
    Point,
    column,
    lazily,
    load,
    point,
    related,
    related_list,
)
from dispatch.api.nouns.categories import Trade
from dispatch.api.nouns.filters import (
    Filter,
    FlagFilter,
    IdFilter,
    IntFilter,
    Special,
    TextFilter,
    TimeFilter,
    compare,
    some,
    where,
)
from dispatch.api.nouns.holdings import NONE, holdings
from dispatch.api.nouns.lists import Direction, OptionalSiteId, found, listed, ordered
from dispatch.api.nouns.pages import ChildList, child_page
from dispatch.api.nouns.places import Place
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.tickets import Ticket
from dispatch.api.scalars import Seconds
from dispatch.domain.rights import Action, Actor
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import (
    AssignmentEnd,
    AssignmentStep,
    PauseReason,
    WorkOrderState,
    WorkOrderStep,
    steps_open_to,
)
from dispatch.services import visible
from dispatch.services.addresses import searchable_work_orders
from dispatch.store import work_orders as store
from dispatch.store.events import Event as EventRow
from dispatch.store.sites import Place as PlaceRow

_EVENTS = ChildList(EventRow, EventRow.work_order_id, seen=visible.events)
_ASSIGNMENTS = ChildList(store.Assignment, store.Assignment.work_order_id)


@strawberry.type(description="One person of a crew, with their own hours (班组成员).")
class CrewMember(OfRow):
    row = store.CrewMember

    is_lead: bool = column("Whether they lead (主修).")
    joined_at: datetime | None = column("When they began to work (到岗时间).")
    left_at: datetime | None = column("When they stopped (离岗时间).")
    worked_s: Seconds | None = column("Time counted for them (工时).", name="worked")
    technician = related(
        batches.technicians, Optional[Technician], "Who (人员).", key="technician_id"
    )


@strawberry.type(description="Technician and planned times for an order, and why (派工).")
class Assignment(OfRow, Node):
    row = store.Assignment

    step: AssignmentStep = column("Which step of the dispatch policy made it (派工方式).")
    planned_start: datetime | None = column("Planned start of work (计划开工); null: at once.")
    planned_end: datetime | None = column("Planned end of work (计划完工).")
    travel_s: Seconds | None = column("Planned travel to it (路程时间).", name="travel")
    set_out_uncalled: bool | None = column(
        "Whether the technician set out without a noted call to the customer (未先致电); null: not "
        "set out yet, or no call was due."
    )
    confirmed_by_name: str = column("Who confirmed it (确认人).")
    created_at: datetime = column("When it was made (派工时间).")
    ended_at: datetime | None = column("When it ended (结束时间); null while it stands.")
    end: AssignmentEnd | None = column("How it ended.")
    version: int = column("Counts up with each change (版本).")
    technician = related(
        batches.technicians, Optional[Technician], "Who leads (主修).", key="technician_id"
    )
    work_order = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The order (派工单).",
        key="work_order_id",
    )
    crew = related_list(batches.crew, CrewMember, "All who go, the lead first (人员).")

    @strawberry.field(
        description="Why it was made: step, plan run, score terms, alternatives considered, "
        "reason (派工依据); for who may see plans, else the step alone."
    )
    async def why(root: store.Assignment, info: Info) -> JSON:
        inner = await _is_insider(root, info)
        return JSON(root.why if inner else {"step": root.step.value})

    @strawberry.field(
        description="Why it ended (原因); for who may see plans and whose it was, else null."
    )
    async def end_reason(root: store.Assignment, info: Info) -> str | None:
        own = info.context.actor.technician_id == root.technician_id
        return root.end_reason if own or await _is_insider(root, info) else None


async def _is_insider(assignment: store.Assignment, info: Info) -> bool:
    """Whether the reader may know what was weighed, of colleagues and of customers."""
    sites = info.context.actor.sites_where(Action.SEE_PLANS)
    if not sites:
        return sites is None
    order = await load(info, batches.work_orders, assignment.work_order_id)
    return order is not None and order.site_id in sites


@strawberry.type(description="Working time of one of the crew (工时).")
class HoursWorked:
    worked_s: Seconds = column("How long (工时).", name="worked")
    technician_id: strawberry.Private[int]

    @strawberry.field(description="Who (人员).")
    async def technician(self, info: Info) -> Technician | None:
        return await load(info, batches.technicians, self.technician_id)  # type: ignore[return-value]


@strawberry.type(description="Material used (用料).")
class PartUsed:
    name: str = column("What (材料名称).")
    quantity: float = column("How much (数量).")
    unit: str = column("In which unit (单位).")


@strawberry.type(description="What was found and done (完工记录).")
class Completion:
    found: str = column("What was found (现场情况).")
    cause: str = column("The cause (故障原因).")
    done: str = column("What was done (处理内容).")
    parts: list[PartUsed] = column("Parts used (用料).")
    hours: list[HoursWorked] = column("Hours of each of the crew (工时).")
    photos_before: list[str] = column("Photos before the work (维修前照片).")
    photos_after: list[str] = column("Photos after the work (维修后照片).")
    signature: str | None = column("The customer's signature (客户签字).")
    no_signature_reason: str | None = column("Why there is none (未签字原因).")


@strawberry.type(description="One visit's worth of work for a ticket: what is dispatched (派工单).")
class WorkOrder(OfRow, Node):
    row = store.WorkOrder

    number: str = column("Human number, e.g. `WO-20261122-0042`, unique at its site (派工单号).")
    state: WorkOrderState = column("Where it is on its way (状态).")
    dispatch_step: AssignmentStep | None = column(
        "The step of the dispatch policy it has come to (派工步骤); null: none yet."
    )
    priority: Priority = column("How urgent (优先级).")
    level: int = column("Least skill level (等级): 1 junior, 2 skilled, 3 senior.")
    duration_s: Seconds = column("Expected time on site (预计工时).", name="duration")
    crew_size: int = column("People needed at once (人数).")
    area: Area = column("In a home or in a public area (入户、公区).")
    instructions: str | None = column("What the technician should know (作业说明).")
    due_at: datetime | None = column("When work should have started (时限).")
    wished_from: datetime | None = column("The customer wishes a visit from here (期望时间起).")
    wished_to: datetime | None = column("… until here (期望时间止).")
    postpone_consent_at: datetime | None = column(
        "When the manager let another time be agreed (同意延期时间); null: not, or it was used."
    )
    is_pinned: bool = column("Whether a person fixed it: planning leaves it alone (锁定).")
    is_rework: bool = column("Whether it repairs a repair (返修).")
    pause_reason: PauseReason | None = column(
        "Why work stands still (暂停原因); null: it does not."
    )
    resume_on: datetime | None = column("When work goes on (计划恢复时间).")
    created_at: datetime = column("When it was made (开单时间).")
    started_at: datetime | None = column("When work began (开工时间).")
    ended_at: datetime | None = column("When it was completed or cancelled (结束时间).")
    end_reason: str | None = column("Why it was cancelled (取消原因).")
    door_code_locked_until: datetime | None = column(
        "Too many wrong door codes: none is taken before (验证码锁定至)."
    )
    version: int = column("Counts up with each change; a write may name the one it saw (版本).")

    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    ticket = related(
        batches.tickets,
        Optional[Ticket],
        "The ticket it belongs to (报单); null while an order is only on offer to the reader.",
        key="ticket_id",
    )
    trade = related(batches.trades, Optional[Trade], "Trade needed (工种).", key="trade")
    building = related(
        batches.places, Place | None, "The building it lies in (楼栋).", key="building_id"
    )
    clocks = related_list(
        batches.order_clocks,
        lazily("Clock", "clocks"),
        "Its deadlines, oldest first (时限); for who sees every ticket, and who holds it.",
    )
    arrival_checks = related_list(
        batches.arrival_checks,
        lazily("ArrivalCheck", "arrival_checks"),
        "Calls whether the technician is there, oldest first (到场回访); for who calls customers.",
    )
    named_technician = related(
        batches.technicians,
        Optional[Technician],
        "Whom the customer asked for (指定人员).",
        key="named_technician_id",
    )
    after = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The order that must be done before (前置派工单).",
        key="after_id",
    )
    rework_of = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The order whose work failed (返修原派工单).",
        key="rework_of_id",
    )
    supports = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The order whose technician asked for this help (被支援派工单).",
        key="supports_id",
    )
    help_requests = related_list(
        batches.help_requests,
        lazily("HelpRequest", "help_requests"),
        "Every call for more people, oldest first (支援请求).",
    )
    customer_calls = related_list(
        batches.customer_calls,
        lazily("CustomerCall", "customer_calls"),
        "Technicians' calls to the customer before they set out, oldest first (上门前电话).",
    )
    late_steps = related_list(
        batches.late_steps,
        lazily("WorkStep", "work_steps"),
        "Steps that were told late and wait, or were refused, in order of their own times "
        "(补传步骤).",
    )
    assignment = related(
        batches.open_assignments, Optional[Assignment], "Who holds it now (派工); null: nobody."
    )
    appointment = related(
        batches.standing_appointments,
        Optional[Appointment],
        "The promise to the customer in force (预约).",
    )
    appointments = related_list(
        batches.appointments, Appointment, "Every promise made, oldest first (预约记录)."
    )
    offer = related(
        batches.open_offers, Optional[lazily("Offer", "offers")], "The open offer (抢单); or null."
    )

    @strawberry.field(
        graphql_type=list[lazily("Approval", "approvals")],
        description="Approvals asked for before dispatch, oldest first (审批记录); for the site's "
        "staff, else empty.",
    )
    async def approvals(root: store.WorkOrder, info: Info) -> list[Any]:
        if not info.context.actor.may(Action.SEE_ALL_TICKETS, site_id=root.site_id):
            return []
        return list(await load(info, batches.approvals, root.id) or [])

    @strawberry.field(
        graphql_type=list[lazily("Mediation", "approvals")],
        description="Mediators' calls about it, oldest first (协调记录); for the site's staff, "
        "else empty.",
    )
    async def mediations(root: store.WorkOrder, info: Info) -> list[Any]:
        if not info.context.actor.may(Action.SEE_ALL_TICKETS, site_id=root.site_id):
            return []
        return list(await load(info, batches.mediations, root.id) or [])

    @strawberry.field(
        graphql_type=Optional[Place],
        description="Where (位置); null: not known, or no more to be seen by a technician whose "
        "work there is done.",
    )
    async def place(root: store.WorkOrder, info: Info) -> PlaceRow | None:
        if root.place_id is None or not await addresses.shows_place(root, info):
            return None
        return await load(info, batches.places, root.place_id)

    @strawberry.field(description="Where it is (坐标); null: not known, or hidden like `place`.")
    async def point(root: store.WorkOrder, info: Info) -> Point | None:
        shown = await addresses.shows_place(root, info)
        return point(root.latitude, root.longitude) if shown else None

    @strawberry.field(
        description="Steps that its state allows and the reader has a right to (可进行的操作)."
    )
    async def allowed_steps(root: store.WorkOrder, info: Info) -> list[WorkOrderStep]:
        mine = await load(info, holdings, root.id) or NONE
        return list(
            steps_open_to(
                info.context.actor,
                state=root.state,
                site_id=root.site_id,
                holds=mine.holds,
                is_offered=mine.is_offered,
            )
        )

    @strawberry.field(
        description="Whether work can only start with the customer's door code (需要维修验证码)."
    )
    def needs_door_code(root: store.WorkOrder) -> bool:
        return root.door_code is not None and root.door_code_lifted_reason is None

    @strawberry.field(
        description="What the customer gives at the door (维修验证码); for the customer and the "
        "desk, never for technicians."
    )
    async def door_code(root: store.WorkOrder, info: Info) -> str | None:
        actor = info.context.actor
        if root.door_code is None or actor.technician_id is not None:
            return None
        if actor.may(Action.SEE_DOOR_CODE, site_id=root.site_id):
            return root.door_code
        ticket = await load(info, batches.tickets, root.ticket_id)
        if ticket is None or ticket.party_id is None or ticket.party_id != actor.party_id:
            return None
        return root.door_code

    @strawberry.field(description="What was found and done (完工记录); null before completion.")
    def completion(root: store.WorkOrder) -> Completion | None:
        kept = root.completion
        if kept is None:
            return None
        return Completion(
            found=kept["found"],
            cause=kept["cause"],
            done=kept["done"],
            parts=[PartUsed(**part) for part in kept["parts"]],
            hours=[
                HoursWorked(worked_s=each["seconds"], technician_id=each["technician_id"])
                for each in kept["hours"]
            ],
            photos_before=kept["photos_before"],
            photos_after=kept["photos_after"],
            signature=kept["signature"],
            no_signature_reason=kept["no_signature_reason"],
        )

    @strawberry.field(
        graphql_type=Connection[Assignment],
        description="Everybody who ever held it, oldest first (派工记录).",
    )
    async def assignments(
        root: store.WorkOrder,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _ASSIGNMENTS, root.id, page=page)

    @strawberry.field(
        graphql_type=Connection[lazily("Event", "events")],
        description="Its record, oldest first (操作记录); for who may see the record, else empty.",
    )
    async def events(
        root: store.WorkOrder,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _EVENTS, root.id, page=page)


@strawberry.input(description="Which work orders; all fields given must hold (筛选).")
class WorkOrderFilter:
    state: Filter[WorkOrderState] | None = some("Where it is on its way (状态).")
    priority: Filter[Priority] | None = some("How urgent (优先级).")
    area: Filter[Area] | None = some("In a home or public (入户、公区).")
    dispatch_step: Filter[AssignmentStep] | None = some("Step of the policy (派工步骤).")
    number: TextFilter | None = some("Human number (派工单号).")
    trade: TextFilter | None = some("Code of the trade (工种).")
    level: IntFilter | None = some("Least skill level (等级).")
    is_rework: FlagFilter | None = some("Whether it repairs a repair (返修).")
    ticket_id: IdFilter | None = some("Ticket (报单).", node="Ticket")
    place_id: IdFilter | None = some("Place (位置).", node="Place")
    building_id: IdFilter | None = some("Building (楼栋).", node="Place")
    held_by: IdFilter | None = some("Somebody of its present crew (当前人员).", node="Technician")
    planned_start: TimeFilter | None = some("Planned start of who holds it (计划开工).")
    created_at: TimeFilter | None = some("When it was made (开单时间).")
    due_at: TimeFilter | None = some("When work should have started (时限).")
    started_at: TimeFilter | None = some("When work began (开工时间).")
    ended_at: TimeFilter | None = some("When it was completed or cancelled (结束时间).")
    and_: Optional[list["WorkOrderFilter"]] = some("All of these hold, too (并且).", name="and")
    or_: Optional[list["WorkOrderFilter"]] = some("At least one holds (或者).", name="or")


def _held_by(given: IdFilter) -> ColumnElement[bool]:
    crew = (
        select(store.Assignment.work_order_id)
        .join(store.CrewMember, store.CrewMember.assignment_id == store.Assignment.id)
        .where(
            store.Assignment.ended_at.is_(None),
            compare(store.CrewMember.technician_id, given, node="Technician"),
        )
    )
    return store.WorkOrder.id.in_(crew)


def _planned_start(given: TimeFilter) -> ColumnElement[bool]:
    held = select(store.Assignment.work_order_id).where(
        store.Assignment.ended_at.is_(None), compare(store.Assignment.planned_start, given)
    )
    return store.WorkOrder.id.in_(held)


def _special(actor: Actor) -> Special:
    return {
        "held_by": _held_by,
        "planned_start": _planned_start,
        "place_id": lambda given: (
            compare(store.WorkOrder.place_id, given, node="Place") & searchable_work_orders(actor)
        ),
    }


@strawberry.enum(description="What work orders are ordered by (排序字段).")
class WorkOrderOrderField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="When made (开单时间).")
    DUE_AT = strawberry.enum_value("due_at", description="When due; none comes last (时限).")
    STARTED_AT = strawberry.enum_value("started_at", description="When begun (开工时间).")
    ENDED_AT = strawberry.enum_value("ended_at", description="When ended (结束时间).")
    NUMBER = strawberry.enum_value("number", description="Human number (派工单号).")


@strawberry.input(description="The order of work orders (排序).")
class WorkOrderOrder:
    field: WorkOrderOrderField = strawberry.field(description="By what (字段).")
    direction: Direction = strawberry.field(description="Which way (方向).", default=Direction.ASC)


@strawberry.type
class WorkOrderQueries:
    @strawberry.field(
        graphql_type=WorkOrder,
        description="One work order; NOT_FOUND when it may not be seen (派工单).",
    )
    async def work_order(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> store.WorkOrder:
        return await found(info, store.WorkOrder, id, "WorkOrder", seen=visible.work_orders)

    @strawberry.field(
        graphql_type=Connection[WorkOrder],
        description="Work orders that the reader may see, newest first: a technician's own and "
        "those on offer to them, a site's all for its staff (派工单列表).",
    )
    async def work_orders(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            WorkOrderFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        order_by: Annotated[
            WorkOrderOrder | None, strawberry.argument(description="In which order (排序).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        order = Order(store.WorkOrder.created_at, descending=True)
        if order_by is not None:
            column = getattr(store.WorkOrder, str(order_by.field.value))
            order = ordered(column, order_by.direction)
        return await listed(
            info,
            store.WorkOrder,
            seen=visible.work_orders,
            conditions=[where(filter, store.WorkOrder, special=_special(info.context.actor))],
            order=[order],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )
