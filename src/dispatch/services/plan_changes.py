"""What plans change: against who held what when they were made, and against each other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store.plans import Plan, PlanRun, PlanStop

_TIERS = ("tier1", "tier2", "tier3")
_EQUAL = 1e-6


@dataclass(frozen=True, slots=True)
class Change:
    """Who comes to an order and when, before and after; no crew: nobody does."""

    work_order_id: int
    was_crew: tuple[int, ...]
    was_starts_at: datetime | None
    crew: tuple[int, ...]
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`better` is 1 when the new plan is better than the old, 0 when equal, -1 when worse."""

    old: Plan
    new: Plan
    better: int
    changes: tuple[Change, ...]


def changes_kept(run: PlanRun) -> list[Change]:
    """What a run's plan changed for the people when it was made (DSP-5, DSP-7)."""
    return changes_told(run.figures.get("changes", []))


def changes_told(told: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Changes as the record keeps them."""
    return [
        Change(
            work_order_id=each["work_order_id"],
            was_crew=tuple(each["was_crew"]),
            was_starts_at=_moment(each["was_starts_at"]),
            crew=tuple(each["crew"]),
            starts_at=_moment(each["starts_at"]),
        )
        for each in told
    ]


async def compare(tx: Tx, *, old_id: int, new_id: int) -> Comparison:
    """Two plans of one site and day side by side: terms, tier by tier, and every difference.

    Refuses BAD_INPUT plans of different days or sites: their figures say nothing of each other.
    """
    old = await visible.find(tx, Plan, old_id, visible.plans(tx.actor), field="a")
    new = await visible.find(tx, Plan, new_id, visible.plans(tx.actor), field="b")
    if (old.site_id, old.day) != (new.site_id, new.day):
        raise refuse(Code.BAD_INPUT, field="b", detail="a plan of the same site and day")
    before, after = await _holdings(tx, old), await _holdings(tx, new)
    nobody: tuple[tuple[int, ...], datetime | None] = ((), None)
    changes = [
        Change(order_id, *before.get(order_id, nobody), *after.get(order_id, nobody))
        for order_id in sorted(before.keys() | after.keys())
        if before.get(order_id, nobody) != after.get(order_id, nobody)
    ]
    return Comparison(old, new, _verdict(old.terms, new.terms), tuple(changes))


def _verdict(old: dict[str, Any], new: dict[str, Any]) -> int:
    for tier in _TIERS:
        difference = new.get(tier, 0.0) - old.get(tier, 0.0)
        if abs(difference) > _EQUAL:
            return -1 if difference > 0 else 1
    return 0


async def _holdings(tx: Tx, plan: Plan) -> dict[int, tuple[tuple[int, ...], datetime | None]]:
    """Crew, the lead first, and start by order."""
    statement = (
        select(PlanStop)
        .where(PlanStop.plan_id == plan.id)
        .order_by(PlanStop.work_order_id, PlanStop.crew_index)
    )
    stops: defaultdict[int, list[PlanStop]] = defaultdict(list)
    for stop in (await tx.session.execute(statement)).scalars():
        stops[stop.work_order_id].append(stop)
    return {
        order_id: (tuple(stop.technician_id for stop in crew), crew[0].starts_at)
        for order_id, crew in stops.items()
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
