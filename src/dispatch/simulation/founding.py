"""Makes the simulated site, its people and their tokens, before the day begins."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import select

from dispatch.commands.teams import Member, draw_team
from dispatch.domain.rights import Actor, Role
from dispatch.domain.technicians import TechnicianKind, Travel
from dispatch.services import accounts, policies, sites, technicians
from dispatch.services.action import Services, Tx
from dispatch.simulation.requests import Town
from dispatch.store.categories import Category
from dispatch.store.sites import Site

_SHIFTS = (
    # Share of the team, hours, when a break may be.
    (0.35, time(6), time(14, 30), time(9, 30), time(11)),
    (0.40, time(8), time(16, 30), time(11, 30), time(13, 30)),
    (0.22, time(14), time(22, 30), time(17), time(19)),
    (0.03, time(22), time(6, 30), time(1), time(3)),
)
_SHARES = [share for share, *_ in _SHIFTS]
_BREAK_MINUTES = 30
_SINCE = date(2000, 1, 1)
_TRAVEL_S = 15 * 60
"""What a visit's way takes, roughly; the team is as large as the busiest hours ask for."""
_SHIFT_S = 8 * 3600
_FILL = 0.6
_DESKS = 6


@dataclass(frozen=True, slots=True)
class Worker:
    """A technician, and how to speak for them."""

    id: int
    name: str
    token: str
    levels: Mapping[str, int]
    """By trade, how able they are."""
    hours: tuple[time, time]
    """When the shift begins and ends; a night shift ends on the next day."""
    home: tuple[float, float]

    def can(self, trade: str, level: int) -> bool:
        return self.levels.get(trade, 0) >= level

    def works_at(self, moment: time) -> bool:
        begins, ends = self.hours
        if begins <= ends:
            return begins <= moment < ends
        return moment >= begins or moment < ends


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody of the day."""

    site: Site
    categories: Mapping[str, Category]
    workers: Sequence[Worker]
    tokens: Mapping[Role, Sequence[str]] = field(default_factory=dict)


async def found(services: Services, town: Town, *, seed: int, policy: Mapping[str, Any]) -> Cast:
    """Site, categories, policy, team and accounts."""
    nobody = accounts.service_actor(organization_id=0, origin="simulation")
    async with services.writing(nobody) as tx:
        organization = await sites.create_organization(tx, code="simulation", name=town.name)
        root = accounts.service_actor(organization_id=organization.id, origin="simulation")
        tx.actor = root
        site = await sites.create_site(
            tx,
            code="simulation",
            name=town.name,
            kind=town.kind,
            time_zone=town.zone,
            latitude=town.latitude,
            longitude=town.longitude,
        )
        for group in town.groups:
            await sites.add_category_group(tx, site_id=site.id, group=group)
        await policies.set_policy(tx, site_id=site.id, document=policy)
        rows = await tx.session.execute(select(Category).where(Category.site_id == site.id))
        categories = {row.code: row for row in rows.scalars() if row.trade is not None}
    workers = await _hire(services, root, site, town, categories, seed=seed)
    async with services.writing(root) as tx:
        tokens = {
            role: [await _account(tx, role, site) for _ in range(count)]
            for role, count in (
                (Role.DESK, _DESKS),
                (Role.DISPATCHER, 1),
                (Role.SUPERVISOR, 1),
                (Role.TEAM_LEADER, 1),
                (Role.PROJECT_MANAGER, 1),
                (Role.ADMINISTRATOR, 1),
            )
        }
    return Cast(site, categories, workers, tokens)


def team_size(town: Town, categories: Mapping[str, Category]) -> int:
    """As many as the day's work and ways fill to three fifths of their shifts."""
    hours_s = sum(
        ((categories[each.category].duration_s or 3600) + _TRAVEL_S)
        * (categories[each.category].crew_size or 1)
        for each in town.reports
    )
    return max(4, round(hours_s / (_SHIFT_S * _FILL)))


async def _hire(
    services: Services,
    root: Actor,
    site: Site,
    town: Town,
    categories: Mapping[str, Category],
    *,
    seed: int,
) -> list[Worker]:
    work = [
        SimpleNamespace(
            latitude=each.latitude,
            longitude=each.longitude,
            trade=categories[each.category].trade,
            level=categories[each.category].level,
            duration_s=categories[each.category].duration_s,
            crew_size=categories[each.category].crew_size,
        )
        for each in town.reports
    ]
    members = draw_team(cast("Any", work), size=team_size(town, categories), seed=seed)
    rng = random.Random(seed)  # noqa: S311 -- a reproducible draw, not a secret
    async with services.writing(root) as tx:
        return [
            await _take_on(tx, site, number, member, hours=rng.choices(_SHIFTS, _SHARES)[0][1:])
            for number, member in enumerate(members, 1)
        ]


async def _take_on(
    tx: Tx, site: Site, number: int, member: Member, *, hours: tuple[time, time, time, time]
) -> Worker:
    starts, ends, rest_from, rest_to = hours
    name = f"{member.trade} {number:03d}"
    made = await technicians.create(
        tx,
        code=f"S{number:04d}",
        name=name,
        kind=TechnicianKind.STAFF,
        travel=Travel.CAR,
        skills=member.skills,
        site_ids=[site.id],
        home_latitude=member.latitude,
        home_longitude=member.longitude,
    )
    await technicians.add_shift_pattern(
        tx,
        technician_id=made.id,
        weekdays=range(7),
        starts=starts,
        ends=ends,
        break_starts=rest_from,
        break_ends=rest_to,
        break_minutes=_BREAK_MINUTES,
        valid_from=_SINCE,
    )
    return Worker(
        id=made.id,
        name=name,
        token=await _account(tx, Role.TECHNICIAN, site, technician_id=made.id),
        levels={skill.trade: skill.level for skill in member.skills},
        hours=(starts, ends),
        home=(member.latitude, member.longitude),
    )


async def _account(tx: Tx, role: Role, site: Site, *, technician_id: int | None = None) -> str:
    number = tx.randbelow(10**12)
    user = await accounts.create_user(
        tx,
        username=f"{role.value.lower()}-{number}",
        name=role.value,
        technician_id=technician_id,
    )
    await accounts.grant_role(tx, user_id=user.id, role=role, site_id=site.id)
    return (await accounts.issue_token(tx, user_id=user.id, label="simulation")).token
