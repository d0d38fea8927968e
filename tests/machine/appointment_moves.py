"""What customers and the desk do about times: held, confirmed, moved, set free."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.services import agreeing, holds
from dispatch.store.work_orders import Appointment, WorkOrder
from tests.machine.players import Players, of_order


def _window(players: Players) -> tuple[datetime, datetime]:
    """Two hours of the rest of today, or of tomorrow."""
    world = players.world
    local = world.clock.now.astimezone(ZoneInfo(world.site.time_zone))
    day = local + timedelta(days=players.die.choice([0, 0, 1]))
    starts_at = day.replace(hour=players.die.choice([10, 12, 14, 16]), minute=0, second=0)
    return starts_at, starts_at + timedelta(hours=2)


async def _hold(players: Players, order: WorkOrder) -> None:
    starts_at, ends_at = _window(players)
    # Before there is an order the slot is the ticket's.
    about = players.die.choice([{"work_order_id": order.id}, {"ticket_id": order.ticket_id}])
    await players.ask_to(
        players.world.desk, holds.hold, starts_at=starts_at, ends_at=ends_at, **about
    )


async def _move(players: Players, order: WorkOrder) -> None:
    starts_at, ends_at = _window(players)
    consents = players.die.random() < 0.8
    actor = players.die.choice([players.world.desk, await players.holder(order)])
    await players.ask_to(
        actor,
        agreeing.move,
        work_order_id=order.id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason="客户改时间",
        customer_consent="电话同意" if consents else None,
    )


hold, move = of_order(_hold), of_order(_move)


async def confirm(players: Players) -> None:
    row = await players.some(Appointment)
    if row is not None:
        await players.try_to(
            players.world.desk, agreeing.confirm, appointment_id=row.id, reason="客户改时间"
        )


async def release(players: Players) -> None:
    row = await players.some(Appointment)
    if row is not None and players.die.random() < 0.5:
        await players.try_to(
            players.world.desk, agreeing.release, appointment_id=row.id, reason="客户不来了"
        )
