"""What a report must satisfy before it is taken: who reports, for which unit, about what."""

from datetime import datetime

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.tickets import Area
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store.parties import Party, PartyUnit
from dispatch.store.sites import Asset, Place


async def find_requester(tx: Tx, *, site_id: int, party_id: int | None) -> Party | None:
    """The party reporting; who may not report for others reports for themself (INT-3)."""
    if not tx.actor.may(Action.REPORT_FOR_OTHERS, site_id=site_id):
        own = tx.actor.party_id
        if party_id is not None and party_id != own:
            raise refuse(Code.NOT_FOUND, field="party_id", id=party_id)
        party_id = own
    if party_id is None:
        return None
    return await visible.find(tx, Party, party_id, Party.site_id == site_id, field="party_id")


async def check_own_unit(tx: Tx, *, site_id: int, place: Place | None, is_complete: bool) -> None:
    """A resident reports for a unit of their own, or for a public area of the site (INT-3)."""
    actor = tx.actor
    if actor.may(Action.REPORT, site_id=site_id):
        return
    if place is None:
        # Where an incomplete report belongs is for the desk to ask.
        if is_complete:
            raise refuse(Code.NOT_OWN_UNIT, field="place_id")
        return
    units = select(PartyUnit.place_id).where(PartyUnit.party_id == actor.party_id)
    own = set((await tx.session.execute(units)).scalars())
    on_path = {int(part) for part in place.path.split("/") if part}
    if not place.is_public and not own & on_path:
        raise refuse(Code.NOT_OWN_UNIT, field="place_id")


async def check_asset(tx: Tx, asset_id: int | None, *, site_id: int) -> None:
    if asset_id is not None:
        await visible.find(tx, Asset, asset_id, Asset.site_id == site_id, field="asset_id")


def check_wish(wished_from: datetime | None, wished_to: datetime | None) -> None:
    if (wished_from is None) != (wished_to is None):
        raise refuse(Code.REQUIRED, field="wished_to" if wished_to is None else "wished_from")
    if wished_from is not None and wished_to is not None and wished_from >= wished_to:
        raise refuse(Code.OUT_OF_RANGE, field="wished_to", least=wished_from.isoformat(), most="")


def area_of(place: Place | None) -> Area | None:
    if place is None:
        return None
    return Area.PUBLIC if place.is_public else Area.IN_HOME
