"""A site takes no more appointments for a while, by a leader's word (工作量饱和, APT-3)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import demand_text
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.policies import policy_of
from dispatch.services.work_orders import check_trade
from dispatch.store.saturations import Saturation


async def declare(
    tx: Tx, *, site_id: int, trade: str | None = None, until: datetime, reason: str
) -> Saturation:
    """Until the moment no time is offered for the trade, or for any; what was declared for the
    same before ends."""
    site = await visible.find_site(tx, site_id, Action.DECLARE_SATURATION)
    if trade is not None:
        await check_trade(tx, trade)
    demand_text("reason", reason)
    most = (await policy_of(tx, site.id)).appointments.saturation_most_s
    latest = tx.now + timedelta(seconds=most)
    if not tx.now < until <= latest:
        raise refuse(
            Code.OUT_OF_RANGE, field="until", least=tx.now.isoformat(), most=latest.isoformat()
        )
    for former in await in_force(tx, site.id):
        if former.trade == trade:
            await _end(tx, former)
    saturation = Saturation(
        site_id=site.id,
        trade=trade,
        until=until,
        reason=reason,
        declared_at=tx.now,
        declared_by_name=tx.actor.name,
    )
    await tx.save(saturation, "saturation.declared")
    return saturation


async def end(tx: Tx, *, saturation_id: int, version: int | None = None) -> Saturation:
    """Times are offered again. What holds no more stays as it is."""
    saturation = await visible.find(
        tx,
        Saturation,
        saturation_id,
        visible.saturations(tx.actor),
        field="saturation_id",
        lock=True,
    )
    visible.demand(tx, Action.DECLARE_SATURATION, site_id=saturation.site_id)
    expect_version(saturation, version)
    if saturation.ended_at is None and saturation.until > tx.now:
        await _end(tx, saturation)
    return saturation


async def in_force(tx: Tx, site_id: int) -> Sequence[Saturation]:
    """What leaders declared and still holds, oldest first."""
    statement = (
        select(Saturation)
        .where(
            Saturation.site_id == site_id,
            Saturation.ended_at.is_(None),
            Saturation.until > tx.now,
        )
        .order_by(Saturation.id)
    )
    return (await tx.session.execute(statement)).scalars().all()


async def saturated_until(tx: Tx, site_id: int, trade: str) -> datetime | None:
    """From when times are offered again for a trade, by what leaders declared; None: now."""
    statement = select(Saturation.until).where(
        Saturation.site_id == site_id,
        Saturation.ended_at.is_(None),
        Saturation.until > tx.now,
        or_(Saturation.trade.is_(None), Saturation.trade == trade),
    )
    return max((await tx.session.execute(statement)).scalars(), default=None)


async def _end(tx: Tx, saturation: Saturation) -> None:
    saturation.ended_at = tx.now
    saturation.ended_by_name = tx.actor.name
    await tx.save(saturation, "saturation.ended")
