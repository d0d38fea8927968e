"""Tickets (报事报修单): what somebody reported."""

from datetime import datetime
from typing import Any, Optional

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.nouns import addresses, batches
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
from dispatch.api.nouns.categories import Category, Trade
from dispatch.api.nouns.pages import ChildList, child_page, paged
from dispatch.api.nouns.parties import Party
from dispatch.api.nouns.photos import shown
from dispatch.api.nouns.places import Asset, Place
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.ticket_progress import LikelyDuplicate, TicketCheck, TicketVisit
from dispatch.api.quick import told_if
from dispatch.api.scalars import Seconds
from dispatch.domain.tickets import Area, Channel, IntakeBy, Resolution, TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.services import visible
from dispatch.services.duplicates import duplicates_of
from dispatch.services.progress import visits_of
from dispatch.store.events import Event as EventRow
from dispatch.store.sites import Place as PlaceRow
from dispatch.store.tickets import Ticket as TicketRow
from dispatch.store.work_orders import WorkOrder as WorkOrderRow

_EVENTS = ChildList(EventRow, EventRow.ticket_id, seen=visible.events)
_WORK_ORDERS = ChildList(WorkOrderRow, WorkOrderRow.ticket_id, seen=visible.work_orders)


@strawberry.type(description="What somebody reported, from intake to closed (报事报修单).")
class Ticket(OfRow, Node):
    row = TicketRow

    number: str = column("Human number, e.g. `TK-20261122-0042`, unique at its site (单号).")
    kind: TicketKind = column("Repair, matter, complaint, service or inspection (报单类型).")
    channel: Channel = column("By what way it came in (来源渠道).")
    intake_by: IntakeBy = column("Desk, or duty centre out of hours (受理方).")
    state: TicketState = column("Where it is on its way (状态).")
    description: str = column("What was said, in the reporter's words (描述).")
    is_complete: bool = column("Whether the desk has all that its kind needs (信息完整).")
    requester_name: str | None = column("Who reported (报修人).")
    requester_phone = addresses.of_ticket(
        "requester_phone",
        "Their telephone (联系电话); for a technician only while they hold an order of it.",
    )
    building: str | None = column("Building, as told (楼栋).")
    unit = addresses.of_ticket("unit", "Stairway, as told (单元); hidden like the telephone.")
    floor: str | None = column("Floor, as told (楼层).")
    room = addresses.of_ticket("room", "Room or flat, as told (房号); hidden like the telephone.")
    landmark: str | None = column("What one finds it by (地标).")
    location_text = addresses.of_ticket(
        "location_text", "The place in free words (位置描述); hidden like the telephone."
    )
    area: Area | None = column("In a home or in a public area (入户、公区).")
    asset_name: str | None = column("The equipment, as told (设备名称).")
    asset_model: str | None = column("Its model, as told (型号).")
    asset_tag: str | None = column("The tag on it, as told (设备编号).")

    @strawberry.field(
        description="Addresses of photos (照片); those uploaded here are signed, hold for a while, "
        "and begin where the service's own address ends."
    )
    def photos(root: TicketRow, info: Info) -> list[str]:
        return shown(info, root.photos)

    wished_from: datetime | None = column("The customer wishes a visit from here (期望时间起).")
    wished_to: datetime | None = column("… until here (期望时间止).")
    level: int | None = column(
        "Least skill level after triage (等级): 1 junior, 2 skilled, 3 senior."
    )
    duration_s: Seconds | None = column(
        "Expected time on site after triage (预计工时).", name="duration"
    )
    crew_size: int | None = column("People needed at once after triage (人数).")
    chargeable: bool | None = column("Whether the customer usually pays for it (有偿).")
    priority: Priority | None = column(
        "How urgent (优先级); null before triage if no danger shows."
    )
    priority_reason: str | None = column(
        "The danger word that raised the priority, or why it was set by hand (定级原因)."
    )
    resolution: Resolution | None = column("How it is to be solved (处理方式).")
    taken_by_name: str = column("Who took the report (受理人).")
    owner_name: str | None = column(
        "Who answers for it until a technician has accepted (首问责任人); null: nobody, or no more."
    )
    is_construction_fault: bool = column("Left over by the builder (遗留工程).")
    handed_over_at: datetime | None = column("When it was handed to the steward (交接时间).")
    hand_over_note: str | None = column("What was noted at that hand-over (交接说明).")
    solution: str | None = column("How it was solved without a visit (处理说明).")
    reported_at: datetime = column("When it was reported, to the second (报单时间).")
    created_at: datetime = column("When it was entered here (录入时间).")
    due_at: datetime | None = column(
        "When an answer is due: reported + the priority's time (时限)."
    )
    resolved_at: datetime | None = column("When all its work was done (解决时间).")
    closed_at: datetime | None = column("When it was closed or cancelled (关闭时间).")
    end_reason: str | None = column("Why it was cancelled (取消原因).")
    source: str | None = column("The outer system it was imported from (来源系统).")
    external_ref: str | None = column("Its number there (外部单号).")
    version: int = column("Counts up with each change; a write may name the one it saw (版本).")

    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    party = related(
        batches.parties, Party | None, "The customer, if known to the site (客户).", key="party_id"
    )
    asset = related(batches.assets, Asset | None, "The equipment, if known.", key="asset_id")
    category = related(
        batches.categories, Category | None, "Its category; null before triage.", key="category_id"
    )
    trade = related(
        batches.trades, Trade | None, "Trade needed (工种); null before triage.", key="trade"
    )
    guess = related(
        batches.guesses,
        Optional[lazily("TicketGuess", "guesses")],
        "What the classifier makes of the description (智能分类); null: it was never asked.",
    )
    rework_of = related(
        batches.tickets,
        Optional[lazily("Ticket", "tickets")],
        "The ticket whose repair failed (返修原单).",
        key="rework_of_id",
    )
    merged_into = related(
        batches.tickets,
        Optional[lazily("Ticket", "tickets")],
        "The main ticket it was merged into (主单); null: none, or not the reader's to see.",
        key="merged_into_id",
    )
    merged = related_list(
        batches.merged_tickets, lazily("Ticket", "tickets"), "Tickets merged into it (并入的报单)."
    )
    linked_to = related(
        batches.tickets,
        Optional[lazily("Ticket", "tickets")],
        "The ticket during whose visit it was asked for (关联报单).",
        key="linked_to_id",
    )
    vendor = related(
        batches.technicians,
        Optional[lazily("Technician", "technicians")],
        "The vendor whose warranty covers it (保修供应商).",
        key="vendor_id",
    )
    checks = related_list(
        batches.checks, TicketCheck, "Who must agree before it is dispatched (审核)."
    )
    case = related(
        batches.cases,
        Optional[lazily("Case", "cases")],
        "How a complaint or a matter is handled (处理情况); null for other kinds.",
    )
    service_order = related(
        batches.service_orders,
        Optional[lazily("ServiceOrder", "cases")],
        "What goods or services were ordered (特约服务单); null for other kinds.",
    )
    rework_reports = related_list(
        batches.rework_reports,
        lazily("ReworkReport", "rework"),
        "How far a rework has come, day by day (返修日报); empty when it is none.",
    )
    clocks = related_list(
        batches.ticket_clocks,
        lazily("Clock", "clocks"),
        "Its deadlines, oldest first, those of its orders apart (时限); for who sees every ticket.",
    )
    callbacks = related_list(
        batches.callbacks,
        lazily("Callback", "callbacks"),
        "Its callbacks, oldest first (回访); for who may call back.",
    )

    @strawberry.field(
        graphql_type=Optional[Place],
        description="The place, if known (位置); hidden like the telephone.",
        metadata=by_key(
            batches.places, "place_id", allowed=addresses.sees_ticket, rows=lambda row: (row,)
        ),
    )
    async def place(root: TicketRow, info: Info) -> PlaceRow | None:
        if root.place_id is None or not await addresses.shows_address(root, info):
            return None
        return await load(info, batches.places, root.place_id)

    @strawberry.field(
        description="Where it is (坐标); null: not known; hidden like the telephone.",
        metadata=told_if(addresses.sees_ticket, lambda row: point(row.latitude, row.longitude)),
    )
    async def point(root: TicketRow, info: Info) -> Point | None:
        shown = await addresses.shows_address(root, info)
        return point(root.latitude, root.longitude) if shown else None

    @strawberry.field(
        description="Where the main ticket stands (主单状态): how a merged one is answered; else "
        "its own state."
    )
    async def main_state(root: TicketRow, info: Info) -> TicketState:
        if root.merged_into_id is None:
            return root.state
        return await load(info, batches.ticket_states, root.merged_into_id) or root.state

    @strawberry.field(
        graphql_type=list[TicketVisit],
        description="Who comes and when (上门进度), for a merged ticket the main one's.",
    )
    async def visits(root: TicketRow, info: Info) -> Any:
        return await load(info, visits_of, root.merged_into_id or root.id) or []

    @strawberry.field(
        description="Open or lately closed tickets of the same place and category, newest first, "
        "as far as the reader may see them (疑似重复)."
    )
    async def likely_duplicates(root: TicketRow, info: Info) -> list[LikelyDuplicate]:
        rows = await load(info, duplicates_of, root.id) or []
        return [LikelyDuplicate(row=each) for each in rows]

    @strawberry.field(
        graphql_type=Connection[lazily("WorkOrder", "work_orders")],
        description="Its work orders, oldest first (派工单).",
        metadata=paged(_WORK_ORDERS),
    )
    async def work_orders(
        root: TicketRow,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _WORK_ORDERS, root.id, page=page)

    @strawberry.field(
        graphql_type=Connection[lazily("Event", "events")],
        description="Its record, oldest first, its orders' included (操作记录); for who may see "
        "the record, else empty.",
        metadata=paged(_EVENTS),
    )
    async def events(
        root: TicketRow,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _EVENTS, root.id, page=page)
