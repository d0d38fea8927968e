"""Until when a technician sees a customer's telephone and exact address (SEC-3)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from dispatch.domain.rights import Action, Actor
from dispatch.domain.work_orders import AssignmentEnd
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder


async def open_tickets(tx: Tx, ticket_ids: Sequence[int]) -> set[int]:
    """Tickets whose customer's telephone and address the acting technician may see: they go to
    one of its orders, or did the work and the policy's time since then is not over."""
    return await _open_by(tx, WorkOrder.ticket_id, ticket_ids)


async def open_places(tx: Tx, place_ids: Sequence[int]) -> set[int]:
    """The same for places: those of orders that the acting technician goes to, or went to."""
    return await _open_by(tx, WorkOrder.place_id, place_ids)


async def _open_by(tx: Tx, key: Any, keys: Iterable[int]) -> set[int]:
    if tx.actor.technician_id is None:
        return set()
    statement = (
        select(key, WorkOrder.site_id, Assignment.ended_at)
        .join(Assignment, Assignment.work_order_id == WorkOrder.id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(
            key.in_(keys),
            CrewMember.technician_id == tx.actor.technician_id,
            # Who declined an order or gave it back goes there no more.
            or_(Assignment.ended_at.is_(None), Assignment.end == AssignmentEnd.DONE),
        )
    )
    found = (await tx.session.execute(statement)).all()
    kept = {site_id: await _kept(tx, site_id) for site_id in {row[1] for row in found}}
    return {
        value
        for value, site_id, ended_at in found
        if ended_at is None or tx.now < ended_at + kept[site_id]
    }


async def _kept(tx: Tx, site_id: int) -> timedelta:
    return timedelta(seconds=(await policy_of(tx, site_id)).privacy.address_kept_s)


def searchable_tickets(actor: Actor) -> ColumnElement[bool]:
    """Tickets whose exact place the actor may search by: a filter would tell what a field hides."""
    return or_(
        visible.at_sites_where(actor, Action.SEE_ALL_TICKETS, Ticket.site_id),
        Ticket.party_id == (actor.party_id or 0),
        Ticket.taken_by_id == (actor.user_id or 0),
        Ticket.id.in_(select(WorkOrder.ticket_id).where(_goes_to(actor))),
    )


def searchable_work_orders(actor: Actor) -> ColumnElement[bool]:
    """The same for work orders; those on offer show their place, too."""
    own = Ticket.party_id == (actor.party_id or 0)
    return or_(
        visible.at_sites_where(actor, Action.SEE_ALL_TICKETS, WorkOrder.site_id),
        WorkOrder.ticket_id.in_(select(Ticket.id).where(own)),
        _goes_to(actor),
        visible.on_offer_to(actor.technician_id or 0),
    )


def _goes_to(actor: Actor) -> ColumnElement[bool]:
    """Orders that the actor holds now, as lead or helper."""
    return WorkOrder.id.in_(
        select(Assignment.work_order_id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(
            and_(
                CrewMember.technician_id == (actor.technician_id or 0),
                Assignment.ended_at.is_(None),
            )
        )
    )
