"""Fields that tell where exactly a customer lives, and their telephone (SEC-3).

Shown to who sees every ticket of the site, to who reported or is served, and to a technician while
the order is theirs and for the policy's time after; the place alone while it is on offer to them.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Optional

import strawberry

from dispatch.api.context import Context, Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import load
from dispatch.api.nouns.holdings import holdings
from dispatch.api.quick import told_if
from dispatch.domain.rights import Action
from dispatch.services import addresses
from dispatch.services.action import Tx
from dispatch.store.sites import Place as PlaceRow
from dispatch.store.tickets import Ticket as TicketRow
from dispatch.store.work_orders import WorkOrder as WorkOrderRow


async def _open_tickets(tx: Tx, keys: Sequence[int]) -> Mapping[int, bool]:
    return dict.fromkeys(await addresses.open_tickets(tx, keys), True)


async def _open_places(tx: Tx, keys: Sequence[int]) -> Mapping[int, bool]:
    return dict.fromkeys(await addresses.open_places(tx, keys), True)


def sees_ticket(ticket: TicketRow, context: Context) -> bool:
    """Whether the reader may see telephone and exact address, as far as the ticket alone tells."""
    actor = context.actor
    # First what does not depend on who it is: such an answer is good for many.
    if actor.may(Action.SEE_ALL_TICKETS, site_id=ticket.site_id):
        return True
    own = ticket.party_id is not None and ticket.party_id == actor.party_id
    return own or (ticket.taken_by_id is not None and ticket.taken_by_id == actor.user_id)


def sees_order(order: WorkOrderRow, context: Context) -> bool:
    """Whether the reader sees every order of its site."""
    return context.actor.may(Action.SEE_ALL_TICKETS, site_id=order.site_id)


async def shows_address(ticket: TicketRow, info: Info) -> bool:
    """Whether the reader may see telephone and exact address of a ticket."""
    if sees_ticket(ticket, info.context):
        return True
    return bool(await load(info, _open_tickets, ticket.id))


async def shows_place(order: WorkOrderRow, info: Info) -> bool:
    """Whether the reader may see where exactly an order is."""
    if sees_order(order, info.context):
        return True
    mine = await load(info, holdings, order.id)
    if mine is not None and mine.is_offered:
        return True
    ticket = await load(info, batches.tickets, order.ticket_id)
    return ticket is not None and await shows_address(ticket, info)


async def shows_access(place: PlaceRow, info: Info) -> bool:
    """Whether the reader may see how to get in: staff, residents of their own units, technicians
    who go there; everybody for public areas."""
    actor = info.context.actor
    if place.is_public or actor.may(Action.SEE_ALL_TICKETS, site_id=place.site_id):
        return True
    own = await load(info, batches.units, actor.party_id or 0) or ()
    return any(unit.id == place.id for unit in own) or bool(
        await load(info, _open_places, place.id)
    )


def of_ticket(name: str, description: str) -> Any:
    """A field of a ticket that is hidden like the telephone."""

    async def resolve(root: TicketRow, info: Info) -> str | None:
        return getattr(root, name) if await shows_address(root, info) else None

    return strawberry.field(
        resolver=resolve,
        graphql_type=Optional[str],
        description=description,
        metadata=told_if(sees_ticket, attrgetter(name)),
    )
