"""Tells managers of gaps in the duty roster, once each of a site's days (RST-4)."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.domain.duty_roster import DutyGap
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.services import duty
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services, Tx
from dispatch.services.duty_roster import gaps_ahead
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.duty_roster import DutyWarning
from dispatch.store.sites import Site


async def warn_all(services: Services) -> int:
    """Looks at every site; how many were warned, each in a transaction of its own."""
    async with services.store.reading() as session:
        rows = (await session.execute(select(Site.id, Site.organization_id))).all()
    warned = 0
    for site_id, organization_id in rows:
        actor = service_actor(organization_id=organization_id, origin="worker")
        async with services.reading(actor) as tx:
            gaps = await _gaps_to_tell(tx, await tx.session.get_one(Site, site_id))
        if gaps:
            warned += await services.perform(actor, warn, site_id=site_id)
    return warned


async def warn(tx: Tx, *, site_id: int) -> bool:
    """Tells a site's managers what the roster lacks, if it is time and nobody was told today."""
    site = await tx.session.get_one(Site, site_id, with_for_update=True)
    gaps = await _gaps_to_tell(tx, site)
    if not gaps:
        return False
    today = duty.local_date(site, tx.now)
    row = DutyWarning(site_id=site_id, day=today, gaps=len(gaps), told_at=tx.now)
    await tx.save(row, "duty.gaps_told")
    await tell(
        tx,
        MessageKind.DUTY_GAP,
        Audience(roles=(Role.SUPERVISOR, Role.PROJECT_MANAGER)),
        site_id=site_id,
        days=_each_once([gap.day.isoformat() for gap in gaps]),
        gaps=_each_once([gap.kind.value for gap in gaps]),
    )
    return True


async def _gaps_to_tell(tx: Tx, site: Site) -> Sequence[DutyGap]:
    """What the roster lacks, if it is time to tell and nobody was told today."""
    numbers = (await policy_of(tx, site.id)).duty
    local = tx.now.astimezone(ZoneInfo(site.time_zone))
    if not numbers.warn or local.time() < numbers.warn_from:
        return ()
    today = duty.local_date(site, tx.now)
    told = select(DutyWarning.id).where(DutyWarning.site_id == site.id, DutyWarning.day == today)
    if (await tx.session.execute(told)).first() is not None:
        return ()
    return await gaps_ahead(tx, site)


def _each_once(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))
