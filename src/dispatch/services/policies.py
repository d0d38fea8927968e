"""A site's policy: reading the one in force, setting a new one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.policies import Policy, parse_policy
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store.policies import PolicyRecord


async def policy_of(tx: Tx, site_id: int) -> Policy:
    """The policy in force now; the defaults for a site that set none. Read once a transaction."""
    key = ("policy", site_id)
    if key not in tx.memo:
        record = await record_in_force(tx, site_id)
        tx.memo[key] = parse_policy(record.document) if record is not None else Policy()
    return tx.memo[key]


def forget(tx: Tx, site_id: int) -> None:
    """What this transaction read of a site's policy holds no longer."""
    tx.memo.pop(("policy", site_id), None)
    tx.memo.pop(("calendar", site_id), None)


async def set_policy(
    tx: Tx, *, site_id: int, document: Mapping[str, Any], valid_from: datetime | None = None
) -> PolicyRecord:
    """Puts a whole new document in force from `valid_from` (default: now); the past stays."""
    await visible.find_site(tx, site_id, Action.SET_POLICY)
    parse_policy(document)
    starts = valid_from or tx.now
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
    await tx.save(record, "policy.set")
    return record


async def record_in_force(tx: Tx, site_id: int) -> PolicyRecord | None:
    """What the site set last; None when it never set anything."""
    statement = (
        select(PolicyRecord)
        .where(PolicyRecord.site_id == site_id, PolicyRecord.valid_from <= tx.now)
        .order_by(PolicyRecord.valid_from.desc())
        .limit(1)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()
