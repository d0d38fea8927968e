"""From lines of the record to what a reader may know of them: rows as they are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from dispatch.api.context import Info
from dispatch.domain.clocks import BREACHES
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.feed import Line
from dispatch.store.base import Base
from dispatch.store.clocks import Clock
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
    number: int
    """The place of the last of it in the order of the record."""


async def of_tickets(info: Info, batch: Sequence[Line]) -> list[Change]:
    """The tickets of a batch that the reader may see, in the order of the record: what happened to
    one of them without a break is one change, so that no number is told before a lower one."""
    batch = await _of_concern(info, batch)
    if not batch:
        return []
    runs = [list(run) for _, run in groupby(batch, key=lambda line: line.row.ticket_id)]
    async with info.context.reading() as tx:
        wanted = {line.row.ticket_id for line in batch}
        rows = await _rows(tx, Ticket, wanted - {None}, visible.tickets(tx.actor))
    return [
        Change(
            row=rows[run[0].row.ticket_id],
            kinds=[line.row.kind for line in run],
            at=max(line.row.at for line in run),
            number=run[-1].number,
        )
        for run in runs
        if run[0].row.ticket_id in rows
    ]


async def _of_concern(info: Info, batch: Sequence[Line]) -> Sequence[Line]:
    """Without the lines of tickets that cannot be the reader's: hundreds of residents listen to
    their site, and nearly all that happens there is about somebody else."""
    actor = info.context.actor
    own = [
        line for line in batch if not actor.may(Action.SEE_ALL_TICKETS, site_id=line.row.site_id)
    ]
    if not own:
        return batch
    concerns = await info.context.hub.concerns.of(own)
    others = {line.number for line in own if not concerns[line.row.ticket_id].is_of(actor)}
    return [line for line in batch if line.number not in others]


def offered_to(event: Event) -> Sequence[int]:
    """The technicians to whom a line of the record opens an offer."""
    if event.kind in ("work_order.offered", "offer.widened"):
        return event.data.get("technicians", ())
    return ()


async def of_offers(info: Info, batch: Sequence[Line]) -> list[tuple[int, Offer]]:
    """The offers of a batch that are open, and open to the technician who listens (GRAB-1), each
    with the number of the line that told of it."""
    ids = {line.number: _offer_of(line.row) for line in batch}
    async with info.context.reading() as tx:
        mine = select(OfferRecipient.offer_id).where(
            OfferRecipient.technician_id == tx.actor.technician_id
        )
        rows = await _rows(
            tx,
            Offer,
            ids.values(),
            visible.offers(tx.actor),
            Offer.id.in_(mine),
            Offer.closed_at.is_(None),
        )
    return [(number, rows[offer_id]) for number, offer_id in ids.items() if offer_id in rows]


def _offer_of(event: Event) -> int:
    return event.subject_id if event.subject == "offer" else event.data["offer_id"]


async def of_messages(info: Info, batch: Sequence[Line]) -> list[tuple[int, Message]]:
    """The messages of a batch that are in the reader's inbox, with their numbers."""
    async with info.context.reading() as tx:
        ids = [line.row.id for line in batch]
        rows = await _rows(tx, Message, ids, visible.inbox(tx.actor))
    return [(line.number, rows[line.row.id]) for line in batch if line.row.id in rows]


def tells_breach(event: Event) -> bool:
    """Whether a line tells that a deadline passed: other clocks only say what is to be done."""
    return event.kind == "clock.fired" and event.data.get("clock") in BREACHES


async def of_clocks(info: Info, batch: Sequence[Line]) -> list[tuple[Line, Clock]]:
    """The clocks that a batch is about and the reader may see."""
    async with info.context.reading() as tx:
        rows = await _rows(
            tx, Clock, [line.row.subject_id for line in batch], visible.clocks(tx.actor)
        )
    return [(line, rows[line.row.subject_id]) for line in batch if line.row.subject_id in rows]


async def of_board(
    info: Info, lines: Sequence[Line], *, site: Site, day: date
) -> dict[str, Any] | None:
    """What of a batch concerns the board of a site's day; None if nothing does."""
    batch: list[Event] = [line.row for line in lines]
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
