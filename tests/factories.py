"""Small worlds for tests, made through the services as people would make them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from dispatch.domain.places import PlaceKind, SiteKind
from dispatch.domain.rights import Actor, Grant, Role
from dispatch.domain.technicians import Skill, TechnicianKind, Travel
from dispatch.domain.tickets import Area, Channel, TicketKind
from dispatch.services import accounts, sites, technicians, tickets
from dispatch.services.action import Services
from dispatch.store.categories import Category
from dispatch.store.engine import Store
from dispatch.store.events import Event
from dispatch.store.parties import Party
from dispatch.store.sites import Place, Site
from dispatch.store.tables import Base
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.users import User
from dispatch.store.work_orders import WorkOrder
from tests.support.worlds import fill

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""09:00 on a Monday in Shanghai."""
MORNING = 10
"""The hour in which the day still has room, and everybody is at work."""


@dataclass
class Clock:
    """Time stands still until a test moves it, or goes on by `tick` with each look."""

    now: datetime = MONDAY
    tick: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        self.now += self.tick
        return self.now

    def forward(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


@dataclass
class World:
    """One organization with a site: a building with three flats and a public garden."""

    services: Services
    clock: Clock
    root: Actor
    site: Site
    building: Place
    rooms: list[Place]
    garden: Place
    party: Party
    actors: dict[Role, Actor] = field(default_factory=dict)
    users: dict[Role, User] = field(default_factory=dict)
    count: int = 0

    @property
    def desk(self) -> Actor:
        return self.actors[Role.DESK]

    @property
    def dispatcher(self) -> Actor:
        return self.actors[Role.DISPATCHER]

    @property
    def resident(self) -> Actor:
        return self.actors[Role.RESIDENT]

    def today(self) -> date:
        """The day it is at the site, which may be another one than in UTC."""
        return self.clock.now.astimezone(ZoneInfo(self.site.time_zone)).date()

    def next(self) -> int:
        self.count += 1
        return self.count

    async def do(self, actor: Actor, service: Any, **arguments: Any) -> Any:
        return await self.services.perform(actor, service, **arguments)

    async def rows(self, row: type[Base], *conditions: Any) -> list[Any]:
        async with self.services.store.reading() as session:
            statement = select(row).where(*conditions).order_by(row.id)
            return list((await session.execute(statement)).scalars())

    async def counts(self) -> dict[str, int]:
        """How many rows each table holds: equal before and after means nothing was written."""
        async with self.services.store.reading() as session:
            return {
                mapper.class_.__tablename__: (
                    await session.execute(select(func.count()).select_from(mapper.class_))
                ).scalar_one()
                for mapper in Base.registry.mappers
            }

    async def events(self, *kinds: str, **subject: Any) -> list[Event]:
        conditions = [getattr(Event, name) == value for name, value in subject.items()]
        if kinds:
            conditions.append(Event.kind.in_(kinds))
        return await self.rows(Event, *conditions)

    async def category(self, code: str, site_id: int | None = None) -> Category:
        site_id = site_id or self.site.id
        return (await self.rows(Category, Category.site_id == site_id, Category.code == code))[0]

    async def user(
        self,
        role: Role,
        *,
        site_id: int | None = None,
        technician_id: int | None = None,
        party_id: int | None = None,
    ) -> tuple[User, Actor]:
        """An account with one role at one site, and the actor it acts as."""
        site_id = site_id or self.site.id
        name = f"{role.value.lower()}-{self.next()}"
        user = await self.do(
            self.root,
            accounts.create_user,
            username=name,
            name=name,
            technician_id=technician_id,
            party_id=party_id,
        )
        await self.do(self.root, accounts.grant_role, user_id=user.id, role=role, site_id=site_id)
        actor = Actor(
            organization_id=self.root.organization_id,
            name=name,
            user_id=user.id,
            grants=frozenset({Grant(role, site_id)}),
            technician_id=technician_id,
            party_id=party_id,
            origin="test",
        )
        return user, actor

    async def technician(
        self,
        name: str = "",
        *,
        trades: dict[str, int] | None = None,
        expires_on: date | None = None,
        site_ids: Sequence[int] = (),
        starts: time = time(8),
        ends: time = time(18),
        weekdays: Sequence[int] = range(7),
        home: tuple[float, float] = (31.30, 120.60),
        lunch: bool = False,
        **fields: Any,
    ) -> tuple[Technician, Actor]:
        """A technician on duty every day from `starts` to `ends`, with their account."""
        number = self.next()
        technician = await self.do(
            self.root,
            technicians.create,
            code=f"T{number:03d}",
            name=name or f"Technician {number}",
            kind=fields.pop("kind", TechnicianKind.STAFF),
            travel=fields.pop("travel", Travel.SCOOTER),
            skills=[
                Skill(trade, level, expires_on)
                for trade, level in (trades or {"plumbing": 2}).items()
            ],
            site_ids=list(site_ids) or [self.site.id],
            home_latitude=home[0],
            home_longitude=home[1],
            **fields,
        )
        await self.do(
            self.root,
            technicians.add_shift_pattern,
            technician_id=technician.id,
            weekdays=list(weekdays),
            starts=starts,
            ends=ends,
            break_starts=time(11, 30) if lunch else None,
            break_ends=time(13, 30) if lunch else None,
            break_minutes=30 if lunch else 0,
            valid_from=date(2011, 1, 1),
        )
        _, actor = await self.user(Role.TECHNICIAN, technician_id=technician.id)
        return technician, actor

    async def ticket(self, actor: Actor | None = None, **fields: Any) -> Ticket:
        """A complete report of a dripping tap in the first flat, by phone."""
        given: dict[str, Any] = {
            "site_id": self.site.id,
            "kind": TicketKind.REPAIR,
            "channel": Channel.PHONE,
            "description": "厨房水龙头漏水",
            "requester_name": "王芳",
            "requester_phone": "13800000000",
            "place_id": self.rooms[0].id,
        }
        return await self.do(actor or self.desk, tickets.create, **{**given, **fields})

    async def order(self, *, category: str = "tap_leak", **fields: Any) -> WorkOrder:
        """A queued work order from a triaged ticket."""
        triage = {
            name: fields.pop(name)
            for name in ("priority", "level", "duration_s", "crew_size", "area")
            if name in fields
        }
        ticket = await self.ticket(**fields)
        leaf = await self.category(category)
        await self.do(self.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id, **triage)
        return (await self.rows(WorkOrder, WorkOrder.ticket_id == ticket.id))[0]

    async def public_order(self, **fields: Any) -> WorkOrder:
        """A queued order in the garden, which needs no door code."""
        return await self.order(place_id=self.garden.id, area=Area.PUBLIC, **fields)


@asynccontextmanager
async def a_world(url: str, *, now: datetime = MONDAY) -> AsyncIterator[World]:
    """A fresh world in a fresh database."""
    made = await fill(url, _build_in, name="world")
    async with reopened(url, made, now=now) as world:
        yield world


@asynccontextmanager
async def reopened(url: str, made: dict[str, Any], *, now: datetime) -> AsyncIterator[World]:
    """The world of which `parts` kept that much, in a copy of its database."""
    services = _services(url, Clock(now))
    try:
        yield World(services=services, clock=cast("Clock", services.clock), **made)
    finally:
        await services.store.close()


def parts(world: World) -> dict[str, Any]:
    """All of a world that can be kept for its copies, as `World` names it."""
    rest = {each.name for each in fields(World)} - {"services", "clock"}
    return {name: getattr(world, name) for name in rest}


def _services(url: str, clock: Clock) -> Services:
    return Services(store=Store(url), clock=clock, randbelow=random.Random(7).randrange)


async def _build_in(url: str) -> dict[str, Any]:
    """Builds the world, long before any test's own time."""
    services = _services(url, Clock(datetime(2026, 1, 5, 1, tzinfo=UTC)))
    try:
        return parts(await _build(services))
    finally:
        await services.store.close()


async def _build(services: Services) -> World:
    nobody = accounts.service_actor(organization_id=0, origin="test")
    organization = await services.perform(
        nobody, sites.create_organization, code="acme", name="金色物业"
    )
    root = accounts.service_actor(organization_id=organization.id, origin="test")
    site = await another_site(services, root, code="lake")
    building = await services.perform(
        root,
        sites.create_place,
        site_id=site.id,
        parent_id=None,
        kind=PlaceKind.BUILDING,
        name="1 幢",
        latitude=31.300,
        longitude=120.600,
    )
    rooms = [
        await services.perform(
            root,
            sites.create_place,
            site_id=site.id,
            parent_id=building.id,
            kind=PlaceKind.ROOM,
            name=f"{floor}01",
            floor=floor,
        )
        for floor in (1, 2, 3)
    ]
    garden = await services.perform(
        root,
        sites.create_place,
        site_id=site.id,
        parent_id=None,
        kind=PlaceKind.PUBLIC_AREA,
        name="中心花园",
        is_public=True,
        latitude=31.305,
        longitude=120.605,
    )
    party = await services.perform(
        root,
        sites.create_party,
        site_id=site.id,
        name="王芳",
        phones=["13800000000"],
        place_ids=[rooms[0].id],
    )
    clock = cast("Clock", services.clock)
    world = World(services, clock, root, site, building, rooms, garden, party)
    for role in Role:
        if role is Role.TECHNICIAN:
            continue
        own = party.id if role is Role.RESIDENT else None
        world.users[role], world.actors[role] = await world.user(role, party_id=own)
    return world


async def move_to_morning(world: World) -> None:
    """Brings the site to a time zone where the world's clock shows ten o'clock or so."""
    hours = MORNING - world.clock.now.astimezone(UTC).hour
    # Zones reach from twelve hours behind UTC to fourteen before it; their names count backwards.
    east = hours if hours >= -12 else hours + 24
    world.site.time_zone = f"Etc/GMT{-east:+d}"
    async with world.services.store.writing() as session:
        await session.execute(
            update(Site).where(Site.id == world.site.id).values(time_zone=world.site.time_zone)
        )


async def another_site(services: Services, root: Actor, *, code: str) -> Site:
    """A further site of the same organization."""
    return await services.perform(
        root,
        sites.create_site,
        code=code,
        name=f"{code} 花园",
        kind=SiteKind.ESTATE,
        time_zone="Asia/Shanghai",
        latitude=31.30,
        longitude=120.60,
    )
