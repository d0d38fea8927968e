"""Who makes the moves, and where."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor
from dispatch.planning.runner import Planner
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

Move = Callable[["Players"], Awaitable[None]]


class Players:
    """A small site with a few technicians, and a die."""

    def __init__(
        self, world: World, planner: Planner, people: list[tuple[int, Actor]], seed: int
    ) -> None:
        self.world = world
        self.planner = planner
        self.people = people
        self.die = random.Random(seed)
        self.refused = 0
        self.done = 0

    async def try_to(self, actor: Actor, service: Any, **arguments: Any) -> None:
        try:
            await self.world.do(actor, service, **arguments)
            self.done += 1
        except Refused:
            self.refused += 1

    async def ask_to(self, actor: Actor, service: Any, **arguments: Any) -> None:
        """What asks the optimizer on the way."""
        try:
            await service(self.world.services, self.planner, actor, **arguments)
            self.done += 1
        except Refused:
            self.refused += 1

    async def some(self, row: type[Any]) -> Any:
        rows = await self.world.rows(row)
        return self.die.choice(rows) if rows else None

    async def holder(self, order: WorkOrder) -> Actor:
        """Mostly who holds it; now and then somebody who has no business with it."""
        open_now = await self.world.rows(
            Assignment, Assignment.work_order_id == order.id, Assignment.ended_at.is_(None)
        )
        if open_now and self.die.random() < 0.9:
            known = dict(self.people)
            return known[open_now[0].technician_id]
        return self.die.choice(self.people)[1]


def of_order(act: Callable[[Players, WorkOrder], Awaitable[None]]) -> Move:
    """A move about some order, once there is one."""

    async def move(players: Players) -> None:
        order = await players.some(WorkOrder)
        if order is not None:
            await act(players, order)

    move.__name__ = act.__name__
    return move
