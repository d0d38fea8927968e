"""One ticket and lists of them, filtered, searched and ordered (报单列表)."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy import select
from strawberry import UNSET

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.filters import (
    Filter,
    FlagFilter,
    IdFilter,
    Special,
    TextFilter,
    TimeFilter,
    compare,
    some,
    where,
)
from dispatch.api.nouns.lists import Direction, OptionalSiteId, found, listed, ordered
from dispatch.api.nouns.tickets import Ticket
from dispatch.domain.checks import CheckState
from dispatch.domain.rights import Actor
from dispatch.domain.tickets import Area, Channel, IntakeBy, TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.services import search, visible
from dispatch.services.addresses import searchable_tickets
from dispatch.store.checks import TicketCheck as CheckRow
from dispatch.store.tickets import Ticket as TicketRow


@strawberry.input(description="Which tickets; all fields given must hold (筛选).")
class TicketFilter:
    state: Filter[TicketState] | None = some("Where it is on its way (状态).")
    kind: Filter[TicketKind] | None = some("What was reported (报单类型).")
    intake_by: Filter[IntakeBy] | None = some("Desk or duty centre (受理方).")
    channel: Filter[Channel] | None = some("By what way it came in (来源渠道).")
    priority: Filter[Priority] | None = some("How urgent (优先级).")
    area: Filter[Area] | None = some("In a home or public (入户、公区).")
    search: str | None = some(
        "Everything that these words say, Chinese or English, in number, description, names, "
        "telephone (or its last four digits), place and equipment (全文搜索): a ticket is found "
        "where it holds all of them; of letters, the beginning of a word is enough."
    )
    number: TextFilter | None = some("Human number (单号).")
    description: TextFilter | None = some("Words of the description (描述).")
    requester_name: TextFilter | None = some("Who reported (报修人).")
    trade: TextFilter | None = some("Code of the trade (工种).")
    is_complete: FlagFilter | None = some("Whether the desk has all it needs (信息完整).")
    category_id: IdFilter | None = some("Category (类别).", node="Category")
    place_id: IdFilter | None = some("Place (位置).", node="Place")
    party_id: IdFilter | None = some("Customer (客户).", node="Party")
    owner_id: IdFilter | None = some("Who answers for it (首问责任人).", node="User")
    is_construction_fault: FlagFilter | None = some("Left over by the builder (遗留工程).")
    check_state: Filter[CheckState] | None = some("Where one of its checks stands (审核状态).")
    reported_at: TimeFilter | None = some("When it was reported (报单时间).")
    due_at: TimeFilter | None = some("When an answer is due (时限).")
    closed_at: TimeFilter | None = some("When it was closed (关闭时间).")
    and_: Optional[list["TicketFilter"]] = some("All of these hold, too (并且).", name="and")
    or_: Optional[list["TicketFilter"]] = some("At least one of these holds (或者).", name="or")


def _special(actor: Actor) -> Special:
    return {
        "place_id": lambda given: (
            compare(TicketRow.place_id, given, node="Place") & searchable_tickets(actor)
        ),
        "search": lambda given: search.held(given, actor),
        "check_state": lambda given: TicketRow.id.in_(
            select(CheckRow.ticket_id).where(compare(CheckRow.state, given))
        ),
    }


_FEW = frozenset(
    ("number", "place_id", "party_id", "owner_id", "check_state", "due_at", "closed_at", "and_")
)
"""Filters that leave so few that it is quickest to look at the texts of those."""
_OPEN = frozenset((TicketState.NEW, TicketState.TRIAGED, TicketState.IN_PROGRESS))


def _searched(
    info: Info, given: TicketFilter | None
) -> tuple[TicketFilter | None, Callable[[int | None], search.Search] | None]:
    """The filter but for its search, and that, where it is best looked for by itself."""
    if given is None or given.search is None or given.search is UNSET:
        return given, None
    wanted, services = search.looked_for(given.search), info.context.services
    few = _leaves_few(given)

    def of_site(site_id: int | None) -> search.Search:
        return search.Search(
            wanted, info.context.actor, site_id, in_slices=not (few or services.store.is_sqlite)
        )

    return replace(given, search=UNSET), of_site


def _leaves_few(given: TicketFilter) -> bool:
    state = given.state or None
    states = [*(state.in_ or ()), *((state.eq,) if state.eq else ())] if state else []
    is_open = bool(states) and _OPEN.issuperset(states)
    return is_open or any(getattr(given, name) for name in _FEW)


@strawberry.enum(description="What tickets are ordered by (排序字段).")
class TicketOrderField(Enum):
    REPORTED_AT = strawberry.enum_value("reported_at", description="When reported (报单时间).")
    CREATED_AT = strawberry.enum_value("created_at", description="When entered (录入时间).")
    DUE_AT = strawberry.enum_value("due_at", description="When due; none comes last (时限).")
    NUMBER = strawberry.enum_value("number", description="Human number (单号).")


@strawberry.input(description="The order of tickets (排序).")
class TicketOrder:
    field: TicketOrderField = strawberry.field(description="By what (字段).")
    direction: Direction = strawberry.field(description="Which way (方向).", default=Direction.ASC)


@strawberry.type
class TicketQueries:
    @strawberry.field(
        graphql_type=Ticket, description="One ticket; NOT_FOUND when it may not be seen (报单)."
    )
    async def ticket(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> TicketRow:
        return await found(info, TicketRow, id, "Ticket", seen=visible.tickets)

    @strawberry.field(
        graphql_type=Connection[Ticket],
        description="Tickets that the reader may see, newest report first (报单列表).",
    )
    async def tickets(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            TicketFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        order_by: Annotated[
            TicketOrder | None, strawberry.argument(description="In which order (排序).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        order = Order(TicketRow.reported_at, descending=True)
        if order_by is not None:
            column = getattr(TicketRow, str(order_by.field.value))
            order = ordered(column, order_by.direction)
        actor = info.context.actor
        among, search = _searched(info, filter)
        return await listed(
            info,
            TicketRow,
            seen=visible.tickets,
            conditions=[where(among, TicketRow, special=_special(actor))],
            order=[order],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
            search=search,
        )
