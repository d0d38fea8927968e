"""Grabs: how many a second, beside `pgbench` that does nothing but the conditional update.

Three of ours: the update alone through our engine, the whole grab (checks, assignment, record,
messages) as a service in this process, and the whole grab through the API by as many people as
there are orders, each of whom tries until they have one. And the update by the driver alone, which
is as near as one process in Python can come.
"""

import asyncio
import random
import secrets
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import httpx
import psycopg
from sqlalchemy import select

from benchmarks.api import peers
from benchmarks.api.documents import GRAB
from dispatch.api import ids
from dispatch.domain.errors import Refused
from dispatch.domain.places import SiteKind
from dispatch.domain.rights import Actor, Grant, Role
from dispatch.domain.technicians import Skill, TechnicianKind, Travel
from dispatch.services import accounts, offers, sites, technicians
from dispatch.services.action import Services
from dispatch.store.engine import Store
from dispatch.store.sites import Organization, Site
from tests.support.postgres import PostgresServer

CONNECTIONS = 8
WANTED = 0.5
"""Of what `pgbench` does a second."""
_UPDATE = """
UPDATE offer SET closed_at = now(), outcome = 'GRABBED', winner_id = {person}, version = version + 1
WHERE work_order_id = {order} AND closed_at IS NULL AND expires_at > now()
AND id IN (SELECT offer_id FROM offer_recipient WHERE technician_id = {person})
RETURNING id;
"""
_CLAIM = """
\\set n :n + 1
\\set order :first + :client_id * :each + :n
""" + _UPDATE.format(person=":person", order=":order")
_BARE_CLAIM = _UPDATE.format(person="%(person)s", order="%(order)s").encode()


Attempt = Callable[[int, int], Awaitable[bool]]
"""The person of a number tries to grab an order: whether they have it."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Technicians of a site of their own, free all day, with their tokens."""

    site_id: int
    technician_ids: Sequence[int]
    actors: Sequence[Actor]
    tokens: Sequence[str]


