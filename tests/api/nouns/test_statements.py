"""A document's number of SQL statements depends on its shape, never on the number of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, event

from dispatch.domain.rights import Role
from dispatch.planning.runner import Planner
from dispatch.services import execution, plans, work_orders
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World

FEW, MANY = 1, 12


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run within the block, in any engine of this process."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def _auto_assign(world: World, day: str) -> None:
    """In place: a worker's own statements would be counted, too."""
    planner = Planner(1)
    try:
        await plans.auto_assign(
            world.services,
            planner,
            world.dispatcher,
            site_id=world.site.id,
            day=date.fromisoformat(day),
            seconds=0.5,
        )
    finally:
        await planner.close()


async def _grow(world: World, count: int) -> None:
    """So many technicians more, each with an order done, one assigned and one to be planned."""
    for _ in range(count):
        technician, account = await world.technician(**DAY_AND_NIGHT)
        done = await world.public_order(party_id=world.party.id)
        assigned = await world.order(party_id=world.party.id)
        await world.order(category="tap_leak")
        for order in (done, assigned):
            await world.do(
                world.dispatcher,
                work_orders.assign,
                work_order_id=order.id,
                technician_id=technician.id,
            )
        for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
            await world.do(account, step, work_order_id=done.id)
        await world.do(
            account,
            execution.complete,
            work_order_id=done.id,
            found="found",
            cause="cause",
            done="done",
            signature="王芳",
        )


async def test_statements_do_not_grow_with_the_rows(client: Client) -> None:
    world = client.world
    site = {"siteId": gid(world.site)}
    now = world.clock.now.astimezone(ZoneInfo(world.site.time_zone))
    day = {**site, "day": (now + timedelta(hours=3)).date().isoformat()}
    today = {**site, "day": now.date().isoformat()}
    asked = [
        (Role.DISPATCHER, "BoardDay", {**today, "lanes": 50}),
        (Role.DISPATCHER, "BoardUnplaced", {**day, "first": 50}),
        (Role.DISPATCHER, "DispatcherQueue", {**site, "first": 50}),
        (Role.DISPATCHER, "DispatcherTechnicians", {**site, "first": 50}),
        (Role.DESK, "DeskInbox", {**site, "first": 50}),
        (Role.DESK, "CallbacksDue", {**site, "first": 50}),
        (Role.RESIDENT, "ResidentTickets", {"first": 50}),
        (Role.ANALYST, "AnalystTickets", {**site, "first": 50}),
        (Role.ANALYST, "AnalystWorkOrders", {**site, "first": 50}),
        (Role.ANALYST, "AnalystRecord", {**site, "first": 200}),
    ]
    people = {role: Person(client, await client.token(who)) for role, who in world.actors.items()}
    figures: list[dict[str, tuple[int, int]]] = []
    for count in (FEW, MANY - FEW):
        await _grow(world, count)
        await _auto_assign(world, day["day"])
        for _ in range(count):
            await world.order(party_id=world.party.id)
        seen = {}
        for role, operation, variables in asked:
            seen[operation] = await _measure(people[role], operation, variables)
        figures.append(seen)
    few, many = figures
    for operation, (statements, size) in few.items():
        assert many[operation][1] >= 2 * size, f"{operation} did not grow"
        assert many[operation][0] == statements, operation
    assert many["BoardDay"][0] <= 20


async def _measure(person: Person, operation: str, variables: dict[str, Any]) -> tuple[int, int]:
    """Statements and leaves of an answer. Two branches that want the same rows share a batch when
    they ask at the same moment: the least of a few tries is the shape's own number."""
    tries = []
    answer = None
    for _ in range(4):
        with counted() as statements:
            answer = await person.look(operation, **variables)
        tries.append(sum(text.lstrip().startswith("SELECT") for text in statements))
    return min(tries), _size(answer)


def _size(value: Any) -> int:
    """How many leaves an answer has."""
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else 1
