"""Accounts after they were made: closing them, taking roles away, linking identities (SEC-6)."""

import asyncio

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor, Role
from dispatch.services import accounts, push, rates, tokens, visible
from dispatch.services.accounts import Hashed, SignInLimits
from dispatch.services.action import Services, Tx
from dispatch.store.identities import Identity
from dispatch.store.users import RoleGrant, User


async def find_user(tx: Tx, user_id: int) -> User:
    """An account of the company, for who manages it."""
    visible.demand_company(tx.actor)
    user = await tx.session.get(User, user_id)
    if user is None or user.organization_id != tx.actor.organization_id:
        raise refuse(Code.NOT_FOUND, field="user_id", id=user_id)
    return user


async def disable(tx: Tx, *, user_id: int) -> User:
    """Closes an account: whoever holds it is out at once, everywhere."""
    user = await find_user(tx, user_id)
    if user.id == tx.actor.user_id:
        raise refuse(Code.BAD_INPUT, field="user_id", detail="one cannot close one's own account")
    if user.disabled_at is None:
        user.disabled_at = tx.now
        await tx.save(user, "user.disabled")
        await tokens.end_all(tx, user.id)
        await push.forget_browsers(tx, user.id)
    return user


async def enable(tx: Tx, *, user_id: int) -> User:
    """Opens a closed account again; its tokens stay ended."""
    user = await find_user(tx, user_id)
    if user.disabled_at is not None:
        user.disabled_at = None
        await tx.save(user, "user.enabled")
    return user


async def revoke_role(tx: Tx, *, user_id: int, role: Role, site_id: int | None) -> User:
    """Takes a role at a site away, by who manages it; at all sites by who manages all."""
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
    if grant is not None:
        await end_grant(tx, grant)
    return user


async def end_grant(tx: Tx, grant: RoleGrant) -> None:
    """The step itself."""
    tx.note(grant, "role.revoked", user_id=grant.user_id, role=grant.role, at_site=grant.site_id)
    await tx.session.delete(grant)
    await tx.session.flush()


async def link(tx: Tx, *, user_id: int, issuer: str, subject: str) -> Identity:
    """Lets who a provider knows by `subject` sign in to the account."""
    user = await find_user(tx, user_id)
    same = select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
    found = (await tx.session.execute(same)).scalar_one_or_none()
    if found is not None and found.user_id != user.id:
        raise refuse(Code.ALREADY_EXISTS, field="subject")
    if found is None:
        found = Identity(user_id=user.id, issuer=issuer, subject=subject, created_at=tx.now)
        await tx.save(found, "identity.linked")
    return found


async def unlink(tx: Tx, *, user_id: int, issuer: str, subject: str) -> User:
    """The identity signs in to the account no more; what it is signed in to now ends."""
    user = await find_user(tx, user_id)
    same = select(Identity).where(
        Identity.user_id == user.id, Identity.issuer == issuer, Identity.subject == subject
    )
    found = (await tx.session.execute(same)).scalar_one_or_none()
    if found is not None:
        tx.note(found, "identity.unlinked", user_id=user.id, issuer=issuer)
        await tx.session.delete(found)
        await tokens.end_all(tx, user.id)
        await tx.session.flush()
    return user


async def change_password(
    services: Services,
    actor: Actor,
    *,
    current_password: str,
    password: str,
    limits: SignInLimits,
) -> User:
    """A new password for one's own account, by who knows the present one; all its tokens end."""
    async with services.reading(actor) as tx:
        user = await accounts.own_account(tx)
    shares = limits.shares(user.username, actor.origin, is_known=True)
    await rates.take(services, shares)
    if not await accounts.fits(current_password, user.password_hash):
        raise refuse(Code.WRONG_CREDENTIALS, field="current_password")
    await rates.give_back(services, shares)
    kept = await asyncio.to_thread(accounts.password_kept, password)
    return await services.perform(actor, _set_password, was=user.password_hash, kept=kept)


async def _set_password(tx: Tx, *, was: str | None, kept: Hashed) -> User:
    user = await tx.session.get_one(User, tx.actor.user_id, with_for_update=True)
    if user.password_hash != was:
        raise refuse(Code.WRONG_CREDENTIALS, field="current_password")
    user.password_hash = kept.text
    await tx.save(user, "user.password_changed")
    await tokens.end_all(tx, user.id)
    return user