async def measure(
    postgres: PostgresServer, url: str, *, people: int, claims: int, rounds: int
) -> dict[str, Any]:
    """Claims of `claims` offers, and whole grabs by `people`, in turn, round after round."""
    store = Store(url, pool_size=CONNECTIONS)
    services = Services(store=store, clock=lambda: datetime.now(UTC), randbelow=secrets.randbelow)
    dsn = url.replace("+psycopg", "")
    done: dict[str, list[float]] = {}
    tried = 0
    try:
        crowd = await _crowd(services, people)
        async with peers.dispatch(url, crowd.tokens[0]) as (http, _):
            for _ in range(rounds):
                first = _put_on_offer(dsn, crowd, claims)
                done.setdefault("pgbench", []).append(
                    _pgbench(postgres, dsn, crowd, first=first, claims=claims)
                )
                first = _put_on_offer(dsn, crowd, claims)
                done.setdefault("engine", []).append(
                    await _claims(store, crowd, range(first, first + claims))
                )
                first = _put_on_offer(dsn, crowd, claims)
                done.setdefault("driver", []).append(
                    await _bare_claims(dsn, crowd, range(first, first + claims))
                )
                for name, attempt in (
                    ("service", _by_service(services, crowd)),
                    ("api", _by_api(http, crowd)),
                ):
                    first = _put_on_offer(dsn, crowd, people)
                    begun = time.perf_counter()
                    tried += await _storm(attempt, crowd, list(range(first, first + people)))
                    done.setdefault(name, []).append(people / (time.perf_counter() - begun))
    finally:
        await store.close()
    rates = {name: sorted(each)[len(each) // 2] for name, each in done.items()}
    return {
        "connections": CONNECTIONS,
        "people": people,
        "claims": claims,
        "tried_for_each_won": round(tried / (2 * rounds * people), 2),
        "a_second": {name: round(rate, 1) for name, rate in rates.items()},
        "a_second_rounds": {name: [round(one, 1) for one in each] for name, each in done.items()},
        "of_pgbench": {name: round(rate / rates["pgbench"], 3) for name, rate in rates.items()},
        "wanted_of_pgbench": WANTED,
    }


async def _crowd(services: Services, people: int) -> Crowd:
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


def _put_on_offer(dsn: str, crowd: Crowd, count: int) -> int:
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


def _pgbench(postgres: PostgresServer, dsn: str, crowd: Crowd, *, first: int, claims: int) -> float:
    """Claims a second, each of another order, by as many connections as ours has."""
    each = claims // CONNECTIONS
    settings = {"n": -1, "first": first, "each": each, "person": crowd.technician_ids[0]}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "claim.sql"
        script.write_text(_CLAIM, "utf-8")
        command = ["pgbench", "-n", "-f", str(script), "-M", "prepared", "-h", "127.0.0.1"]
        command += ["-p", str(postgres.port), "-U", "postgres", "-c", str(CONNECTIONS), "-j", "1"]
        command += ["-t", str(each), *(f"-D{name}={value}" for name, value in settings.items())]
        told = subprocess.run(
            [*command, dsn.rpartition("/")[2]], capture_output=True, check=True, text=True
        ).stdout
    _all_won(dsn, first, each * CONNECTIONS)
    [line] = [line for line in told.splitlines() if "without initial connection" in line]
    return float(line.split()[2])


def _all_won(dsn: str, first: int, count: int) -> None:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM offer WHERE work_order_id >= %s AND outcome = 'GRABBED'", [first]
        ).fetchone()
    assert row == (count,), (row, count)


async def _claims(store: Store, crowd: Crowd, order_ids: Sequence[int]) -> float:
    """The same statement through our engine, a transaction each."""

    async def claim(order_id: int) -> None:
        wanted = {
            "order": order_id,
            "person": crowd.technician_ids[0],
            "now": datetime.now(UTC),
        }
        async with store.writing() as session:
            assert (await session.execute(offers.CLAIM, wanted)).scalar_one()

    return await _a_second(claim, order_ids)


async def _bare_claims(dsn: str, crowd: Crowd, order_ids: Sequence[int]) -> float:
    """The same by the driver alone: what is left of `pgbench` in Python."""
    connections: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        connections.put_nowait(await psycopg.AsyncConnection.connect(dsn))

    async def claim(order_id: int) -> None:
        connection = await connections.get()
        wanted = {"order": order_id, "person": crowd.technician_ids[0]}
        async with connection.transaction():
            assert await (await connection.execute(_BARE_CLAIM, wanted)).fetchone()
        connections.put_nowait(connection)

    try:
        return await _a_second(claim, order_ids)
    finally:
        while not connections.empty():
            await connections.get_nowait().close()


async def _a_second(claim: Callable[[int], Awaitable[None]], order_ids: Sequence[int]) -> float:
    waiting = list(order_ids)
    begun = time.perf_counter()

    async def worker() -> None:
        while waiting:
            await claim(waiting.pop())

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return len(order_ids) / (time.perf_counter() - begun)


def _by_service(services: Services, crowd: Crowd) -> Attempt:
    async def attempt(number: int, order_id: int) -> bool:
        try:
            await services.perform(crowd.actors[number], offers.grab, work_order_id=order_id)
        except Refused:
            return False
        return True

    return attempt


def _by_api(http: httpx.AsyncClient, crowd: Crowd) -> Attempt:
    async def attempt(number: int, order_id: int) -> bool:
        body = {
            "query": GRAB,
            "variables": {"input": {"workOrderId": ids.encode("WorkOrder", order_id)}},
        }
        headers = {"Authorization": f"Bearer {crowd.tokens[number]}"}
        answer = (await http.post("/graphql", json=body, headers=headers)).json()
        return not answer["data"]["workOrderGrab"]["userErrors"]

    return attempt


async def _storm(attempt: Attempt, crowd: Crowd, open_ones: list[int]) -> int:
    """Everybody picks one of those that are left until they have one; how often they tried."""
    draw = random.Random(1)
    tried = 0

    async def client(number: int) -> None:
        nonlocal tried
        while open_ones:
            order_id = draw.choice(open_ones)
            tried += 1
            if await attempt(number, order_id):
                open_ones.remove(order_id)
                return

    async with asyncio.timeout(300):
        await asyncio.gather(*(client(number) for number in range(len(crowd.technician_ids))))
    assert not open_ones
    return tried
