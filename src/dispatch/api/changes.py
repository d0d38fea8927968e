"""From lines of the record to what a reader may know of them: rows as they are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select

from dispatch.api.context import Info
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store.base import Base
from dispatch.store.events import Event
from dispatch.store.messages import Message
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.plans import Plan, PlanRun
from dispatch.store.sites import Site
from dispatch.store.technicians import TechnicianSite
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True, slots=True)
class Change:
    """A row and what happened to it, oldest first."""

    row: Any
    kinds: list[str]
    at: datetime


async def of_tickets(info: Info, batch: Sequence[Event]) -> list[Change]:
    """The tickets of a batch that the reader may see, each once, first changed first."""
    groups: dict[int, list[Event]] = {}
    for event in batch:
        if event.ticket_id is not None:
            groups.setdefault(event.ticket_id, []).append(event)
    async with info.context.reading() as tx:
        rows = await _rows(tx, Ticket, groups, visible.tickets(tx.actor))
    return [
        Change(
            row=rows[ticket_id],
            kinds=[event.kind for event in events],
            at=max(event.at for event in events),
        )
        for ticket_id, events in groups.items()
        if ticket_id in rows
    ]


async def of_offers(info: Info, batch: Sequence[Event]) -> list[Offer]:
    """The offers of a batch that are open, and open to the technician who listens (GRAB-1)."""
    async with info.context.reading() as tx:
        mine = select(OfferRecipient.offer_id).where(
            OfferRecipient.technician_id == tx.actor.technician_id
        )
        rows = await _rows(
            tx,
            Offer,
            [event.subject_id for event in batch],
            visible.offers(tx.actor),
            Offer.id.in_(mine),
            Offer.closed_at.is_(None),
        )
    return [rows[offer_id] for offer_id in sorted(rows)]


async def of_board(
    info: Info, batch: Sequence[Event], *, site: Site, day: date
) -> dict[str, Any] | None:
    """What of a batch concerns the board of a site's day; None if nothing does."""
    async with info.context.reading() as tx:
        plans = await _rows(
            tx, Plan, _subjects(batch, "plan"), visible.plans(tx.actor), Plan.day == day
        )
        runs = await _rows(
            tx,
            PlanRun,
            _subjects(batch, "plan_run"),
            visible.plan_runs(tx.actor),
            PlanRun.day == day,
        )
        orders = await _rows(
            tx,
            WorkOrder,
            {event.work_order_id for event in batch if event.work_order_id is not None},
            visible.work_orders(tx.actor),
            _open_on(day, ZoneInfo(site.time_zone)),
        )
        people = await _serving(tx, _subjects(batch, "technician"), site_id=site.id)
    told = [
        event
        for event in batch
        if event.work_order_id in orders
        or (event.subject == "plan" and event.subject_id in plans)
        or (event.subject == "plan_run" and event.subject_id in runs)
        or (event.subject == "technician" and event.subject_id in people)
    ]
    if not told:
        return None
    return {
        "kinds": list(dict.fromkeys(event.kind for event in told)),
        "at": max(event.at for event in told),
        "work_orders": list(orders.values()),
        "plans": list(plans.values()),
        "plan_runs": list(runs.values()),
    }


def _subjects(batch: Sequence[Event], table: str) -> set[int]:
    return {event.subject_id for event in batch if event.subject == table}


def _open_on(day: date, zone: ZoneInfo) -> ColumnElement[bool]:
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    return (WorkOrder.created_at < ends) & or_(
        WorkOrder.ended_at.is_(None), WorkOrder.ended_at >= begins
    )


async def _serving(tx: Tx, technician_ids: Iterable[int], *, site_id: int) -> set[int]:
    wanted = set(technician_ids)
    if not wanted:
        return set()
    statement = select(TechnicianSite.technician_id).where(
        TechnicianSite.technician_id.in_(wanted), TechnicianSite.site_id == site_id
    )
    return set((await tx.session.execute(statement)).scalars())


async def _rows(
    tx: Tx, row: type[Row], row_ids: Iterable[int], *conditions: ColumnElement[bool]
) -> dict[int, Row]:
    wanted = set(row_ids)
    if not wanted:
        return {}
    statement = select(row).where(row.id.in_(wanted), *conditions).order_by(row.id)
    return {each.id: each for each in (await tx.session.execute(statement)).scalars()}


async def newest_message(info: Info) -> int:
    """The id of the last message in the reader's inbox; 0 for an empty one."""
    statement = select(func.max(Message.id)).where(visible.inbox(info.context.actor))
    async with info.context.reading() as tx:
        return (await tx.session.execute(statement)).scalar_one() or 0


async def messages_after(info: Info, message_id: int) -> list[Message]:
    """What came into the reader's inbox after a message, oldest first."""
    statement = (
        select(Message)
        .where(visible.inbox(info.context.actor), Message.id > message_id)
        .order_by(Message.id)
    )
    async with info.context.reading() as tx:
        return list((await tx.session.execute(statement)).scalars())
