"""Whoever asked for work that is done later."""

from dataclasses import replace

from dispatch.domain.rights import Actor
from dispatch.services.accounts import actor_of
from dispatch.services.action import Tx
from dispatch.store.sites import Site
from dispatch.store.users import User


async def who_asked(tx: Tx, user_id: int | None, site: Site) -> Actor:
    """The account with the rights it has now, none once it is closed; without an account the
    service itself, as it acts in `tx`, within the site's organization."""
    if user_id is None:
        return replace(tx.actor, organization_id=site.organization_id)
    user = await tx.session.get_one(User, user_id)
    if user.disabled_at is not None:
        return Actor(organization_id=user.organization_id, name=user.name, user_id=user.id)
    return await actor_of(tx.session, user, origin=tx.actor.origin)
