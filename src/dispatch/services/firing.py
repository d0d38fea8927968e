"""Fires what is due: each clock once, in order of time, its effect in the same transaction."""

from collections.abc import Mapping

from sqlalchemy import select

from dispatch.domain.clocks import ClockKind, ClockState
from dispatch.services.action import Tx
from dispatch.services.effects import EFFECTS, Effect
from dispatch.store.clocks import Clock
from dispatch.store.sites import Site


async def fire_due(
    tx: Tx, *, most: int = 100, effects: Mapping[ClockKind, Effect] = EFFECTS
) -> list[Clock]:
    """Fires the organization's clocks whose time has come, the earliest first.

    Rows that another worker is just firing are passed over, so that each fires once.
    """
    statement = (
        select(Clock)
        .where(
            Clock.state == ClockState.RUNNING,
            Clock.due_at <= tx.now,
            Clock.site_id.in_(
                select(Site.id).where(Site.organization_id == tx.actor.organization_id)
            ),
        )
        .order_by(Clock.due_at, Clock.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    due = list((await tx.session.execute(statement)).scalars())
    for clock in due:
        clock.state = ClockState.FIRED
        clock.ended_at = tx.now
        await tx.save(clock, "clock.fired", clock=clock.kind)
        effect = effects.get(clock.what)
        if effect is not None:
            await effect(tx, clock)
    return due
