"""Tickets that come out of another (关联报单): a complaint about it, a repair found in it."""

from collections.abc import Mapping
from typing import Any

from dispatch.domain.rights import Action
from dispatch.domain.sizes import LONG_TEXT_MOST, check_text, demand_text
from dispatch.domain.tickets import Channel, TicketKind
from dispatch.services import cases, tickets, visible
from dispatch.services.action import Tx
from dispatch.services.intake import area_of
from dispatch.services.sites import find_place
from dispatch.store.tickets import Ticket

SAME = (
    "site_id",
    "party_id",
    "requester_name",
    "requester_phone",
    "place_id",
    "building",
    "unit",
    "floor",
    "room",
    "landmark",
    "location_text",
    "latitude",
    "longitude",
    "area",
)
"""What a ticket takes over from the one it comes out of: who reported, and where."""


async def open_complaint(tx: Tx, about: Ticket, *, reason: str) -> Ticket:
    """The customer complains of a ticket; the complaint goes the way of every complaint."""
    complaint = await _enter(
        tx, about, kind=TicketKind.COMPLAINT, description=reason or about.description
    )
    await cases.link(tx, complaint, about=about)
    return complaint


async def split_repair(
    tx: Tx, *, ticket_id: int, description: str, place_id: int | None = None
) -> Ticket:
    """Repair work that was found in a complaint or a matter becomes a repair of its own (CMP-3);
    at the same place, if none is named."""
    source = await visible.find_ticket(tx, ticket_id, Action.HANDLE_CASE)
    await cases.of_ticket(tx, source)
    demand_text("description", description)
    check_text("description", description, most=LONG_TEXT_MOST)
    where = {}
    if place_id is not None:
        place = await find_place(tx, place_id, site_id=source.site_id)
        where = {
            "place_id": place.id,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "area": area_of(place),
        }
    repair = await _enter(tx, source, kind=TicketKind.REPAIR, description=description, where=where)
    tx.note(source, "ticket.repair_split_off", repair=repair.number)
    return repair


async def _enter(
    tx: Tx,
    source: Ticket,
    *,
    kind: TicketKind,
    description: str,
    where: Mapping[str, Any] | None = None,
) -> Ticket:
    same = {name: getattr(source, name) for name in SAME}
    return await tickets.enter(
        tx,
        Ticket(
            **same | dict(where or {}),
            kind=kind,
            channel=Channel.HANDOVER,
            description=description,
            is_complete=source.is_complete,
            photos=[],
            linked_to_id=source.id,
            reported_at=tx.now,
        ),
    )
