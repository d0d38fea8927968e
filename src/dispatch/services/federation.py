"""Signing in at an OpenID Connect provider: ends in a token of ours, like every sign-in (SEC-6)."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Actor, Role
from dispatch.services import accounts, rates, users
from dispatch.services.accounts import SignedIn, SignInLimits
from dispatch.services.action import Services, Tx
from dispatch.services.providers import Provider, Providers
from dispatch.store.identities import Identity, SignInFlow
from dispatch.store.sites import Organization, Site
from dispatch.store.users import RoleGrant, User
from dispatch.texts import LANGUAGES

_USERNAME_MOST = 80


@dataclass(frozen=True, slots=True)
class FlowBegun:
    """What the client that began gets: where to send the person, and what to come back with.

    `secret` stays with the client: whoever is made to open an address with another's `code` and
    `state` does not have it.
    """

    address: str
    state: str
    secret: str = field(repr=False)


async def begin(
    services: Services,
    providers: Providers,
    *,
    provider: str,
    redirect_uri: str,
    origin: str,
    limits: SignInLimits,
    flow_s: int,
) -> FlowBegun:
    """A sign-in at the provider, to be finished within `flow_s` seconds."""
    chosen = providers.find(provider)
    await rates.take(services, limits.at_door(origin))
    begun = await providers.begin(chosen, redirect_uri=redirect_uri)
    secret = secrets.token_urlsafe(32)
    async with services.store.writing() as session:
        now = services.clock()
        await session.execute(delete(SignInFlow).where(SignInFlow.expires_at <= now))
        session.add(
            SignInFlow(
                state=accounts.digest_of(begun.state),
                secret=accounts.digest_of(secret),
                provider=chosen.name,
                redirect_uri=redirect_uri,
                nonce=begun.nonce,
                verifier=begun.verifier,
                expires_at=now + timedelta(seconds=flow_s),
            )
        )
    return FlowBegun(begun.address, begun.state, secret)


async def finish(
    services: Services,
    providers: Providers,
    *,
    state: str,
    secret: str,
    code: str,
    origin: str,
    limits: SignInLimits,
    label: str,
    days: int,
) -> SignedIn:
    """The token for whom the provider names. A flow is used once, whatever comes of it."""
    await rates.take(services, limits.at_door(origin))
    flow = await _take_flow(services, state)
    if flow is None or not hmac.compare_digest(flow.secret, accounts.digest_of(secret)):
        raise refuse(Code.SIGN_IN_FAILED, field="state")
    provider = providers.find(flow.provider)
    claims = await providers.claims(
        provider,
        code=code,
        redirect_uri=flow.redirect_uri,
        nonce=flow.nonce,
        verifier=flow.verifier,
    )
    async with services.store.reading() as session:
        statement = select(Organization.id).where(Organization.code == provider.organization)
        organization_id = (await session.execute(statement)).scalar_one_or_none()
    if organization_id is None:
        raise refuse(Code.ACCOUNT_UNKNOWN, provider=provider.label or provider.name)
    doorman = accounts.service_actor(organization_id=organization_id, origin=origin)
    signed = await services.perform(
        doorman, _let_in, provider=provider, claims=claims, label=label, days=days
    )
    await rates.give_back(services, limits.at_door(origin))
    return signed


async def _take_flow(services: Services, state: str) -> SignInFlow | None:
    async with services.store.writing() as session:
        statement = (
            delete(SignInFlow)
            .where(
                SignInFlow.state == accounts.digest_of(state),
                SignInFlow.expires_at > services.clock(),
            )
            .returning(SignInFlow)
        )
        return (await session.execute(statement)).scalar_one_or_none()


async def _let_in(
    tx: Tx, *, provider: Provider, claims: Mapping[str, Any], label: str, days: int
) -> SignedIn:
    user = await _find(tx, provider, str(claims["sub"]))
    if user is None and provider.provision and await _wanted(tx, provider, claims):
        user = await _provision(tx, provider, claims)
    if user is None or user.disabled_at is not None:
        raise refuse(Code.ACCOUNT_UNKNOWN, provider=provider.label or provider.name)
    if provider.role_claim is not None:
        await _follow_roles(tx, user, await _wanted(tx, provider, claims))
    # From here on it is the person who acts.
    tx.actor = Actor(
        organization_id=user.organization_id,
        name=user.name,
        user_id=user.id,
        origin=tx.actor.origin,
    )
    return await accounts.new_token(tx, user, label=label, days=days)


async def _find(tx: Tx, provider: Provider, subject: str) -> User | None:
    statement = (
        select(User)
        .join(Identity, Identity.user_id == User.id)
        .where(
            Identity.issuer == provider.issuer,
            Identity.subject == subject,
            User.organization_id == tx.actor.organization_id,
        )
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def _provision(tx: Tx, provider: Provider, claims: Mapping[str, Any]) -> User:
    """An account of its own: never one that happens to bear the same name."""
    subject = str(claims["sub"])
    username = f"{provider.name}:{subject}"
    if len(username) > _USERNAME_MOST:
        username = f"{provider.name[:15]}:{accounts.digest_of(subject)}"
    language = str(claims.get("locale", ""))
    user = await accounts.create_user(
        tx,
        username=username,
        name=str(claims.get("name") or claims.get("email") or subject)[:200],
        language=next((each for each in LANGUAGES if language.startswith(each[:2])), "zh-CN"),
    )
    await users.link(tx, user_id=user.id, issuer=provider.issuer, subject=subject)
    return user


async def _wanted(
    tx: Tx, provider: Provider, claims: Mapping[str, Any]
) -> set[tuple[Role, int | None]]:
    """The roles that the claims map to, at sites that there are."""
    mapped = provider.mapped(claims)
    statement = select(Site).where(
        Site.organization_id == tx.actor.organization_id,
        Site.code.in_({site for _, site in mapped}),
    )
    found = {site.code: site.id for site in (await tx.session.execute(statement)).scalars()}
    ids: dict[str, int | None] = {"*": None, **found}
    return {(role, ids[site]) for role, site in mapped if site in ids}


async def _follow_roles(tx: Tx, user: User, wanted: set[tuple[Role, int | None]]) -> None:
    """Where a provider says who is what, its word at each sign-in is all that counts."""
    held = (
        await tx.session.execute(select(RoleGrant).where(RoleGrant.user_id == user.id))
    ).scalars()
    grants = {(grant.role, grant.site_id): grant for grant in held}
    for key, grant in grants.items():
        if key not in wanted:
            await users.end_grant(tx, grant)
    for role, site_id in sorted(wanted - set(grants), key=str):
        await accounts.grant_role(tx, user_id=user.id, role=role, site_id=site_id)
