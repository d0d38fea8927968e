"""Tells people, in the transaction of the change that they are told of (NTF-2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from dispatch.domain.messages import Audience, MessageKind, MessageState
from dispatch.services.action import Tx, plain
from dispatch.store.messages import Message
from dispatch.store.parties import Party
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.users import RoleGrant, User

INBOX = "INBOX"


@dataclass(frozen=True, slots=True)
class Reader:
    """One person a message goes to."""

    name: str
    language: str = "zh-CN"
    user_id: int | None = None
    technician_id: int | None = None
    party_id: int | None = None
    phone: str | None = None


async def tell(
    tx: Tx,
    kind: MessageKind,
    to: Audience,
    *,
    site_id: int,
    ticket_id: int | None = None,
    work_order_id: int | None = None,
    **params: Any,
) -> list[Message]:
    """Writes a message to everybody meant; it is sent later, the change never waits for it."""
    messages = [
        Message(
            site_id=site_id,
            kind=kind.value,
            state=MessageState.KEPT,
            channel=INBOX,
            ticket_id=ticket_id,
            work_order_id=work_order_id,
            user_id=reader.user_id,
            technician_id=reader.technician_id,
            party_id=reader.party_id,
            reader=reader.name,
            address=reader.phone,
            language=reader.language,
            params=plain(params),
            created_at=tx.now,
        )
        for reader in await readers(tx, to, site_id=site_id, ticket_id=ticket_id)
    ]
    tx.session.add_all(messages)
    await tx.session.flush()
    return messages


async def readers(
    tx: Tx, to: Audience, *, site_id: int, ticket_id: int | None = None
) -> list[Reader]:
    """Everybody an audience means, each once, in a stable order."""
    user_ids, technician_ids = set(to.user_ids), set(to.technician_ids)
    party_ids = set(to.party_ids)
    strangers: list[Reader] = []
    if ticket_id is not None and (to.reporter or to.owner):
        ticket = await tx.session.get_one(Ticket, ticket_id)
        if to.owner and ticket.owner_id is not None:
            user_ids.add(ticket.owner_id)
        if to.reporter and ticket.party_id is not None:
            party_ids.add(ticket.party_id)
        elif to.reporter and ticket.requester_phone:
            strangers.append(Reader(ticket.requester_name or "", phone=ticket.requester_phone))
    found = [
        *await _users(tx, to, site_id, user_ids),
        *await _technicians(tx, technician_ids),
        *await _parties(tx, party_ids),
        *strangers,
    ]
    return _each_once(found)


async def _users(tx: Tx, to: Audience, site_id: int, user_ids: set[int]) -> list[Reader]:
    conditions = [User.id.in_(user_ids)]
    if to.roles:
        holders = select(RoleGrant.user_id).where(
            RoleGrant.role.in_(to.roles),
            or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None)),
        )
        conditions.append(User.id.in_(holders))
    statement = (
        select(User)
        .where(
            User.organization_id == tx.actor.organization_id,
            User.disabled_at.is_(None),
            or_(*conditions),
        )
        .order_by(User.id)
    )
    return [
        Reader(
            user.name,
            user.language,
            user_id=user.id,
            technician_id=user.technician_id,
            party_id=user.party_id,
        )
        for user in (await tx.session.execute(statement)).scalars()
    ]


async def _technicians(tx: Tx, technician_ids: set[int]) -> list[Reader]:
    if not technician_ids:
        return []
    statement = (
        select(Technician, User)
        .outerjoin(User, User.technician_id == Technician.id)
        .where(Technician.id.in_(technician_ids))
        .order_by(Technician.id)
    )
    return [
        Reader(
            technician.name,
            user.language if user is not None else "zh-CN",
            user_id=user.id if user is not None else None,
            technician_id=technician.id,
            phone=technician.phone,
        )
        for technician, user in await tx.session.execute(statement)
    ]


async def _parties(tx: Tx, party_ids: set[int]) -> list[Reader]:
    if not party_ids:
        return []
    statement = (
        select(Party, User)
        .outerjoin(User, User.party_id == Party.id)
        .where(Party.id.in_(party_ids))
        .order_by(Party.id, User.id)
    )
    return [
        Reader(
            party.name,
            party.language,
            user_id=user.id if user is not None else None,
            party_id=party.id,
            phone=next(iter(party.phones), None),
        )
        for party, user in await tx.session.execute(statement)
    ]


def _each_once(found: Iterable[Reader]) -> list[Reader]:
    """A person who is meant as technician and as holder of a role is one reader."""
    kept: list[Reader] = []
    for reader in found:
        same = (
            (each.user_id is not None and each.user_id == reader.user_id)
            or (each.technician_id is not None and each.technician_id == reader.technician_id)
            or (each.party_id is not None and each.party_id == reader.party_id)
            for each in kept
        )
        if not any(same):
            kept.append(reader)
    return kept
