"""Who stands in for a place: its vendor while under warranty, and its steward (TRI-5)."""

from collections.abc import Sequence

from sqlalchemy import select

from dispatch.services.action import Tx
from dispatch.services.sites import local_day
from dispatch.store.sites import Asset, Place, Site
from dispatch.store.tickets import Ticket


async def vendor_in_charge(tx: Tx, ticket: Ticket) -> int | None:
    """The vendor's technician whose warranty covers the ticket today: the equipment's, else that
    of the nearest place around it; None when nobody's does."""
    site = await tx.session.get_one(Site, ticket.site_id)
    today = local_day(tx, site)
    asset = await tx.session.get(Asset, ticket.asset_id) if ticket.asset_id else None
    for each in (asset, *await places_around(tx, ticket.place_id)):
        if each is None or each.vendor_id is None or each.warranty_until is None:
            continue
        if each.warranty_until >= today:
            return each.vendor_id
    return None


async def steward_of(tx: Tx, place_id: int | None) -> int | None:
    """The account of whoever looks after a place, or after the nearest one that it lies in."""
    around = await places_around(tx, place_id)
    return next((each.steward_id for each in around if each.steward_id is not None), None)


async def places_around(tx: Tx, place_id: int | None) -> Sequence[Place]:
    """A place and all that it lies in, the innermost first."""
    place = await tx.session.get(Place, place_id) if place_id is not None else None
    if place is None:
        return ()
    ids = [int(part) for part in place.path.split("/") if part]
    found = (await tx.session.execute(select(Place).where(Place.id.in_(ids)))).scalars()
    by_id = {each.id: each for each in found}
    return [by_id[each] for each in reversed(ids)]
