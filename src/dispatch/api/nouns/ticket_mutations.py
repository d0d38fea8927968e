"""What is done with tickets (报单): report, complete, triage, solve, cancel."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import strawberry
from strawberry import UNSET

from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.tickets import Ticket
from dispatch.api.nouns.writes import (
    Result,
    argument,
    arguments_of,
    filled,
    key_field,
    mutation_field,
    needed,
    optional,
    payload_type,
    perform,
    version_field,
    write,
)
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code
from dispatch.domain.tickets import Area, Channel, Resolution, TicketKind
from dispatch.domain.triage import Priority
from dispatch.services import remote_help, tickets
from dispatch.store.tickets import Ticket as TicketRow

TICKET = Result(
    "ticket",
    Ticket,
    "The ticket as it is now (报单); null when refused.",
    TicketRow.id,
    (Order(TicketRow.reported_at, descending=True),),
)
_SECONDS = {"duration_s": "duration"}


@strawberry.input(
    description="A report (报单). What its kind needs and lacks is refused, one error per field; "
    "from web, app, WeChat, e-mail and sensors an incomplete one is taken and waits for the desk."
)
class TicketCreateInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    kind: TicketKind = needed("What it is (报单类型).")
    channel: Channel = needed("By what way it came in (来源渠道).")
    description: str = needed("What was said, at most 10,000 characters (描述).")
    requester_name: str | None = optional("Who reports (报修人); default: the customer's name.")
    requester_phone: str | None = optional("Telephone (联系电话); default: the customer's first.")
    party_id: strawberry.ID | None = optional(
        "The customer, if known (客户); residents report for themselves.", node="Party"
    )
    place_id: strawberry.ID | None = optional("The place, if known (位置).", node="Place")
    building: str | None = optional("Building, as told (楼栋).")
    unit: str | None = optional("Stairway or unit, as told (单元).")
    floor: str | None = optional("Floor, as told (楼层).")
    room: str | None = optional("Room or flat, as told (房号).")
    landmark: str | None = optional("What one finds it by (地标).")
    location_text: str | None = optional("The place in free words (位置描述).")
    latitude: float | None = optional("Degrees north, with `longitude` (纬度).")
    longitude: float | None = optional("Degrees east, with `latitude` (经度).")
    area: Area | None = optional("In a home or public (入户、公区); default: the place's.")
    asset_id: strawberry.ID | None = optional("The equipment, if known (设备).", node="Asset")
    asset_name: str | None = optional("The equipment, as told (设备名称).")
    asset_model: str | None = optional("Its model (型号).")
    asset_tag: str | None = optional("The tag on it (设备编号).")
    photos: list[str] | None = optional(
        "Photos (照片): references of uploaded ones (`photoUpload`), or addresses elsewhere."
    )
    wished_from: datetime | None = optional("A visit is wished from here (期望时间起).")
    wished_to: datetime | None = optional("… until here (期望时间止).")
    category_id: strawberry.ID | None = optional(
        "The reporter's guess of a category (类别); triage decides.", node="Category"
    )
    reported_at: datetime | None = optional("When it was reported, if not now (报单时间).")
    idempotency_key: str | None = key_field()


@strawberry.input(
    description="Completes or corrects a report (修改报单); what is left out stays, null empties."
)
class TicketUpdateInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    kind: TicketKind | None = optional("What it is (报单类型).")
    description: str | None = optional("What was said (描述).")
    requester_name: str | None = optional("Who reports (报修人).")
    requester_phone: str | None = optional("Telephone (联系电话).")
    place_id: strawberry.ID | None = optional("The place (位置).", node="Place")
    building: str | None = optional("Building (楼栋).")
    unit: str | None = optional("Stairway or unit (单元).")
    floor: str | None = optional("Floor (楼层).")
    room: str | None = optional("Room or flat (房号).")
    landmark: str | None = optional("What one finds it by (地标).")
    location_text: str | None = optional("The place in free words (位置描述).")
    latitude: float | None = optional("Degrees north, with `longitude` (纬度).")
    longitude: float | None = optional("Degrees east, with `latitude` (经度).")
    area: Area | None = optional("In a home or public (入户、公区).")
    asset_id: strawberry.ID | None = optional("The equipment (设备).", node="Asset")
    asset_name: str | None = optional("The equipment, as told (设备名称).")
    asset_model: str | None = optional("Its model (型号).")
    asset_tag: str | None = optional("The tag on it (设备编号).")
    photos: list[str] | None = optional(
        "All photos (照片): references, or addresses as they were shown."
    )
    wished_from: datetime | None = optional("A visit is wished from here (期望时间起).")
    wished_to: datetime | None = optional("… until here (期望时间止).")
    idempotency_key: str | None = key_field()


@strawberry.input(
    description="Category and priority (分类定级). What is left out is the category's; for a visit "
    "the work order is made at once."
)
class TicketTriageInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    category_id: strawberry.ID = needed("A leaf of the category tree (类别).", node="Category")
    priority: Priority | None = optional("How urgent (优先级); danger makes it EMERGENCY.")
    priority_reason: str | None = optional("Why lower than the danger says (定级原因).")
    resolution: Resolution | None = optional(
        "How to solve it (处理方式); default: the vendor whose warranty covers it, else SITE_VISIT."
    )
    vendor_id: strawberry.ID | None = optional(
        "Which vendor, for VENDOR_VISIT (供应商); default: whose warranty covers it.",
        node="Technician",
    )
    level: int | None = optional("Least skill level, 1–3 (等级).")
    duration_s: Seconds | None = optional("Expected time on site (预计工时).", name="duration")
    crew_size: int | None = optional("People needed at once, 1–20 (人数).")
    area: Area | None = optional("In a home or public (入户、公区).")
    create_work_order: bool | None = optional("Make the work order (开派工单); default true.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Solved by a guide or from afar (免上门解决).")
class TicketResolveWithoutVisitInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    resolution: Resolution = needed("SELF_HELP or REMOTE_HELP (处理方式).")
    note: str = needed("What was said or done (处理说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Calls a ticket off, with its orders (取消报单).")
class TicketCancelInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


_Updated = payload_type(TicketUpdateInput, TICKET, Code.WRONG_STEP, Code.PHOTO_NOT_UPLOADED)
_NEVER_EMPTY: Mapping[str, Any] = {"kind": UNSET, "photos": [], "description": ""}
_NO_CHANGES = ("ticket_id", "version", "idempotency_key")


async def _update(root: None, info: Info, input: TicketUpdateInput) -> Any:
    arguments = arguments_of(input)
    row = await perform(
        info,
        tickets.update,
        idempotency_key=arguments.get("idempotency_key"),
        ticket_id=arguments["ticket_id"],
        version=arguments.get("version"),
        changes=_changes(input),
    )
    return filled(_Updated, TICKET, row)


def _changes(given: TicketUpdateInput) -> dict[str, Any]:
    """Fields that were sent, null included: it empties what may be empty."""
    changes = {}
    for each in fields(given):  # type: ignore[arg-type]
        value = getattr(given, each.name)
        if value is None:
            value = _NEVER_EMPTY.get(each.name)
        if each.name not in _NO_CHANGES and value is not UNSET:
            changes[each.name] = argument(value, each.metadata.get("node"), each.name)
    return changes


@strawberry.type
class TicketMutations:
    ticket_create = write(
        tickets.create,
        TicketCreateInput,
        TICKET,
        Code.NOT_OWN_UNIT,
        Code.CATEGORY_NOT_A_LEAF,
        Code.PHOTO_NOT_UPLOADED,
        description="Takes a report, for oneself or for somebody else (报事报修).",
        creates=True,
    )
    ticket_update = mutation_field(
        _update,
        _Updated,
        TicketUpdateInput,
        description="Completes or corrects a report before work is done (修改报单).",
    )
    ticket_triage = write(
        tickets.triage,
        TicketTriageInput,
        TICKET,
        Code.WRONG_STEP,
        Code.CATEGORY_NOT_A_LEAF,
        Code.EMERGENCY_NEEDS_REASON,
        description="Says what work it is and how urgent, and makes the order (分类定级).",
        renamed=_SECONDS,
    )
    ticket_resolve_without_visit = write(
        remote_help.resolve_without_visit,
        TicketResolveWithoutVisitInput,
        TICKET,
        Code.WRONG_STEP,
        Code.WORK_HAS_STARTED,
        description="Solved without a visit; the customer is still called back (免上门解决).",
    )
    ticket_cancel = write(
        tickets.cancel,
        TicketCancelInput,
        TICKET,
        Code.WRONG_STEP,
        Code.WORK_HAS_STARTED,
        description="Calls a ticket and its orders off, before work has begun (取消报单).",
    )
