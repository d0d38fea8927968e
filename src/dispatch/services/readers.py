"""Whom a message reaches: who holds a role at the site, and people by name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, or_, select

from dispatch.domain.messages import Audience
from dispatch.domain.rights import Role
from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.parties import Party
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.users import RoleGrant, User

# Asked with most messages: put together once.
_AT_SITE = or_(RoleGrant.site_id == bindparam("site"), RoleGrant.site_id.is_(None))
_ACCOUNTS = (
    select(
        User.id,
        User.name,
        User.language,
        User.technician_id,
        User.party_id,
        User.email,
        RoleGrant.role,
    )
    .outerjoin(RoleGrant, (RoleGrant.user_id == User.id) & _AT_SITE)
    .where(User.organization_id == bindparam("organization"), User.disabled_at.is_(None))
    .order_by(User.id)
)
_HOLDERS = select(RoleGrant.user_id).where(
    RoleGrant.role.in_(bindparam("roles", expanding=True)), _AT_SITE
)
_NAMED = among(User.id, "ids")
_HOLDING = User.id.in_(_HOLDERS)
_ACCOUNTS_NAMED = _ACCOUNTS.where(_NAMED)
# Apart from the next: for both at once SQLite reads all accounts of the organization.
_ACCOUNTS_HOLDING = _ACCOUNTS.where(_HOLDING)
_ACCOUNTS_MEANT = _ACCOUNTS.where(or_(_NAMED, _HOLDING))
_TECHNICIANS = (
    select(
        Technician.id,
        Technician.name,
        Technician.phone,
        User.id.label("user_id"),
        User.language,
        User.email,
    )
    .outerjoin(User, User.technician_id == Technician.id)
    .where(among(Technician.id, "ids"))
    .order_by(Technician.id)
)


@dataclass(frozen=True, slots=True)
class Reader:
    """One person a message goes to, and what they are at the site."""

    name: str
    language: str = "zh-CN"
    user_id: int | None = None
    technician_id: int | None = None
    party_id: int | None = None
    phone: str | None = None
    email: str | None = None
    roles: frozenset[Role] = frozenset()


async def readers_of(
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
            strangers.append(
                Reader(
                    ticket.requester_name or "",
                    phone=ticket.requester_phone,
                    roles=frozenset({Role.RESIDENT}),
                )
            )
    # A sweep tells the same people again and again.
    meant = (to.roles, *map(frozenset, (user_ids, technician_ids, party_ids)), *strangers)
    key = ("readers", site_id, meant)
    if key not in tx.memo:
        found = [
            *await _users(tx, to, site_id, user_ids),
            *await _technicians(tx, technician_ids),
            *await _parties(tx, party_ids),
            *strangers,
        ]
        tx.memo[key] = _each_once(found)
    return tx.memo[key]


async def foresee_reporters(tx: Tx, ticket_ids: Iterable[int]) -> None:
    """Reads at once who reported these tickets: who is told of one next costs no read."""
    statement = select(Ticket).where(Ticket.id.in_(set(ticket_ids)))
    found = (await tx.session.execute(statement)).scalars().all()
    await _parties(tx, {each.party_id for each in found if each.party_id is not None})


async def _users(tx: Tx, to: Audience, site_id: int, user_ids: set[int]) -> list[Reader]:
    if not (to.roles or user_ids):
        return []
    asked = {
        "organization": tx.actor.organization_id,
        "site": site_id,
        "ids": sorted(user_ids),
        "roles": to.roles,
    }
    held = _ACCOUNTS_MEANT if user_ids else _ACCOUNTS_HOLDING
    statement = held if to.roles else _ACCOUNTS_NAMED
    found: dict[int, Reader] = {}
    for user in await tx.session.execute(statement, asked):
        reader = found.get(user.id) or Reader(
            user.name,
            user.language,
            user_id=user.id,
            technician_id=user.technician_id,
            party_id=user.party_id,
            email=user.email,
        )
        roles = {user.role} if user.role is not None else set()
        found[user.id] = replace(reader, roles=reader.roles | roles)
    return await _with_phones(tx, list(found.values()))


async def _with_phones(tx: Tx, people: list[Reader]) -> list[Reader]:
    """An account has no phone of its own: the technician or customer it belongs to has."""
    technician_ids = {each.technician_id for each in people} - {None}
    party_ids = {each.party_id for each in people} - {None}
    phones: dict[tuple[str, int], str | None] = {}
    if technician_ids:
        statement = select(Technician.id, Technician.phone).where(Technician.id.in_(technician_ids))
        phones |= {("technician", key): phone for key, phone in await tx.session.execute(statement)}
    if party_ids:
        rows = await tx.session.execute(
            select(Party.id, Party.phones).where(Party.id.in_(party_ids))
        )
        phones |= {("party", key): next(iter(known), None) for key, known in rows}
    return [
        replace(
            each,
            phone=phones.get(("technician", each.technician_id or 0))
            or phones.get(("party", each.party_id or 0)),
        )
        for each in people
    ]


async def _technicians(tx: Tx, technician_ids: set[int]) -> list[Reader]:
    if not technician_ids:
        return []
    asked = {"ids": sorted(technician_ids)}
    return [
        Reader(
            each.name,
            each.language or "zh-CN",
            user_id=each.user_id,
            technician_id=each.id,
            phone=each.phone,
            email=each.email,
            roles=frozenset({Role.TECHNICIAN}),
        )
        for each in await tx.session.execute(_TECHNICIANS, asked)
    ]


async def _parties(tx: Tx, party_ids: set[int]) -> list[Reader]:
    known: dict[int, list[Reader]] = tx.memo.setdefault("parties told", {})
    missing = party_ids - known.keys()
    if missing:
        statement = (
            select(Party, User)
            .outerjoin(User, User.party_id == Party.id)
            .where(Party.id.in_(missing))
            .order_by(Party.id, User.id)
        )
        for party, user in await tx.session.execute(statement):
            known.setdefault(party.id, []).append(_as_reader(party, user))
    return [each for party_id in sorted(party_ids) for each in known.get(party_id, ())]


def _as_reader(party: Party, user: User | None) -> Reader:
    return Reader(
        party.name,
        party.language,
        user_id=user.id if user is not None else None,
        party_id=party.id,
        phone=next(iter(party.phones), None),
        email=party.email or (user.email if user is not None else None),
        roles=frozenset({Role.RESIDENT}),
    )


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
