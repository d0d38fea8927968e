"""Grabs: how many a second, beside `pgbench` that says the same to the same server.

In calm everybody grabs orders of their own and wins them; in a storm many are after a few orders
and nearly all lose. What is compared, all over as many connections, each with what it says taken
down from a grab of ours: the claim alone (the conditional update) and all that a grab says, by
`pgbench`; the claim by the driver and by our engine; the whole grab as a service in this process,
and through the API. A grab counts when whoever tried knows whether they have it.
"""

import asyncio
import cProfile
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg

from benchmarks.api import peers, replay
from benchmarks.api.crowd import Crowd, a_crowd, put_on_offer
from benchmarks.api.documents import GRAB
from benchmarks.api.profiled import lines
from benchmarks.attacks import cpu
from dispatch.api import ids
from dispatch.domain.errors import Refused
from dispatch.services import accounts, grabbing, offers
from dispatch.services.action import Services
from dispatch.store.engine import Store
from tests.support.postgres import PostgresServer

CONNECTIONS = 8
WANTED = 0.5
"""Of what `pgbench` does a second."""
ORDERS_EACH = 3
"""What everybody takes in calm."""
FEW = 8
"""Orders that all are after in a storm."""

Pair = tuple[int, int]
"""The number of a person, and the order they are after."""
Attempt = Callable[[int, int], Awaitable[bool]]
"""The person of a number tries to grab an order: whether they have it."""


@dataclass
class Measured:
    """Of one way to grab: rates, and processor time of the service and the database for each."""

    a_second: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    database_cpu_s: list[float] = field(default_factory=list)


@dataclass
class Bench:
    """What all measurements share."""

    postgres: PostgresServer
    store: Store
    services: Services
    dsn: str
    crowd: Crowd
    http: httpx.AsyncClient
    pid: int
    won: Sequence[replay.Said] = ()
    lost: Sequence[replay.Said] = ()
    variables: Mapping[int, str] = field(default_factory=dict)

    @property
    def claim(self) -> replay.Said:
        [claim] = [each for each in self.won if each[0].startswith("UPDATE offer ")]
        return claim


async def measure(
    postgres: PostgresServer, url: str, *, people: int, rounds: int
) -> dict[str, Any]:
    """Each way in turn, round after round, in calm and in a storm."""
    store = Store(url, pool_size=CONNECTIONS)
    services = Services(store=store, clock=lambda: datetime.now(UTC), randbelow=secrets.randbelow)
    dsn = url.replace("+psycopg", "")
    found: dict[str, dict[str, Measured]] = {"calm": {}, "storm": {}}
    try:
        crowd = await a_crowd(services, people)
        async with peers.dispatch(url, crowd.tokens[0]) as (http, pid):
            bench = Bench(postgres, store, services, dsn, crowd, http, pid)
            await _take_down(bench)
            for _ in range(rounds):
                for weather, ways in (("calm", _CALM), ("storm", _STORM)):
                    for name, way in ways.items():
                        kept = found[weather].setdefault(name, Measured())
                        await _measured(bench, weather, way, kept)
            profiles = await _profiles(bench)
    finally:
        await store.close()
    return {
        "connections": CONNECTIONS,
        "people": people,
        "statements": {"won": len(bench.won), "lost": len(bench.lost)},
        **{weather: _figures(ways) for weather, ways in found.items()},
        "wanted_of_pgbench": WANTED,
        "profile": profiles,
    }


