"""The demo's estate, looked up: whom and what its stories need."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dispatch.demo.facts import facts
from dispatch.domain.rights import Actor, Grant, Role
from dispatch.services import accounts
from dispatch.services.action import Tx
from dispatch.store.parties import Party, PartyUnit
from dispatch.store.sites import Organization, Place, Site
from dispatch.store.technicians import Technician
from dispatch.store.users import RoleGrant, User


@dataclass(frozen=True, slots=True)
class Home:
    """A resident and their room."""

    party_id: int
    place_id: int


@dataclass(frozen=True, slots=True)
class Estate:
    """Whom and what the demo's stories need."""

    site: Site
    root: Actor
    homes: Sequence[Home]
    public: Sequence[int]
    people: dict[str, Technician]
    crew: dict[str, Actor]
    roles: dict[Role, Actor]
    users: dict[Role, User]

    @property
    def desk(self) -> Actor:
        return self.roles[Role.DESK]

    @property
    def dispatcher(self) -> Actor:
        return self.roles[Role.DISPATCHER]


async def find_estate(tx: Tx) -> Estate | None:
    """The estate in the database, None before it is made."""
    session = tx.session
    told = facts("estate")
    statement = (
        select(Site)
        .join(Organization, Organization.id == Site.organization_id)
        .where(Organization.code == told["organization"]["code"], Site.code == told["site"]["code"])
    )
    site = (await session.execute(statement)).scalar_one_or_none()
    if site is None:
        return None
    homes = await session.execute(
        select(PartyUnit.party_id, PartyUnit.place_id)
        .join(Party, Party.id == PartyUnit.party_id)
        .where(Party.site_id == site.id)
        .order_by(PartyUnit.id)
    )
    public = select(Place.id).where(Place.site_id == site.id, Place.is_public).order_by(Place.id)
    people = select(Technician).where(Technician.organization_id == site.organization_id)
    users = select(User).where(User.organization_id == site.organization_id).order_by(User.id)
    grants = select(RoleGrant).where(RoleGrant.site_id == site.id)
    by_user = {grant.user_id: grant for grant in (await session.execute(grants)).scalars()}
    roles: dict[Role, User] = {}
    actors: dict[int, Actor] = {}
    for user in (await session.execute(users)).scalars():
        role = by_user[user.id].role if user.id in by_user else Role.ADMINISTRATOR
        roles.setdefault(role, user)
        actors[user.id] = _actor(user, role, site)
    by_technician = {
        actor.technician_id: actor
        for actor in actors.values()
        if Grant(Role.TECHNICIAN, site.id) in actor.grants
    }
    technicians_by_code = {each.code: each for each in (await session.execute(people)).scalars()}
    return Estate(
        site=site,
        root=accounts.service_actor(organization_id=site.organization_id, origin="demo"),
        homes=[Home(party_id, place_id) for party_id, place_id in homes],
        public=(await session.execute(public)).scalars().all(),
        people=technicians_by_code,
        crew={code: by_technician[each.id] for code, each in technicians_by_code.items()},
        roles={role: actors[user.id] for role, user in roles.items()},
        users=roles,
    )


def _actor(user: User, role: Role, site: Site) -> Actor:
    everywhere = role is Role.ADMINISTRATOR
    return Actor(
        organization_id=user.organization_id,
        name=user.name,
        user_id=user.id,
        grants=frozenset({Grant(role, None if everywhere else site.id)}),
        technician_id=user.technician_id,
        party_id=user.party_id,
        language=user.language,
        origin="demo",
    )
