"""Technicians after orders on offer: who they are, and the orders put before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

import psycopg
from sqlalchemy import select

from dispatch.domain.places import SiteKind
from dispatch.domain.rights import Actor, Grant, Role
from dispatch.domain.technicians import Skill, TechnicianKind, Travel
from dispatch.services import accounts, sites, technicians
from dispatch.services.action import Services
from dispatch.store.sites import Organization, Site


@dataclass(frozen=True, slots=True)
class Crowd:
    """Technicians of a site of their own, free all day, with their tokens."""

    site_id: int
    technician_ids: Sequence[int]
    actors: Sequence[Actor]
    tokens: Sequence[str]


async def a_crowd(services: Services, people: int) -> Crowd:
    """So many technicians of a new site, at work whatever the hour."""
    async with services.store.reading() as session:
        company = (await session.execute(select(Organization))).scalar_one()
        count = len((await session.execute(select(Site.id))).all())
    root = accounts.service_actor(organization_id=company.id, origin="bench")
    site = await services.perform(
        root,
        sites.create_site,
        code=f"grabs-{count}",
        name="grabs",
        kind=SiteKind.ESTATE,
        time_zone="Asia/Shanghai",
        latitude=31.30,
        longitude=120.60,
    )
    ids_, actors, tokens = [], [], []
    for number in range(people):
        name = f"grab-{count}-{number}"
        person = await services.perform(
            root,
            technicians.create,
            code=name,
            name=name,
            kind=TechnicianKind.STAFF,
            travel=Travel.SCOOTER,
            skills=[Skill("plumbing", 2)],
            site_ids=[site.id],
            home_latitude=31.30,
            home_longitude=120.60,
        )
        # Two shifts: whenever the benchmark runs, they are at work.
        for starts, ends in ((clock_time(0), clock_time(12)), (clock_time(12), clock_time(23, 59))):
            await services.perform(
                root,
                technicians.add_shift_pattern,
                technician_id=person.id,
                weekdays=list(range(7)),
                starts=starts,
                ends=ends,
                valid_from=date(2020, 1, 1),
            )
        user = await services.perform(
            root, accounts.create_user, username=name, name=name, technician_id=person.id
        )
        await services.perform(
            root, accounts.grant_role, user_id=user.id, role=Role.TECHNICIAN, site_id=site.id
        )
        signed = await services.perform(root, accounts.issue_token, user_id=user.id, label="bench")
        ids_.append(person.id)
        tokens.append(signed.token)
        actors.append(
            Actor(
                organization_id=company.id,
                name=name,
                user_id=user.id,
                grants=frozenset({Grant(Role.TECHNICIAN, site.id)}),
                technician_id=person.id,
                origin="bench",
            )
        )
    return Crowd(site.id, ids_, actors, tokens)


def put_on_offer(dsn: str, crowd: Crowd, count: int) -> int:
    """New orders on offer to everybody, who hold nothing any more; the first one's id."""
    values = {
        "site": crowd.site_id,
        "count": count,
        "people": list(crowd.technician_ids),
        "until": datetime.now(UTC) + timedelta(hours=2),
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in _ALL_OVER:
            connection.execute(statement.encode(), values)
        row = connection.execute(_NEW_ORDERS, values).fetchone()
        assert row is not None
        connection.execute(_NEW_OFFERS, values | {"first": row[0]})
        connection.execute("ANALYZE offer, offer_recipient")
        return row[0]


_ALL_OVER = tuple(
    f"UPDATE {table} SET {ended} WHERE {which}"
    for table, ended, which in (
        (
            "assignment",
            "ended_at = now(), \"end\" = 'CANCELLED'",
            "ended_at IS NULL AND technician_id = ANY(%(people)s)",
        ),
        (
            "work_order",
            "state = 'CANCELLED', ended_at = now()",
            "site_id = %(site)s AND state <> 'CANCELLED'",
        ),
        ("offer", "closed_at = now()", "site_id = %(site)s AND closed_at IS NULL"),
    )
)
_NEW_ORDERS = """
WITH report AS (
  INSERT INTO ticket(site_id, number, kind, channel, state, intake_by, description, is_complete,
    photos, trade, level, duration_s, crew_size, priority, taken_by_name, reported_at, created_at,
    version, is_construction_fault, latitude, longitude)
  SELECT %(site)s, left('GRAB-' || gen_random_uuid(), 40), 'REPAIR', 'PHONE', 'TRIAGED', 'DESK',
    'x', true, '[]', 'plumbing', 1, 1800, 1, 'NORMAL', 'desk', now(), now(), 1, false, 31.30, 120.60
  FROM generate_series(1, %(count)s) RETURNING id, site_id, number
), made AS (
  INSERT INTO work_order(site_id, ticket_id, number, state, dispatch_step, priority, trade, level,
    duration_s, crew_size, area, latitude, longitude, door_code_wrong, is_pinned, is_rework,
    created_at, version)
  SELECT site_id, id, number, 'OFFERED', 'GRAB', 'NORMAL', 'plumbing', 1, 1800, 1, 'PUBLIC', 31.30,
    120.60, 0, false, false, now(), 1
  FROM report ORDER BY id RETURNING id
) SELECT min(id) FROM made
"""
_NEW_OFFERS = """
WITH made AS (
  INSERT INTO offer(work_order_id, site_id, opened_at, expires_at, version)
  SELECT id, site_id, now(), %(until)s, 1 FROM work_order
  WHERE site_id = %(site)s AND id >= %(first)s RETURNING id
) INSERT INTO offer_recipient(offer_id, technician_id)
SELECT made.id, person FROM made, unnest(%(people)s::bigint[]) person
"""
