"""Who asks in the benchmarks: somebody who sees all sites of the company."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from dispatch.domain.rights import Role
from dispatch.services import accounts
from dispatch.services.action import Services
from dispatch.store.engine import Store
from dispatch.store.sites import Organization, Site
from dispatch.store.users import User

NAME = "bench-company"


@dataclass(frozen=True, slots=True)
class Reader:
    """A token, and the first site."""

    token: str
    site_id: int


async def reader_of(url: str) -> Reader:
    """A new token of the benchmark's own account, which is made at its first use."""
    services = Services(
        store=Store(url), clock=lambda: datetime.now(UTC), randbelow=secrets.randbelow
    )
    try:
        async with services.store.reading() as session:
            company = (await session.execute(select(Organization))).scalar_one()
            site_id = (await session.execute(select(Site.id).order_by(Site.id))).scalars().first()
            known = await session.execute(select(User).where(User.username == NAME))
            user = known.scalar_one_or_none()
        assert site_id is not None
        root = accounts.service_actor(organization_id=company.id, origin="bench")
        if user is None:
            user = await services.perform(root, accounts.create_user, username=NAME, name=NAME)
            for role in (Role.DISPATCHER, Role.DESK, Role.ANALYST, Role.ADMINISTRATOR):
                await services.perform(
                    root, accounts.grant_role, user_id=user.id, role=role, site_id=None
                )
        signed = await services.perform(root, accounts.issue_token, user_id=user.id, label="bench")
        return Reader(signed.token, site_id)
    finally:
        await services.store.close()
