"""Deadlines (时限): how clocks of tickets and orders stand, what is breached and overdue."""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy import ColumnElement, func, or_, select

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, lazily, related
from dispatch.api.nouns.filters import Filter, FlagFilter, TextFilter, TimeFilter, some, where
from dispatch.api.nouns.lists import OptionalSiteId, SiteId, listed
from dispatch.api.nouns.sites import Site
from dispatch.api.scalars import Seconds
from dispatch.domain.clocks import ClockCalendar, ClockKind, ClockState
from dispatch.domain.deadlines import UNSOLVED
from dispatch.services import clocks, visible
from dispatch.store.clocks import Clock as ClockRow
from dispatch.store.tickets import Ticket as TicketRow


@strawberry.type(description="A stretch that does not count (暂停时段).")
class ClockPause:
    starts_at: datetime = column("From (起).")
    ends_at: datetime | None = column("Until (止); null while it lasts.")
    reason: str = column("Why: the reason of the order's pause (原因).")


@strawberry.type(
    description="One deadline of a ticket or order (时限), or a rung of the ladder that its breach "
    "climbs (升级)."
)
class Clock(OfRow, Node):
    row = ClockRow

    kind: str = column(
        "What is due (时限类型): FIRST_ANSWER, ACCEPT, ARRIVE, PROGRESS, STEWARD_REPORT, RESOLVE, "
        "ARRIVAL_CHECK and others that the service keeps for itself."
    )
    state: ClockState = column("Where it stands (状态).")
    step: int = column("0: the deadline itself; above: the rung of the ladder (升级级数).")
    calendar: ClockCalendar = column("Which time counts (计时方式).")
    started_at: datetime = column("From when it counts (开始时间).")
    due_at: datetime = column("When it is due; if it is paused: if it went on now (到期时间).")
    length_s: Seconds = column("The time allowed (时限长度).", name="length")
    left_s: Seconds | None = column("What is left while it is paused (剩余).", name="left")
    paused_s: Seconds = column(
        "How long it stood still, pauses that ended (暂停时长).", name="paused"
    )
    ended_at: datetime | None = column("When it fired or was stopped (结束时间).")
    tries: int = column("How often its effect failed (失败次数).")
    failed_at: datetime | None = column("When it was given up after too many tries (失败时间).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    ticket = related(
        batches.tickets,
        Optional[lazily("Ticket", "tickets")],
        "The ticket (报单).",
        key="ticket_id",
    )
    work_order = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The work order (派工单); null for a clock of the ticket itself.",
        key="work_order_id",
    )

    @strawberry.field(description="Whether its time came before what was due happened (已超时).")
    def is_breached(root: ClockRow) -> bool:
        return root.state is ClockState.FIRED or root.step > 0

    @strawberry.field(description="Its pauses, oldest first (暂停记录).")
    def pauses(root: ClockRow) -> list[ClockPause]:
        return [
            ClockPause(starts_at=each.starts_at, ends_at=each.ends_at, reason=each.reason)
            for each in clocks.pauses_of(root)
        ]


@strawberry.input(description="Which clocks; all fields given must hold (筛选).")
class ClockFilter:
    kind: TextFilter | None = some("What is due (时限类型).")
    state: Filter[ClockState] | None = some("Where it stands (状态).")
    due_at: TimeFilter | None = some("When it is due (到期时间).")
    failed_at: TimeFilter | None = some("When it was given up (失败时间).")
    is_breached: FlagFilter | None = some("Whether its time came in vain (已超时).")


def _breached(given: FlagFilter) -> ColumnElement[bool]:
    breached = or_(ClockRow.state == ClockState.FIRED, ClockRow.step > 0)
    return breached if given.eq is True else ~breached


def _overdue(now: datetime) -> ColumnElement[bool]:
    """Tickets whose time to be resolved is over, since their report or their reopening."""
    newest = (
        select(func.max(ClockRow.id))
        .where(
            ClockRow.kind == ClockKind.RESOLVE.value,
            ClockRow.subject == "ticket",
            ClockRow.step == 0,
        )
        .group_by(ClockRow.ticket_id)
    )
    over = or_(
        ClockRow.state == ClockState.FIRED,
        (ClockRow.state == ClockState.RUNNING) & (ClockRow.due_at <= now),
    )
    breached = select(ClockRow.ticket_id).where(ClockRow.id.in_(newest), over)
    return TicketRow.state.in_(UNSOLVED) & TicketRow.id.in_(breached)


@strawberry.type
class ClockQueries:
    @strawberry.field(
        graphql_type=Connection[Clock],
        description="Deadlines of the sites whose tickets the reader sees, by due time (时限列表).",
    )
    async def clocks(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            ClockFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            ClockRow,
            seen=visible.clocks,
            conditions=[where(filter, ClockRow, special={"is_breached": _breached})],
            order=[Order(ClockRow.due_at)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

    @strawberry.field(
        graphql_type=Connection[lazily("Ticket", "tickets")],
        description="Tickets of a site that are open beyond the time to resolve them (by default "
        "24 hours), oldest report first, until they are resolved (超时公示).",
    )
    async def overdue_board(
        root: None,
        info: Info,
        site_id: SiteId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            TicketRow,
            seen=visible.tickets,
            conditions=[_overdue(info.context.services.clock())],
            order=[Order(TicketRow.reported_at)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )
