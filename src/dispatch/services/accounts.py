"""Accounts, sign-in and tokens (SEC-6): a bearer token is shown once and kept as its digest."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from limits import RateLimitItem, parse
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor, Grant, Role
from dispatch.services import rates, visible
from dispatch.services.action import Services, Tx
from dispatch.services.rates import Share
from dispatch.store.parties import Party
from dispatch.store.technicians import Technician
from dispatch.store.users import RoleGrant, Token, User
from dispatch.texts import LANGUAGES

PASSWORD_LEAST = 8
PASSWORD_MOST = 200
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh token; `token` is shown this once."""

    token: str
    token_id: int
    user: User
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How many wrong passwords are borne, before anybody has to wait.

    Nobody can lock another out: an address from which the account was signed in to before has a
    count of its own, and is none of those that `account` counts together.
    """

    address: RateLimitItem = field(default_factory=lambda: parse("100/15 minute"))
    """From one address, for whatever accounts."""
    account: RateLimitItem = field(default_factory=lambda: parse("50/15 minute"))
    """For one account, from all addresses unknown to it."""
    pair: RateLimitItem = field(default_factory=lambda: parse("10/15 minute"))
    """For one account from one address."""

    def shares(self, username: str, origin: str, *, is_known: bool) -> list[Share]:
        shares = [
            Share(self.address, ("sign-in", "address", origin)),
            Share(self.pair, ("sign-in", "pair", username, origin)),
        ]
        if not is_known:
            shares.append(Share(self.account, ("sign-in", "account", username)))
        return shares

    def at_door(self, origin: str) -> list[Share]:
        """What other ways in than a password are counted against."""
        return [Share(self.address, ("sign-in", "address", origin))]


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password as it is kept. Hashing takes long, so it is done before a transaction begins."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        # What makes two wishes the same is kept, too: nothing of a password may enter it.
        return "password"


async def hashed(actor: Actor, *, password: str) -> Hashed:
    """The password of a new account, for who may make one."""
    visible.demand_company(actor)
    return await asyncio.to_thread(password_kept, password)


def password_kept(password: str) -> Hashed:
    """A password as it is kept; refuses one too short or too long. Takes long."""
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise refuse(Code.OUT_OF_RANGE, field="password", least=PASSWORD_LEAST, most=PASSWORD_MOST)
    return Hashed(_hash(password))


async def fits(password: str, digest: str | None) -> bool:
    """Whether a password is the one kept; the same work where none is kept."""
    return await asyncio.to_thread(_fits, password, digest)


async def sign_in(
    services: Services,
    *,
    username: str,
    password: str,
    origin: str = "",
    label: str = "",
    days: int = 30,
    limits: SignInLimits | None = None,
) -> SignedIn:
    """A token for a name and a password; one answer for every way to be wrong.

    The password is tried between two transactions: it takes long, and would hold up all writers.
    Refuses RATE_LIMITED whoever tries too often, alike for names that exist and that do not.
    """
    async with services.store.reading() as session:
        known = (await session.execute(_tokens_from(origin, username).limit(1))).first()
        shares = (limits or SignInLimits()).shares(username, origin, is_known=known is not None)
    await rates.take(services, shares)
    async with services.store.reading() as session:
        statement = select(User).where(User.username == username, User.disabled_at.is_(None))
        user = (await session.execute(statement)).scalar_one_or_none()
    digest = user.password_hash if user is not None else None
    # The same work is done for an unknown name, so that time does not tell which names exist.
    if not await fits(password, digest) or user is None:
        raise refuse(Code.WRONG_CREDENTIALS, field="password")
    actor = Actor(
        organization_id=user.organization_id, name=user.name, user_id=user.id, origin=origin
    )
    signed = await services.perform(actor, _let_in, digest=digest, label=label, days=days)
    await rates.give_back(services, shares)
    return signed


def _tokens_from(origin: str, username: str) -> Select[Any]:
    """Sign-ins of an account that went well, from an address."""
    return (
        select(Token.id)
        .join(User, User.id == Token.user_id)
        .where(User.username == username, Token.origin == origin)
    )


async def _let_in(tx: Tx, *, digest: str | None, label: str, days: int) -> SignedIn:
    statement = select(User).where(User.id == tx.actor.user_id, User.disabled_at.is_(None))
    user = (await tx.session.execute(statement)).scalar_one_or_none()
    if user is None or user.password_hash != digest:
        raise refuse(Code.WRONG_CREDENTIALS, field="password")
    return await new_token(tx, user, label=label, days=days)


async def issue_token(tx: Tx, *, user_id: int, label: str, days: int = 30) -> SignedIn:
    """A token for another's account, for whoever manages the whole organization."""
    visible.demand_company(tx.actor)
    user = await tx.session.get(User, user_id)
    if user is None or user.organization_id != tx.actor.organization_id:
        raise refuse(Code.NOT_FOUND, field="user_id", id=user_id)
    return await new_token(tx, user, label=label, days=days, is_own=False)


async def sign_out(tx: Tx, *, token: str) -> Token:
    """Ends a token at once."""
    statement = select(Token).where(Token.digest == digest_of(token))
    row = (await tx.session.execute(statement)).scalar_one_or_none()
    if row is None or row.user_id != tx.actor.user_id:
        raise refuse(Code.NOT_FOUND, field="token", id="")
    if row.revoked_at is None:
        row.revoked_at = tx.now
        await tx.save(row, "token.revoked")
    return row


@dataclass(frozen=True, slots=True)
class Standing:
    """What a token is good for: who it stands for, and until when."""

    actor: Actor
    token_id: int
    expires_at: datetime


# Asked with every request: put together once.
_SIGNED_IN = (
    select(User, RoleGrant)
    .join(Token, Token.user_id == User.id)
    .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
    .where(
        Token.digest == bindparam("digest"),
        Token.revoked_at.is_(None),
        Token.expires_at > bindparam("now"),
        User.disabled_at.is_(None),
    )
)
# The same for many tokens at once.
_ALL_SIGNED_IN = (
    select(Token.digest, Token.id, Token.expires_at, User, RoleGrant)
    .join(User, User.id == Token.user_id)
    .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
    .where(
        Token.digest.in_(bindparam("digests", expanding=True)),
        Token.revoked_at.is_(None),
        Token.expires_at > bindparam("now"),
        User.disabled_at.is_(None),
    )
)


async def authenticate(
    services: Services, *, token: str, origin: str = "", language: str | None = None
) -> Actor:
    """Who a bearer token stands for, with all their rights."""
    asked = {"digest": digest_of(token), "now": services.clock()}
    async with services.store.reading() as session:
        rows = (await session.execute(_SIGNED_IN, asked)).all()
    if not rows:
        raise refuse(Code.UNAUTHENTICATED)
    grants = [grant for _, grant in rows if grant is not None]
    return _actor(rows[0][0], grants, origin=origin, language=language)


async def standings(services: Services, digests: Sequence[str]) -> dict[str, Standing]:
    """What these tokens, by their digests, are good for now; those that have ended are missing.

    The actors speak their account's language and come from nowhere: sessions know better.
    """
    asked = {"digests": list(digests), "now": services.clock()}
    async with services.store.reading() as session:
        rows = (await session.execute(_ALL_SIGNED_IN, asked)).all()
    grants: dict[str, list[RoleGrant]] = {}
    for digest, *_, grant in rows:
        grants.setdefault(digest, []).extend([grant] if grant is not None else [])
    return {
        digest: Standing(
            actor=_actor(user, grants[digest], origin="", language=None),
            token_id=token_id,
            expires_at=expires_at,
        )
        for digest, token_id, expires_at, user, _ in rows
    }


async def own_account(tx: Tx, *, lock: bool = False) -> User:
    """The account of whoever acts; refuses UNAUTHENTICATED who has none."""
    user = await tx.session.get(User, tx.actor.user_id or 0, with_for_update=lock)
    if user is None:
        raise refuse(Code.UNAUTHENTICATED)
    return user


async def actor_of(
    session: AsyncSession, user: User, *, origin: str, language: str | None = None
) -> Actor:
    """The actor of an account, with the rights it has now."""
    grants = await session.execute(select(RoleGrant).where(RoleGrant.user_id == user.id))
    return _actor(user, grants.scalars(), origin=origin, language=language)


