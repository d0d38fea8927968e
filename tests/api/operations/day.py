"""A site where people send the published documents, and what each of them costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, event

from dispatch.domain.calendars import DayKind
from dispatch.domain.callbacks import CallResult
from dispatch.domain.rights import Actor, Role
from dispatch.services import (
    accounts,
    calendars,
    callbacks,
    execution,
    firing,
    policies,
    work_orders,
)
from dispatch.store.base import Base
from dispatch.store.callbacks import Callback
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.photographs import A_PHOTO, promised
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World

STEPS = (execution.accept, execution.set_out, execution.arrive, execution.start)
_ASKED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_COUNTED: ContextVar[list[str] | None] = ContextVar("counted", default=None)


@contextmanager
def counting() -> Iterator[None]:
    """Within it, `counted` hears of every engine's statements."""

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements = _COUNTED.get()
        if statements is not None:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of what is asked in the block; not those of jobs that run meanwhile."""
    statements: list[str] = []
    token = _COUNTED.set(statements)
    try:
        yield statements
    finally:
        _COUNTED.reset(token)


@dataclass
class Day:
    """The site, who is signed in, and the statements that each document took."""

    client: Client
    people: dict[Role, Person] = field(default_factory=dict)
    boss: Person = field(init=False)
    technician: Technician = field(init=False)
    account: Actor = field(init=False)
    round: int = 0
    """Each has names and days of its own."""
    said: dict[str, list[str]] = field(default_factory=dict)
    """The statements of each document."""
    sizes: dict[str, int] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    """Ids that one chapter leaves to another."""

    @property
    def world(self) -> World:
        return self.client.world

    @property
    def site(self) -> dict[str, str]:
        return {"siteId": gid(self.world.site)}

    @property
    def today(self) -> str:
        return self.world.today().isoformat()

    def date(self, days: int) -> str:
        return (self.world.today() + timedelta(days=days)).isoformat()

    def at(self, **delta: float) -> str:
        return (self.world.clock.now + timedelta(**delta)).isoformat()

    def hour(self, hour: int, *, days: int = 0) -> str:
        """A full hour of one of the site's days."""
        zone = ZoneInfo(self.world.site.time_zone)
        begin = self.world.clock.now.astimezone(zone) + timedelta(days=days)
        return begin.replace(hour=hour, minute=0, second=0, microsecond=0).isoformat()

    async def open(self) -> None:
        """Signs everybody in, on a working day."""
        world = self.world
        for role, actor in world.actors.items():
            self.people[role] = await self.person(actor)
        _, everywhere = await world.user(Role.ADMINISTRATOR)
        await world.do(
            world.root,
            accounts.grant_role,
            user_id=everywhere.user_id,
            role=Role.ADMINISTRATOR,
            site_id=None,
        )
        self.boss = await self.person(everywhere)
        # Who is asked, and how often, is another matter on a Sunday.
        for days in range(-1, 22):
            day = world.today() + timedelta(days=days)
            await world.do(
                world.root,
                calendars.set_day,
                site_id=world.site.id,
                day=day,
                kind=DayKind.WORKDAY,
            )

    async def begin(self, *, rows: int) -> None:
        """A further round, with so many rows more."""
        self.round += 1
        self.said, self.sizes, self.made = {}, {}, {}
        # Nobody of the round before is in the way, and nobody is tired.
        self.technician, self.account = await self.world.technician("小王", **DAY_AND_NIGHT)
        self.people[Role.TECHNICIAN] = await self.person(self.account)
        await self._wait_for_arrival(rows)
        await self._grow(rows)

    async def _wait_for_arrival(self, count: int) -> None:
        """Orders at whose doors somebody should be by now."""
        for _ in range(count):
            await self.held(1)
        now = self.world.clock.now
        self.world.clock.forward(minutes=15)
        while await self.world.do(self.world.root, firing.fire_due):
            pass
        self.world.clock.now = now

    @contextmanager
    def caught_up(self) -> Iterator[None]:
        """The world's clock, which stands still, shows the service's time: what ends some minutes
        after it began is not over when it is asked about, however long the day took so far."""
        clock = self.world.clock
        stood, clock.now = clock.now, max(clock.now, datetime.now(UTC))
        yield
        clock.now = stood

    async def person(self, actor: Actor) -> Person:
        return Person(self.client, await self.client.token(actor))

    async def ask(
        self, operation: str, who: Role | Person | None, /, *, tries: int = 1, **variables: Any
    ) -> Any:
        """The only root of an answer without errors. Two branches that want the same rows share a
        batch when they ask at the same moment: of a few tries the least is the shape's own."""
        assert operation not in self.said, f"{operation} was counted before"
        person = self.people[who] if isinstance(who, Role) else who
        person = person or Person(self.client, token=None)  # type: ignore[arg-type]
        found: list[list[str]] = []
        data: dict[str, Any] = {}
        for _ in range(tries):
            with counted() as statements:
                data = (await person.send(operation, variables)).data
            found.append([each for each in statements if each.startswith(_ASKED)])
        self.said[operation] = min(found, key=len)
        self.sizes[operation] = size(data)
        (value,) = data.values()
        return value

    async def do(self, operation: str, who: Role | Person | None, /, **given: Any) -> Any:
        """What a mutation that must succeed has changed."""
        payload = await self.ask(operation, who, input=given)
        assert payload["userErrors"] == [], (operation, payload["userErrors"])
        return next(
            (value for name, value in payload.items() if name not in ("userErrors", "edge")), None
        )

    async def look(self, operation: str, who: Role | Person | None, /, **variables: Any) -> Any:
        return await self.ask(operation, who, tries=3, **variables)

    async def policy(self, **document: Any) -> None:
        await self.world.do(
            self.world.root, policies.set_policy, site_id=self.world.site.id, document=document
        )

    async def held(self, steps: int = 0, **fields: Any) -> WorkOrder:
        """An order in the garden that the technician holds, so many steps on."""
        order = await self.world.public_order(**fields)
        await self.walk(order, self.technician, self.account, steps)
        return order

    async def walk(self, order: WorkOrder, who: Technician, account: Actor, steps: int) -> None:
        world = self.world
        await world.do(
            world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=who.id
        )
        for step in STEPS[:steps]:
            await world.do(account, step, work_order_id=order.id)

    async def finish(self, order: WorkOrder, account: Actor | None = None) -> Callback:
        """Completes an order that was started; the callback that follows."""
        await self.world.do(
            account or self.account,
            execution.complete,
            work_order_id=order.id,
            found="f",
            cause="c",
            done="d",
            signature="王芳",
        )
        owed = await self.world.rows(Callback, Callback.ticket_id == order.ticket_id)
        return owed[-1]

    async def _grow(self, count: int) -> None:
        """So many more of everything that lists show."""
        world = self.world
        for _ in range(count):
            who, account = await world.technician(**DAY_AND_NIGHT)
            done = await world.public_order(party_id=world.party.id)
            await self.walk(done, who, account, 4)
            owed = await self.finish(done, account)
            await world.do(
                world.actors[Role.PROJECT_MANAGER],
                callbacks.record,
                callback_id=owed.id,
                result=CallResult.NO_ANSWER,
            )
            await self.walk(await world.order(party_id=world.party.id), who, account, 0)
            await world.order(category="tap_leak", party_id=world.party.id)
            await world.ticket(world.resident)


def size(value: Any) -> int:
    """How many leaves an answer has."""
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    return sum(map(size, value)) if isinstance(value, list) else 1


def ticket_of(order: WorkOrder) -> str:
    from dispatch.api.ids import encode

    return encode("Ticket", order.ticket_id)


def order(row: WorkOrder) -> dict[str, str]:
    return {"workOrderId": gid(row)}


def of(kind: str, row: Base) -> dict[str, str]:
    return {f"{kind}Id": gid(row)}


async def uploaded(day: Day, who: str, role: Role) -> str:
    """A photo, sent to where it is asked to be; what it is named by."""
    upload = await day.do(f"{who}UploadPhoto", role, **day.site, **promised(A_PHOTO))
    headers = {each["name"]: each["value"] for each in upload["headers"]}
    await day.client.http.put(upload["address"], content=A_PHOTO, headers=headers)
    photo = await day.do(f"{who}ConfirmPhoto", role, reference=upload["reference"])
    return photo["reference"]
