"""The versions of a site's policy: past, in force and ahead; withdrawing one that has not begun."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from sqlalchemy import select

from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.policies import Policy, stored_policy
from dispatch.domain.policies.profiles import PolicyProfile
from dispatch.domain.rights import Action
from dispatch.services import clocks, visible
from dispatch.services.action import Tx
from dispatch.store.events import Event
from dispatch.store.policies import PolicyRecord
from dispatch.store.sites import Site

_SET, _WITHDRAWN = "policy.set", "policy.withdrawn"


@dataclass(frozen=True, slots=True)
class Version:
    """How a version stands among its neighbours, and who set it last; None for who may not see
    the record."""

    before: Policy
    """The one before it; the defaults for the first."""
    policy: Policy
    valid_to: datetime | None
    set_at: datetime | None
    set_by: str | None
    profile: PolicyProfile | None


async def versions(tx: Tx, ids: Sequence[int]) -> Mapping[int, Version]:
    """The versions of some ids, whose rows the actor has found."""
    sites = select(PolicyRecord.site_id).where(PolicyRecord.id.in_(ids))
    statement = (
        select(PolicyRecord)
        .where(PolicyRecord.site_id.in_(sites))
        .order_by(PolicyRecord.site_id, PolicyRecord.valid_from)
    )
    records = (await tx.session.execute(statement)).scalars().all()
    said = await _said(tx, ids)
    found: dict[int, Version] = {}
    for _, group in groupby(records, key=lambda each: each.site_id):
        before = Policy()
        for record, following in pairwise([*group, None]):
            assert record is not None
            policy = stored_policy(record.document)
            if record.id in ids:
                event = said.get(record.id)
                profile = event.data.get("profile") if event is not None else None
                found[record.id] = Version(
                    before=before,
                    policy=policy,
                    valid_to=following.valid_from if following is not None else None,
                    set_at=event.at if event is not None else None,
                    set_by=event.actor_name if event is not None else None,
                    profile=PolicyProfile(profile) if profile is not None else None,
                )
            before = policy
    return found


async def withdraw(tx: Tx, *, policy_id: int) -> Site:
    """Takes back a version that has not begun: the one before it goes on. The record keeps it."""
    seen = visible.policies(tx.actor)
    record = await visible.find(tx, PolicyRecord, policy_id, seen, field="policy_id")
    site = await visible.find_site(tx, record.site_id, Action.SET_POLICY)
    if record.valid_from <= tx.now:
        raise refuse(
            Code.POLICY_HAS_BEGUN, field="policy_id", valid_from=record.valid_from.isoformat()
        )
    await clocks.stop(tx, record, ClockKind.POLICY_STARTS)
    await tx.session.delete(record)
    await tx.session.flush()
    tx.note(record, _WITHDRAWN, valid_from=record.valid_from, document=record.document)
    return site


async def _said(tx: Tx, ids: Sequence[int]) -> Mapping[int, Event]:
    """The last time that each version was set."""
    statement = (
        select(Event)
        .where(
            Event.subject == PolicyRecord.__tablename__,
            Event.subject_id.in_(ids),
            Event.kind == _SET,
            visible.events(tx.actor),
        )
        .order_by(Event.id)
    )
    return {each.subject_id: each for each in (await tx.session.execute(statement)).scalars()}
