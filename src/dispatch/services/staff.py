"""Accounts of a site's staff, by what they may do there."""

from sqlalchemy import or_, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import RIGHTS, Action, Role
from dispatch.services.action import Tx
from dispatch.store.users import RoleGrant, User


def roles_with(action: Action) -> tuple[Role, ...]:
    """The roles that carry a right."""
    return tuple(role for role in Role if action in RIGHTS[role])


async def find_staff(tx: Tx, user_id: int, action: Action, *, site_id: int, field: str) -> User:
    """An open account whose role at the site carries the right; anyone else is not found."""
    statement = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            User.id == user_id,
            User.organization_id == tx.actor.organization_id,
            User.disabled_at.is_(None),
            RoleGrant.role.in_(roles_with(action)),
            or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None)),
        )
        .limit(1)
    )
    user = (await tx.session.execute(statement)).scalar_one_or_none()
    if user is None:
        raise refuse(Code.NOT_FOUND, field=field, id=user_id)
    return user
