"""A customer's personal data: handing it out whole, and taking it out for good (SEC-5)."""

from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, update

from dispatch.domain.erasure import ERASED, erased, erased_data, erased_within
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import demand_text
from dispatch.domain.tickets import OPEN_STATES
from dispatch.services import push, tokens, visible
from dispatch.services.action import Tx, plain
from dispatch.services.idempotency import forget
from dispatch.services.personal import Belongings, belongings
from dispatch.services.sites import building_of
from dispatch.store.base import Base
from dispatch.store.erasures import Erasure
from dispatch.store.events import Event
from dispatch.store.idempotency import IdempotencyKey
from dispatch.store.identities import Identity
from dispatch.store.parties import Party, PartyUnit
from dispatch.store.personal import WITHIN, Left, personal_columns
from dispatch.store.photos import Photo
from dispatch.store.sites import Place
from dispatch.store.tickets import Ticket
from dispatch.store.users import User
from dispatch.store.work_orders import Assignment, Refusal, WorkOrder

# What colleagues said among themselves is handed to administrators, who answer for it.
_INTERNAL = (Assignment, Refusal)

_LINES = cast("Table", Event.__table__)
_REWRITE = update(_LINES).where(_LINES.c.id == bindparam("line"))


async def export(tx: Tx, *, party_id: int) -> dict[str, Any]:
    """All that is kept about a customer, by table, as one JSON document.

    For the customer and for administrators; what colleagues weighed is for the latter alone.
    """
    party = await _find(tx, party_id, Action.EXPORT_PERSON)
    found = await belongings(tx, party)
    inner = tx.actor.may(Action.EXPORT_PERSON, site_id=party.site_id)
    records = {
        row.__tablename__: [_shown(each) for each in rows.values()]
        for row, rows in found.rows.items()
        if rows and (inner or row not in _INTERNAL)
    }
    if inner:
        records[Event.__tablename__] = [_shown(each) for each in found.events]
    tx.note(party, "party.exported", rows=sum(len(rows) for rows in records.values()))
    return {"exported_at": plain(tx.now), "party_id": party.id, "records": records}


async def erase(tx: Tx, *, party_id: int, reason: str) -> Erasure:
    """Takes a customer's name, telephones, addresses, words, photos and signatures out of every
    row and every line of the record; how many there were, and when, stays.

    Refuses WORK_IN_HAND while a ticket of theirs is open. Their account ends.
    """
    party = await _find(tx, party_id, Action.ERASE_PERSON)
    demand_text("reason", reason)
    found = await belongings(tx, party)
    open_numbers = [each.number for each in found.of(Ticket) if each.state in OPEN_STATES]
    if open_numbers:
        raise refuse(Code.WORK_IN_HAND, field="party_id", tickets=open_numbers)
    erasure = Erasure(site_id=party.site_id, party_id=party.id, reason=reason, started_at=tx.now)
    # While it stands open, the triggers of the record let texts be replaced.
    tx.session.add(erasure)
    await tx.session.flush()
    await _close_accounts(tx, found)
    await _leave_home(tx, found)
    for photo in found.of(Photo):
        # Seen by nobody from now on; the broom takes the file and the row.
        photo.doomed_at = photo.doomed_at or tx.now
    for row, rows in found.rows.items():
        for each in rows.values():
            _erase_row(row, each)
    await tx.session.flush()
    await _erase_record(tx, found)
    await _forget(tx, found)
    erasure.rows = sum(len(rows) for rows in found.rows.values())
    erasure.lines = len(found.events)
    erasure.finished_at = tx.now
    await tx.save(erasure, "party.erased")
    return erasure


async def _find(tx: Tx, party_id: int, action: Action) -> Party:
    party = await visible.find(
        tx, Party, party_id, visible.parties(tx.actor), field="party_id", lock=True
    )
    visible.demand(tx, action, site_id=party.site_id, own=party.id == tx.actor.party_id)
    return party


def _shown(row: Base) -> dict[str, Any]:
    return {
        attribute.key: plain(getattr(row, attribute.key))
        for attribute in row.__mapper__.column_attrs
        if not attribute.columns[0].info.get("secret")
    }


def _erase_row(row: type[Base], one: Base) -> None:
    for name, left in personal_columns(row).items():
        if left is not Left.BUILDING:
            setattr(one, name, _left_of(row.__tablename__, name, left, getattr(one, name)))


def _left_of(table: str, name: str, left: Left, value: Any) -> Any:
    if left is Left.OTHERS:
        return erased_within(value, WITHIN[table, name])
    if left is Left.SIGN:
        return erased_data(value) if isinstance(value, dict) else erased(value)
    return [] if isinstance(value, list) else None


async def _leave_home(tx: Tx, found: Belongings) -> None:
    """Tickets and orders stay with the building, for its figures, and leave the flat."""
    for one in (*found.of(Ticket), *found.of(WorkOrder)):
        place = await tx.session.get(Place, one.place_id) if one.place_id is not None else None
        if place is not None and place.is_public:
            continue
        building_id = await building_of(tx, place) if place is not None else None
        building = await tx.session.get(Place, building_id) if building_id is not None else None
        one.place_id = building_id
        one.latitude = building.latitude if building is not None else None
        one.longitude = building.longitude if building is not None else None
    ids = [each.id for each in found.of(PartyUnit)]
    await tx.session.execute(delete(PartyUnit).where(PartyUnit.id.in_(ids)))
    found.rows.pop(PartyUnit, None)


async def _close_accounts(tx: Tx, found: Belongings) -> None:
    for user in found.of(User):
        user.username = f"erased-{user.id}"
        user.password_hash = None
        user.disabled_at = user.disabled_at or tx.now
        await tokens.end_all(tx, user.id)
        for ticket in found.of(Ticket):
            if ticket.taken_by_id == user.id:
                ticket.taken_by_name = ERASED
        caller = f"user:{user.id}"
        await tx.session.execute(delete(IdempotencyKey).where(IdempotencyKey.caller == caller))
        await tx.session.execute(delete(Identity).where(Identity.user_id == user.id))
        await push.forget_browsers(tx, user.id)
    found.rows.pop(Identity, None)


async def _erase_record(tx: Tx, found: Belongings) -> None:
    users = set(found.rows.get(User, {}))
    tables = {row.__tablename__: personal_columns(row) for row in found.rows}
    lines: list[dict[str, Any]] = []
    for event in found.events:
        columns = dict(tables.get(event.subject, {}))
        acted = event.actor_id in users
        if acted:
            columns["taken_by_name"] = Left.SIGN
        lines.append(
            {
                "line": event.id,
                "before": _without(event.subject, event.before, columns),
                "after": _without(event.subject, event.after, columns),
                "data": erased_data(event.data),
                "actor_name": ERASED if acted else event.actor_name,
                "origin": ERASED if acted else event.origin,
            }
        )
    if lines:
        # The years of a tenant in one go: the statement is said once for all.
        await tx.session.execute(_REWRITE, lines)


def _without(table: str, values: dict[str, Any], columns: dict[str, Left]) -> dict[str, Any]:
    return {
        name: _left_of(table, name, columns[name], value) if name in columns else value
        for name, value in values.items()
    }


async def _forget(tx: Tx, found: Belongings) -> None:
    """What was sent is known by its digest; of a telephone that is as good as the number."""
    for one in (*found.of(Party), *found.of(Ticket)):
        await forget(tx.session, one)
