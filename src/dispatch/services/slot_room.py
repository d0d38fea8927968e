"""Whether a slot is still free when somebody takes it: asked inside a lock per site and day.

The day is asked about before the lock, so that what has to be made ready is made ready while
nobody waits. In the lock the same question is asked again only if anything has changed since.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.rights import Actor
from dispatch.domain.travel import Spot
from dispatch.planning.asking import Prospect, SlotFound, slots_for
from dispatch.planning.in_force import LiveDay
from dispatch.planning.runner import Planner
from dispatch.services import plans_in_force
from dispatch.services.action import Services, Tx
from dispatch.services.live_days import asked_day, day_as_it_stands, key_of_day
from dispatch.services.saturations import saturated_until
from dispatch.store.plans_in_force import PlanInForce
from dispatch.store.sites import Site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A window for a visit: an open order by its id (or what stands in for one), or a prospect.

    `technician_id`: whom the customer named; nobody else will do.
    """

    site: Site
    visit: int | Prospect
    trade: str
    spot: Spot | None
    starts_at: datetime
    ends_at: datetime
    technician_id: int | None = None

    @property
    def day(self) -> date:
        return self.starts_at.astimezone(ZoneInfo(self.site.time_zone)).date()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was answered about a window, by the state of the day that the key names."""

    key: str
    visit: int | Prospect
    slot: SlotFound | None


async def take_room(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    idempotency_key: str | None,
    find: Callable[[Tx], Awaitable[Wanted]],
    act: Callable[..., Awaitable[T]],
    asked: Mapping[str, Any],
) -> T:
    """Looks at the window that `find` names, then does `act(tx, seen, **asked)`, once per key, in
    its turn.

    What is refused before that may be a wish sent again: what came of it first is told again,
    whatever has happened since.
    """
    try:
        async with services.reading(actor) as tx:
            wanted = await find(tx)
        seen = await look(services, planner, actor, wanted)
        turn = TURNS.of(wanted.site.id, wanted.day)
    except Refused as refused:
        seen, turn = refused, nullcontext()

    @wraps(act)
    async def take(tx: Tx, **same: Any) -> T:
        if isinstance(seen, Refused):
            raise seen
        return await act(tx, seen, **same)

    async with turn:
        return await services.perform_once(actor, idempotency_key, take, **asked)


async def look(services: Services, planner: Planner, actor: Actor, wanted: Wanted) -> Seen:
    """Asks the plan in force for the window, without a lock. Refuses DAY_IS_PAST."""
    day = await asked_day(
        services, planner, actor, site=wanted.site, day=wanted.day, spot=wanted.spot
    )
    return Seen(day.key, wanted.visit, await _slot(planner, day, wanted))


async def demand_free(tx: Tx, planner: Planner, wanted: Wanted, seen: Seen) -> SlotFound:
    """Whoever could come in the window, which nobody else can be promised until the transaction
    ends. Refuses SATURATED and SLOT_TAKEN."""
    until = await saturated_until(tx, wanted.site.id, wanted.trade)
    if until is not None and wanted.starts_at < until:
        raise refuse(Code.SATURATED, field="starts_at", until=until.isoformat())
    await lock_days(tx, wanted.site.id, wanted.day)
    key = await key_of_day(tx, wanted.site, wanted.day, wanted.spot)
    slot = seen.slot
    if (key, wanted.visit) != (seen.key, seen.visit):
        day = await day_as_it_stands(tx, wanted.site, wanted.day, key=key, spot=wanted.spot)
        slot = await _slot(planner, day, wanted)
    if slot is None:
        raise refuse(
            Code.SLOT_TAKEN,
            field="starts_at",
            starts_at=wanted.starts_at.isoformat(),
            ends_at=wanted.ends_at.isoformat(),
        )
    return slot


async def lock_days(tx: Tx, site_id: int, *days: date) -> None:
    """Nobody else changes these days' plans in force, or takes a slot in them, meanwhile."""
    for day in sorted(set(days)):
        await plans_in_force.open_day(tx, site_id=site_id, day=day)
        statement = select(PlanInForce.id).where(
            PlanInForce.site_id == site_id, PlanInForce.day == day
        )
        await tx.session.execute(statement.with_for_update())


def by_people_on_shift(day: LiveDay, slot: SlotFound) -> SlotFound | None:
    """The slot with those alone who are on shift in it: overtime may end a visit, but nobody is
    sent to one outside their hours unless they agreed to stay longer (APT-6)."""
    on_shift = {
        person.technician.id
        for person in day.day.people
        for shift in person.shifts
        if shift.starts_at < slot.ends_at and shift.ends_at > slot.starts_at
    }
    able = tuple(each for each in slot.technician_ids if each in on_shift)
    if not able:
        return None
    return SlotFound(slot.starts_at, slot.ends_at, able, slot.extra_lateness, slot.extra_cost)


class Turns:
    """One at a time per site and day in this process: who waits for a day's lock in the database
    must not keep a connection that the one who has it needs."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[int, date], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, site_id: int, *days: date) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for day in sorted(set(days)):
                lock = self._locks.setdefault((site_id, day), asyncio.Lock())
                await stack.enter_async_context(lock)
            yield


TURNS = Turns()


async def _slot(planner: Planner, day: LiveDay, wanted: Wanted) -> SlotFound | None:
    window = (wanted.starts_at, wanted.ends_at)
    for slot in await slots_for(planner, day, wanted.visit, [window]):
        found = by_people_on_shift(day, slot)
        if found is not None and wanted.technician_id in (None, *found.technician_ids):
            return found
    return None
