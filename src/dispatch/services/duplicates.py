"""Likely duplicates of a ticket, and how the same fault was solved before (INT-6)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import and_, or_, select

from dispatch.domain.duplicates import Report, likely_duplicates
from dispatch.domain.tickets import OPEN_STATES, TicketState
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

# No place has so many reports within the time that counts that one could read them all.
_CANDIDATES_MOST = 2000


async def duplicates_of(tx: Tx, ticket_ids: Sequence[int]) -> Mapping[int, Sequence[Ticket]]:
    """Likely duplicates that the actor may see, newest first, by ticket."""
    statement = select(Ticket).where(Ticket.id.in_(ticket_ids), visible.tickets(tx.actor))
    by_site: dict[int, list[Ticket]] = {}
    for ticket in (await tx.session.execute(statement)).scalars():
        by_site.setdefault(ticket.site_id, []).append(ticket)
    found: dict[int, Sequence[Ticket]] = {}
    for site_id, tickets in by_site.items():
        intake = (await policy_of(tx, site_id)).intake
        within = timedelta(seconds=intake.duplicate_s)
        candidates = await _candidates(tx, site_id, tickets, within=within)
        others = [_report(each) for each in candidates.values()]
        for ticket in tickets:
            alike = likely_duplicates(
                _report(ticket), others, within=within, most=intake.duplicates_most
            )
            found[ticket.id] = [candidates[each] for each in alike]
    return found


async def solutions_of(tx: Tx, ticket_ids: Sequence[int]) -> Mapping[int, str]:
    """How tickets were solved, by ticket: what was done last, or said without a visit."""
    orders = (
        select(WorkOrder.ticket_id, WorkOrder.completion)
        .where(WorkOrder.ticket_id.in_(ticket_ids), WorkOrder.completion.is_not(None))
        .order_by(WorkOrder.ended_at, WorkOrder.id)
    )
    solutions = {
        ticket_id: str(completion["done"])
        for ticket_id, completion in await tx.session.execute(orders)
        if completion and completion.get("done")
    }
    told = select(Ticket.id, Ticket.solution).where(
        Ticket.id.in_(ticket_ids), Ticket.solution.is_not(None)
    )
    for ticket_id, solution in await tx.session.execute(told):
        solutions[ticket_id] = str(solution)
    return solutions


async def _candidates(
    tx: Tx, site_id: int, tickets: Sequence[Ticket], *, within: timedelta
) -> dict[int, Ticket]:
    """All that could be a duplicate of one of the tickets, by id."""
    places = {each.place_id for each in tickets} - {None}
    assets = {each.asset_id for each in tickets} - {None}
    texts = {each.location_text for each in tickets} - {None}
    rooms = {each.room for each in tickets} - {None}
    earliest = min(each.created_at for each in tickets) - within
    statement = (
        select(Ticket)
        .where(
            Ticket.site_id == site_id,
            visible.tickets(tx.actor),
            or_(
                Ticket.place_id.in_(places),
                Ticket.asset_id.in_(assets),
                Ticket.location_text.in_(texts),
                Ticket.room.in_(rooms),
            ),
            or_(
                Ticket.state.in_(OPEN_STATES),
                and_(Ticket.state == TicketState.CLOSED, Ticket.closed_at >= earliest),
            ),
        )
        .order_by(Ticket.created_at.desc(), Ticket.id.desc())
        .limit(_CANDIDATES_MOST)
    )
    return {each.id: each for each in (await tx.session.execute(statement)).scalars()}


def _report(ticket: Ticket) -> Report:
    return Report(
        id=ticket.id,
        state=ticket.state,
        created_at=ticket.created_at,
        closed_at=ticket.closed_at,
        category_id=ticket.category_id,
        place_id=ticket.place_id,
        asset_id=ticket.asset_id,
        told=(ticket.building, ticket.unit, ticket.room, ticket.location_text),
    )
