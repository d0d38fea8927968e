"""A site's policy: reading the one in force, setting a new one."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Text, bindparam, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.errors import Code, refuse
from dispatch.domain.policies import Policy, stored_policy
from dispatch.domain.policies.profiles import PolicyProfile
from dispatch.domain.policies.soundness import Hours, SiteFacts, check_policy
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.known_holidays import is_known_country
from dispatch.store.policies import PolicyRecord
from dispatch.store.sites import Site
from dispatch.store.technicians import ShiftPattern, Technician, TechnicianSite
from dispatch.telemetry.current import note_site

# Asked in every transaction: put together once.
_IN_FORCE = (
    select(PolicyRecord)
    .where(PolicyRecord.site_id == bindparam("site"), PolicyRecord.valid_from <= bindparam("now"))
    .order_by(PolicyRecord.valid_from.desc())
    .limit(1)
)
# As it is stored: nobody takes it apart who has read the same before.
_DOCUMENT = _IN_FORCE.with_only_columns(cast(PolicyRecord.document, Text))


async def policy_of(tx: Tx, site_id: int) -> Policy:
    """The policy in force now; the defaults for a site that set none. Read once a transaction."""
    key = ("policy", site_id)
    if key not in tx.memo:
        note_site(site_id)
        tx.memo[key] = await policy_at(tx.session, site_id, tx.now)
    return tx.memo[key]


async def policy_at(session: AsyncSession, site_id: int, moment: datetime) -> Policy:
    """The policy in force at a moment; the defaults for a site that set none."""
    asked = {"site": site_id, "now": moment}
    document = (await session.execute(_DOCUMENT, asked)).scalar_one_or_none()
    return _read(document) if document is not None else Policy()


@lru_cache(maxsize=1000)
def _read(document: str) -> Policy:
    # Each transaction asks for it, and reading takes as long as a query.
    return stored_policy(orjson.loads(document))


def forget(tx: Tx, site_id: int) -> None:
    """What this transaction read of a site's policy holds no longer."""
    tx.memo.pop(("policy", site_id), None)
    tx.memo.pop(("calendar", site_id), None)


async def set_policy(
    tx: Tx,
    *,
    site_id: int,
    document: Mapping[str, Any],
    valid_from: datetime | None = None,
    profile: PolicyProfile | None = None,
) -> PolicyRecord:
    """Puts a whole new document in force from `valid_from` (default: now); the past stays.
    `profile`: the shipped policy that the document is, for the record.

    Refused with every fault at once when a value is unfit, or contradicts others or the site.
    """
    site = await visible.find_site(tx, site_id, Action.SET_POLICY)
    starts = valid_from or tx.now
    await check_document(tx, site, document, on=local_day(site, starts))
    if starts < tx.now:
        raise refuse(Code.OUT_OF_RANGE, field="valid_from", least=tx.now.isoformat(), most="")
    statement = select(PolicyRecord).where(
        PolicyRecord.site_id == site_id, PolicyRecord.valid_from == starts
    )
    record = (await tx.session.execute(statement)).scalar_one_or_none()
    if record is None:
        record = PolicyRecord(site_id=site_id, valid_from=starts, document=dict(document))
    else:
        record.document = dict(document)
    await tx.save(record, "policy.set", profile=profile)
    return record


async def check_document(tx: Tx, site: Site, document: Mapping[str, Any], *, on: date) -> Policy:
    """The policy of a document as it would hold at the site from a day on; refuses every fault."""
    opening = stored_policy(document).opening
    facts = SiteFacts(
        shifts=await _hours(tx, site, on=on),
        knows_holidays=is_known_country(opening.country, opening.subdivision),
    )
    return check_policy(document, facts)


async def _hours(tx: Tx, site: Site, *, on: date) -> list[Hours]:
    """Hours of the patterns that somebody at the site works by, from a day on."""
    statement = (
        select(ShiftPattern.starts, ShiftPattern.ends)
        .join(TechnicianSite, TechnicianSite.technician_id == ShiftPattern.technician_id)
        .join(Technician, Technician.id == ShiftPattern.technician_id)
        .where(
            TechnicianSite.site_id == site.id,
            Technician.is_active,
            or_(ShiftPattern.valid_to.is_(None), ShiftPattern.valid_to >= on),
        )
        .distinct()
    )
    return [Hours(starts, ends) for starts, ends in await tx.session.execute(statement)]


def local_day(site: Site, at: datetime) -> date:
    """The day of the site's calendar."""
    return at.astimezone(ZoneInfo(site.time_zone)).date()


async def record_in_force(tx: Tx, site_id: int) -> PolicyRecord | None:
    """What the site set last; None when it never set anything."""
    asked = {"site": site_id, "now": tx.now}
    return (await tx.session.execute(_IN_FORCE, asked)).scalar_one_or_none()