def _figures(ways: Mapping[str, Measured]) -> dict[str, Any]:
    rates = {name: sorted(way.a_second)[len(way.a_second) // 2] for name, way in ways.items()}
    claim, whole = rates["pgbench claim"], rates["pgbench whole"]
    return {
        name: {
            "a_second": round(rates[name], 1),
            "of_pgbench_claim": round(rates[name] / claim, 3),
            "of_pgbench_whole": round(rates[name] / whole, 3),
            "cpu_ms": peers.milliseconds(min(way.cpu_s)) if way.cpu_s else None,
            "database_cpu_ms": peers.milliseconds(min(way.database_cpu_s)),
            "a_second_rounds": [round(each, 1) for each in way.a_second],
        }
        for name, way in ways.items()
    }


async def _take_down(bench: Bench) -> None:
    """What a grab says that wins, and one that is too late."""
    crowd = bench.crowd
    # Not the first of its connection, which says more.
    first = put_on_offer(bench.dsn, crowd, 2)
    for number, order_id in enumerate((first, first + 1)):
        actor = crowd.actors[number]
        with replay.taken_down(bench.store.engine) as bench.won:
            await grabbing.grab(bench.services, actor, work_order_id=order_id)
        token = crowd.tokens[number + 2]
        with replay.taken_down(bench.store.engine) as bench.lost:
            late = await accounts.authenticate(bench.services, token=token)
            assert not await _by_service(bench)(number + 2, order_id), late
    person, user = crowd.technician_ids, [actor.user_id for actor in crowd.actors]
    assert person == list(range(person[0], person[0] + len(person)))
    assert user == list(range(user[0] or 0, (user[0] or 0) + len(user)))
    with psycopg.connect(bench.dsn) as connection:
        row = connection.execute(
            "SELECT w.ticket_id, o.id FROM work_order w JOIN offer o ON o.work_order_id = w.id"
            " WHERE w.id = %s",
            [first + 1],
        ).fetchone()
    assert row is not None
    bench.variables = {
        person[1]: ":person::bigint",
        user[1] or 0: ":user::bigint",
        row[0]: ":ticket::bigint",
        row[1]: ":offer::bigint",
        first + 1: ":order::bigint",
    }


async def _measured(bench: Bench, weather: str, way: "Way", kept: Measured) -> None:
    people = len(bench.crowd.technician_ids)
    count = people * ORDERS_EACH if weather == "calm" else FEW
    first = put_on_offer(bench.dsn, bench.crowd, count)
    if weather == "calm":
        pairs = [(number % people, first + number) for number in range(count)]
    else:
        pairs = [(number, first + order) for order in range(FEW) for number in range(people)]
    before, database = cpu(bench.pid), peers.postgres_cpu_ever(bench.postgres)
    rate, taken = await way(bench, first, pairs)
    kept.a_second.append(rate)
    if way in (_api_calm, _api_storm):
        kept.cpu_s.append((cpu(bench.pid) - before) / len(pairs))
    since = peers.postgres_cpu_ever(bench.postgres) - database
    kept.database_cpu_s.append(since / len(pairs))
    _check(bench, first, count if taken else 0)


def _check(bench: Bench, first: int, count: int) -> None:
    """Every order was taken, by one."""
    with psycopg.connect(bench.dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM offer WHERE work_order_id >= %s AND outcome = 'GRABBED'", [first]
        ).fetchone()
    assert count == 0 or row == (count,), (row, count)


Way = Callable[[Bench, int, Sequence[Pair]], Awaitable[tuple[float, bool]]]
"""Grabs the pairs, whose orders begin with a number: how many a second, and whether really."""


async def _pgbench_claim(bench: Bench, first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    return await _pgbench(bench, [bench.claim], first, pairs), True


async def _pgbench_whole(bench: Bench, first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    return await _pgbench(bench, bench.won, first, pairs), True


async def _pgbench_told(bench: Bench, first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    """What they say who are too late: who asks, and who has it."""
    return await _pgbench(bench, bench.lost, first, pairs), False


async def _pgbench(
    bench: Bench, said: Sequence[replay.Said], first: int, pairs: Sequence[Pair]
) -> float:
    crowd = bench.crowd
    of_taken = {name: number for number, name in bench.variables.items()}
    people, each = len(crowd.technician_ids), len(pairs) // CONNECTIONS
    is_calm = len({order for _, order in pairs}) == len(pairs)
    orders = len(pairs) if is_calm else FEW
    row = of_taken[":order::bigint"]
    text = "\n".join(
        [
            "\\set n :n + 1",
            # In a storm one order after the other, by all.
            "\\set at :client_id * :each + :n" if is_calm else "\\set at :n * :orders / :each",
            "\\set who (:client_id * :each + :n) % :people",
            *(f"\\set {name} :first_{name} + :at" for name in ("order", "ticket", "offer")),
            *(f"\\set {name} :first_{name} + :who" for name in ("person", "user")),
            replay.script(said, bench.variables),
        ]
    )
    return await asyncio.to_thread(
        replay.pgbench,
        bench.postgres,
        bench.dsn,
        text,
        connections=CONNECTIONS,
        each=each,
        variables={
            "n": -1,
            "each": each,
            "people": people,
            "orders": orders,
            "first_order": first,
            "first_ticket": first + of_taken.get(":ticket::bigint", row) - row,
            "first_offer": first + of_taken.get(":offer::bigint", row) - row,
            "first_person": crowd.technician_ids[0],
            "first_user": crowd.actors[0].user_id or 0,
        },
    )


async def _driver(bench: Bench, _first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    """The claim by the driver alone: what is left of `pgbench` in Python."""
    statement, values = bench.claim
    connections: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        connections.put_nowait(await psycopg.AsyncConnection.connect(bench.dsn, autocommit=True))

    async def claim(number: int, order_id: int) -> bool:
        connection = await connections.get()
        wanted = {**values, "order": order_id, "person": bench.crowd.technician_ids[number]}
        try:
            cursor = await connection.execute(statement.encode(), wanted)
            return await cursor.fetchone() is not None
        finally:
            connections.put_nowait(connection)

    try:
        return await _a_second(claim, pairs), True
    finally:
        while not connections.empty():
            await connections.get_nowait().close()


async def _engine(bench: Bench, _first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    """The claim through our engine, a transaction each."""

    async def claim(number: int, order_id: int) -> bool:
        person = bench.crowd.technician_ids[number]
        wanted = {"order": order_id, "person": person, "now": datetime.now(UTC)}
        async with bench.store.writing() as session:
            return (await session.execute(offers.CLAIM, wanted)).one_or_none() is not None

    return await _a_second(claim, pairs), True


async def _service(bench: Bench, _first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    return await _a_second(_by_service(bench), pairs, at_once=len(bench.crowd.actors)), True


async def _api_calm(bench: Bench, _first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    return await _a_second(_by_api(bench), pairs, at_once=CONNECTIONS), True


async def _api_storm(bench: Bench, _first: int, pairs: Sequence[Pair]) -> tuple[float, bool]:
    return await _a_second(_by_api(bench), pairs, at_once=len(bench.crowd.actors)), True


_CALM: Mapping[str, Way] = {
    "pgbench claim": _pgbench_claim,
    "pgbench whole": _pgbench_whole,
    "driver claim": _driver,
    "engine claim": _engine,
    "service": _service,
    "api": _api_calm,
}
_STORM: Mapping[str, Way] = {
    "pgbench claim": _pgbench_claim,
    "pgbench whole": _pgbench_told,
    "driver claim": _driver,
    "engine claim": _engine,
    "service": _service,
    "api": _api_storm,
}


async def _a_second(
    attempt: Attempt, pairs: Sequence[Pair], *, at_once: int = CONNECTIONS
) -> float:
    """Grabs a second, by so many who each take the next pair when they are done."""
    waiting = list(reversed(pairs))
    begun = time.perf_counter()

    async def worker() -> None:
        while waiting:
            await attempt(*waiting.pop())

    async with asyncio.timeout(600):
        await asyncio.gather(*(worker() for _ in range(at_once)))
    return len(pairs) / (time.perf_counter() - begun)


def _by_service(bench: Bench) -> Attempt:
    async def attempt(number: int, order_id: int) -> bool:
        try:
            await grabbing.grab(bench.services, bench.crowd.actors[number], work_order_id=order_id)
        except Refused:
            return False
        return True

    return attempt


def _by_api(bench: Bench) -> Attempt:
    async def attempt(number: int, order_id: int) -> bool:
        body = {
            "query": GRAB,
            "variables": {"input": {"workOrderId": ids.encode("WorkOrder", order_id)}},
        }
        headers = {"Authorization": f"Bearer {bench.crowd.tokens[number]}"}
        answer = (await bench.http.post("/graphql", json=body, headers=headers)).json()
        told = answer["data"]["workOrderGrab"]["userErrors"]
        assert all(each["code"] == "ALREADY_TAKEN" for each in told), told
        return not told

    return attempt


async def _profiles(bench: Bench) -> dict[str, list[str]]:
    """Where a grab's time goes in this process, one that wins and one that is too late."""
    people = len(bench.crowd.technician_ids)
    first = put_on_offer(bench.dsn, bench.crowd, people)
    attempt, won, lost = _by_service(bench), cProfile.Profile(), cProfile.Profile()
    with won:
        for number in range(people):
            assert await attempt(number, first + number)
    with lost:
        for number in range(people):
            assert not await attempt((number + 1) % people, first + number)
    return {"won": lines(won, people), "lost": lines(lost, people)}
