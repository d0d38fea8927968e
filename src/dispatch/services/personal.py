"""Everything that is kept about a customer, found by the tables' own links (SEC-5).

A table belongs to a person when it points at the party, or at a ticket, order or the like of
theirs, by a column named after it.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from dispatch.services.action import Tx
from dispatch.store.base import Base
from dispatch.store.changes import write_down
from dispatch.store.events import Event
from dispatch.store.parties import Party
from dispatch.store.tickets import Ticket
from dispatch.store.users import User

_OWNERS = {User.__tablename__: "user_id"}


def owner_column(row: type[Base], owner: str) -> Any:
    """The column by which a table's rows belong to a row of `owner`; None when they do not."""
    name = _OWNERS.get(owner, f"{owner}_id")
    column = row.__table__.columns.get(name)
    if column is None or not any(key.column.table.name == owner for key in column.foreign_keys):
        return None
    return getattr(row, name)


def owned_tables() -> dict[type[Base], list[type[Base]]]:
    """The tables whose rows can be a person's: table -> those it can belong to."""
    known = {mapper.class_: [] for mapper in Base.registry.mappers}
    for row, owners in known.items():
        owners += [each for each in known if owner_column(row, each.__tablename__) is not None]
    reached, wave = {Party: [], Ticket: [Party]}, [Party, Ticket]
    while wave:
        found = [row for row, owners in known.items() if set(owners) & set(wave)]
        wave = [row for row in found if row not in reached]
        reached.update({row: known[row] for row in found})
    return {row: [each for each in owners if each in reached] for row, owners in reached.items()}


@dataclass
class Belongings:
    """A person's rows, by table, and the lines of the record about them."""

    rows: dict[type[Base], dict[int, Base]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def of(self, row: type[Base]) -> list[Any]:
        return list(self.rows.get(row, {}).values())


async def belongings(tx: Tx, party: Party) -> Belongings:
    """All that is kept about a party; their tickets are also those that name their telephone."""
    found = Belongings(rows={Party: {party.id: party}})
    tickets = select(Ticket).where(
        Ticket.site_id == party.site_id,
        or_(
            Ticket.party_id == party.id,
            and_(Ticket.party_id.is_(None), Ticket.requester_phone.in_(party.phones)),
        ),
    )
    found.rows[Ticket] = {each.id: each for each in (await tx.session.execute(tickets)).scalars()}
    tables = owned_tables()
    wave: list[type[Base]] = [Party, Ticket]
    while wave:
        reached: dict[type[Base], dict[int, Base]] = {}
        for row, owners in tables.items():
            for owner in set(owners) & set(wave):
                if row is not Ticket:
                    reached.setdefault(row, {}).update(await _owned(tx, row, owner, found))
        fresh = {
            row: {each: one for each, one in rows.items() if each not in found.rows.get(row, {})}
            for row, rows in reached.items()
        }
        for row, rows in fresh.items():
            found.rows.setdefault(row, {}).update(rows)
        wave = [row for row, rows in fresh.items() if rows]
    found.events = await _events(tx, found)
    return found


async def _owned(tx: Tx, row: type[Base], owner: type[Base], found: Belongings) -> dict[int, Base]:
    ids = found.rows.get(owner, {})
    statement = select(row).where(owner_column(row, owner.__tablename__).in_(ids))
    return {each.id: each for each in (await tx.session.execute(statement)).scalars()}


async def _events(tx: Tx, found: Belongings) -> list[Event]:
    about: list[ColumnElement[bool]] = [Event.ticket_id.in_(found.rows[Ticket])]
    for row, rows in found.rows.items():
        about.append(and_(Event.subject == row.__tablename__, Event.subject_id.in_(rows)))
    users = found.rows.get(User, {})
    about.append(Event.actor_id.in_(users))
    await write_down(tx.session)
    statement = select(Event).where(or_(*about)).order_by(Event.id)
    return list((await tx.session.execute(statement)).scalars())
