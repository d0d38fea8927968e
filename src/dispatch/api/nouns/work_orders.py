"""Work orders (派工单): one visit's worth of work for a ticket."""

from datetime import datetime
from typing import Any, Optional

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.nouns import addresses, batches
from dispatch.api.nouns.appointments import Appointment
from dispatch.api.nouns.assignments import Assignment
from dispatch.api.nouns.base import (
    Node,
    OfRow,
    Point,
    by_key,
    column,
    lazily,
    load,
    point,
    related,
    related_list,
)
from dispatch.api.nouns.categories import Trade
from dispatch.api.nouns.completions import Completion, HoursWorked, PartUsed
from dispatch.api.nouns.holdings import NONE, holdings
from dispatch.api.nouns.pages import ChildList, child_page, paged
from dispatch.api.nouns.photos import shown
from dispatch.api.nouns.places import Place
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.tickets import Ticket
from dispatch.api.quick import told_if
from dispatch.api.scalars import Seconds
from dispatch.domain.rights import Action
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import (
    AssignmentStep,
    PauseReason,
    WorkOrderState,
    WorkOrderStep,
    steps_open_to,
)
from dispatch.services import visible
from dispatch.store import work_orders as store
from dispatch.store.events import Event as EventRow
from dispatch.store.sites import Place as PlaceRow

_EVENTS = ChildList(EventRow, EventRow.work_order_id, seen=visible.events)
_ASSIGNMENTS = ChildList(store.Assignment, store.Assignment.work_order_id)


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
        metadata=by_key(
            batches.places, "place_id", allowed=addresses.sees_order, rows=lambda row: (row,)
        ),
    )
    async def place(root: store.WorkOrder, info: Info) -> PlaceRow | None:
        if root.place_id is None or not await addresses.shows_place(root, info):
            return None
        return await load(info, batches.places, root.place_id)

    @strawberry.field(
        description="Where it is (坐标); null: not known, or hidden like `place`.",
        metadata=told_if(addresses.sees_order, lambda row: point(row.latitude, row.longitude)),
    )
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
    def completion(root: store.WorkOrder, info: Info) -> Completion | None:
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
            photos_before=shown(info, kept["photos_before"]),
            photos_after=shown(info, kept["photos_after"]),
            signature=kept["signature"],
            no_signature_reason=kept["no_signature_reason"],
        )

    @strawberry.field(
        graphql_type=Connection[Assignment],
        description="Everybody who ever held it, oldest first (派工记录).",
        metadata=paged(_ASSIGNMENTS),
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
        metadata=paged(_EVENTS),
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
