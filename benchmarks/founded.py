"""A fresh organization with a site and somebody in every role: where measurements begin."""

from sqlalchemy import func, select

from dispatch.domain.places import SiteKind
from dispatch.domain.rights import Actor, Role
from dispatch.services import accounts, sites
from dispatch.services.action import Services
from dispatch.store.sites import Organization, Site


async def found(services: Services, *, time_zone: str = "Asia/Shanghai") -> tuple[Actor, Site]:
    """Whoever may do everything there, and the site."""
    nobody = accounts.service_actor(organization_id=0, origin="bench")
    organization = await services.perform(
        nobody, sites.create_organization, code="bench", name="bench"
    )
    root = accounts.service_actor(organization_id=organization.id, origin="bench")
    site = await new_site(services, root, "bench", time_zone=time_zone)
    for role in Role:
        user = await services.perform(
            root, accounts.create_user, username=f"bench-{role.value.lower()}", name=role.value
        )
        await services.perform(
            root, accounts.grant_role, user_id=user.id, role=role, site_id=site.id
        )
    return root, site


async def new_site(
    services: Services, root: Actor, code: str, *, time_zone: str = "Asia/Shanghai"
) -> Site:
    """An estate where there is nobody and nothing yet, named like its code."""
    return await services.perform(
        root,
        sites.create_site,
        code=code,
        name=code,
        kind=SiteKind.ESTATE,
        time_zone=time_zone,
        latitude=31.30,
        longitude=120.60,
    )


async def another_site(services: Services) -> tuple[Actor, Site]:
    """One more site of the company that is there, whatever it is called, and who may do everything
    in it."""
    async with services.store.reading() as session:
        company = (await session.execute(select(Organization))).scalar_one()
        count = (await session.execute(select(func.count()).select_from(Site))).scalar_one()
    root = accounts.service_actor(organization_id=company.id, origin="bench")
    return root, await new_site(services, root, f"more-{count}")
