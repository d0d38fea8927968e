"""Makes the simulated company, its sites, people and their tokens, before the day begins."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from itertools import accumulate
from statistics import fmean
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import select

from dispatch.commands.teams import Hours, Member, draw_team, take_on
from dispatch.domain.rights import Role
from dispatch.services import accounts, policies, sites
from dispatch.services.action import Services, Tx
from dispatch.simulation.requests import Report, Town
from dispatch.store.categories import Category
from dispatch.store.sites import Site

_SHIFTS = {
    # By share of the team.
    Hours(time(6), time(14, 30), time(9, 30), time(11)): 0.35,
    Hours(time(8), time(16, 30), time(11, 30), time(13, 30)): 0.40,
    Hours(time(14), time(22, 30), time(17), time(19)): 0.22,
    Hours(time(22), time(6, 30), time(1), time(3)): 0.03,
}
_TRAVEL_S = 15 * 60
"""What a visit's way takes, roughly; the team is as large as the busiest hours ask for."""
_SHIFT_S = 8 * 3600
_FILL = 0.5
_GOLDEN = (math.sqrt(5) - 1) / 2
_DESKS = 6
_OFFICE = (
    Role.DISPATCHER,
    Role.SUPERVISOR,
    Role.TEAM_LEADER,
    Role.PROJECT_MANAGER,
    Role.ADMINISTRATOR,
)
"""One of each at every site."""


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
    """A site, and everybody who has to do with it."""

    site: Site
    reports: Sequence[Report]
    """What will be reported there, in order of time."""
    categories: Mapping[str, Category]
    workers: Sequence[Worker]
    tokens: Mapping[Role, Sequence[str]] = field(default_factory=dict)


async def found(
    services: Services, town: Town, *, seed: int, policy: Mapping[str, Any]
) -> list[Cast]:
    """The company with a site for each district of the town; its desk serves all of them."""
    nobody = accounts.service_actor(organization_id=0, origin="simulation")
    async with services.writing(nobody) as tx:
        organization = await sites.create_organization(tx, code="simulation", name=town.name)
        root = accounts.service_actor(organization_id=organization.id, origin="simulation")
        tx.actor = root
        desk = {Role.DESK: [await _account(tx, Role.DESK) for _ in range(_DESKS)]}
    casts = []
    for number, reports in enumerate(town.districts(), 1):
        async with services.writing(root) as tx:
            site = await _site(tx, town, number, reports, policy=policy)
            rows = await tx.session.execute(select(Category).where(Category.site_id == site.id))
            categories = {row.code: row for row in rows.scalars() if row.trade is not None}
            workers = await _hire(tx, site, reports, categories, seed=seed)
            tokens = {role: [await _account(tx, role, site)] for role in _OFFICE}
        casts.append(Cast(site, reports, categories, workers, {**desk, **tokens}))
    return casts


async def _site(
    tx: Tx, town: Town, number: int, reports: Sequence[Report], *, policy: Mapping[str, Any]
) -> Site:
    site = await sites.create_site(
        tx,
        code=f"simulation-{number}",
        name=f"{town.name} {number}",
        kind=town.kind,
        time_zone=town.zone,
        latitude=fmean(each.latitude for each in reports),
        longitude=fmean(each.longitude for each in reports),
    )
    for group in town.groups:
        await sites.add_category_group(tx, site_id=site.id, group=group)
    await policies.set_policy(tx, site_id=site.id, document=policy)
    return site


def team_size(reports: Sequence[Report], categories: Mapping[str, Category]) -> int:
    """As many as the day's work and ways fill to half of their shifts."""
    hours_s = sum(
        ((categories[each.category].duration_s or 3600) + _TRAVEL_S)
        * (categories[each.category].crew_size or 1)
        for each in reports
    )
    return max(4, round(hours_s / (_SHIFT_S * _FILL)))


async def _hire(
    tx: Tx,
    site: Site,
    reports: Sequence[Report],
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
        for each in reports
    ]
    members = draw_team(cast("Any", work), size=team_size(reports, categories), seed=seed)
    return [
        await _worker(tx, site, number, member, hours=_shift(number))
        for number, member in enumerate(members, 1)
    ]


def _shift(number: int) -> Hours:
    """The shift of the team's n-th: those who follow each other, of one trade, have different ones,
    and all of them together the shares."""
    place = number * _GOLDEN % 1
    for shift, upto in zip(_SHIFTS, accumulate(_SHIFTS.values()), strict=True):
        if place < upto:
            return shift
    return next(iter(_SHIFTS))


async def _worker(tx: Tx, site: Site, number: int, member: Member, *, hours: Hours) -> Worker:
    name = f"{member.trade} {number:03d}"
    made = await take_on(tx, site, member, code=f"{site.id}-{number:03d}", name=name, hours=hours)
    return Worker(
        id=made.id,
        name=name,
        token=await _account(tx, Role.TECHNICIAN, site, technician_id=made.id),
        levels={skill.trade: skill.level for skill in member.skills},
        hours=(hours.starts, hours.ends),
        home=(member.latitude, member.longitude),
    )


async def _account(
    tx: Tx, role: Role, site: Site | None = None, *, technician_id: int | None = None
) -> str:
    """The token of a new account with the role at the site, or at all of them."""
    number = tx.randbelow(10**12)
    user = await accounts.create_user(
        tx,
        username=f"{role.value.lower()}-{number}",
        name=role.value,
        technician_id=technician_id,
    )
    await accounts.grant_role(
        tx, user_id=user.id, role=role, site_id=site.id if site is not None else None
    )
    return (await accounts.issue_token(tx, user_id=user.id, label="simulation")).token