def _actor(user: User, grants: Iterable[RoleGrant], *, origin: str, language: str | None) -> Actor:
    return Actor(
        organization_id=user.organization_id,
        name=user.name,
        user_id=user.id,
        grants=frozenset(Grant(grant.role, grant.site_id) for grant in grants),
        technician_id=user.technician_id,
        party_id=user.party_id,
        language=language or user.language,
        origin=origin,
    )


async def create_user(
    tx: Tx,
    *,
    username: str,
    name: str,
    password: Hashed | None = None,
    technician_id: int | None = None,
    party_id: int | None = None,
    language: str = "zh-CN",
) -> User:
    """An account of the actor's organization; without a password it cannot sign in by name."""
    visible.demand_company(tx.actor)
    if language not in LANGUAGES:
        raise refuse(Code.BAD_INPUT, field="language", given=language[:40], allowed=LANGUAGES)
    taken = select(User.id).where(User.username == username)
    if (await tx.session.execute(taken)).first() is not None:
        raise refuse(Code.ALREADY_EXISTS, field="username")
    await _check_owner(tx, technician_id=technician_id, party_id=party_id)
    user = User(
        organization_id=tx.actor.organization_id,
        username=username,
        name=name,
        password_hash=password.text if password is not None else None,
        language=language,
        technician_id=technician_id,
        party_id=party_id,
        created_at=tx.now,
    )
    await tx.save(user, "user.created")
    return user


async def _check_owner(tx: Tx, *, technician_id: int | None, party_id: int | None) -> None:
    if technician_id is not None:
        seen = visible.technicians(tx.actor)
        await visible.find(tx, Technician, technician_id, seen, field="technician_id")
    if party_id is not None:
        await visible.find(tx, Party, party_id, visible.parties(tx.actor), field="party_id")


async def grant_role(tx: Tx, *, user_id: int, role: Role, site_id: int | None) -> RoleGrant:
    """Gives a role at a site the actor manages; at all sites only by who manages all."""
    if site_id is None:
        visible.demand_company(tx.actor)
    else:
        await visible.find_site(tx, site_id, Action.MANAGE)
    user = await tx.session.get(User, user_id)
    if user is None or user.organization_id != tx.actor.organization_id:
        raise refuse(Code.NOT_FOUND, field="user_id", id=user_id)
    same = select(RoleGrant).where(
        RoleGrant.user_id == user_id,
        RoleGrant.role == role,
        RoleGrant.site_id.is_(None) if site_id is None else RoleGrant.site_id == site_id,
    )
    grant = (await tx.session.execute(same)).scalar_one_or_none()
    if grant is None:
        grant = RoleGrant(user_id=user_id, site_id=site_id, role=role)
        await tx.save(grant, "role.granted")
    return grant


def service_actor(*, organization_id: int, origin: str, language: str = "zh-CN") -> Actor:
    """The service itself: set-up, sweepers, the command line on the machine."""
    return Actor(
        organization_id=organization_id,
        name="dispatch",
        language=language,
        origin=origin,
        is_service=True,
    )


async def new_token(tx: Tx, user: User, *, label: str, days: int, is_own: bool = True) -> SignedIn:
    """A token for an account; `is_own`: whoever gets it has just proven to be its owner."""
    return await keep_token(
        tx,
        user,
        Token(
            label=label[:80],
            expires_at=tx.now + timedelta(days=days),
            signed_in_at=tx.now if is_own else None,
            origin=tx.actor.origin if is_own else None,
        ),
    )


async def keep_token(tx: Tx, user: User, row: Token) -> SignedIn:
    """Gives a token row its secret, and stores it."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row.user_id = user.id
    row.digest = digest_of(token)
    row.created_at = tx.now
    await tx.save(row, "token.issued")
    return SignedIn(token=token, token_id=row.id, user=user, expires_at=row.expires_at)


def digest_of(token: str) -> str:
    """What is kept of a token."""
    # Tokens are random and long: a plain digest cannot be searched back, and is quick.
    return hashlib.sha256(token.encode()).hexdigest()


def _fits(password: str, digest: str | None) -> bool:
    fits = _hasher().verify(password[:PASSWORD_MOST], digest or _nobodys_digest())
    return fits and digest is not None and len(password) <= PASSWORD_MOST


def _hash(password: str) -> str:
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobodys_digest() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
