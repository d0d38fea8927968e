"""A plan that is to be put in force, and whether all that it rests on is as it was (DSP-13)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.plans import STEPS as PLAN_STEPS
from dispatch.domain.plans import PlanStep
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action
from dispatch.domain.standing import standing
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.policies import policy_of
from dispatch.services.sites import local_day
from dispatch.store.among import among
from dispatch.store.offers import Offer
from dispatch.store.plans import Plan, PlanLeftOut, PlanRun, PlanStop
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder


def _all_of(row: type[Any]) -> Select[Any]:
    return (
        select(row)
        .where(among(row.id, "ids"))
        .order_by(row.id)
        .execution_options(populate_existing=True)
    )


# All others who would write wait while a plan is put in force: put together once.
_SITE = (
    select(Site)
    .where(Site.id == bindparam("id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_PLAN = (
    select(Plan)
    .where(Plan.id == bindparam("id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_ORDERS = _all_of(WorkOrder).with_for_update()
_TECHNICIANS = _all_of(Technician).with_for_update(read=True)
_HELD = select(Assignment).where(
    among(Assignment.work_order_id, "orders"), Assignment.ended_at.is_(None)
)
_OFFERED = select(Offer).where(among(Offer.work_order_id, "orders"), Offer.closed_at.is_(None))
_STOPS = (
    select(PlanStop)
    .where(PlanStop.plan_id == bindparam("plan"))
    .order_by(PlanStop.work_order_id, PlanStop.crew_index)
)
_LEFT_OUT = (
    select(PlanLeftOut)
    .where(PlanLeftOut.plan_id == bindparam("plan"))
    .order_by(PlanLeftOut.work_order_id)
)
_CREWS = select(CrewMember.assignment_id, CrewMember.technician_id).where(
    among(CrewMember.assignment_id, "ids")
)


@dataclass(slots=True)
class Standing:
    """The plan and everything it touches, locked and as it stands now."""

    plan: Plan
    policy: Policy
    orders: dict[int, WorkOrder]
    stops: dict[int, list[PlanStop]]
    left_out: list[PlanLeftOut]
    technicians: dict[int, Technician]
    assignments: dict[int, Assignment]
    crews: dict[int, set[int]]
    offers: dict[int, Offer]


async def lock(
    tx: Tx, *, plan_id: int, version: int | None, only: Sequence[int] | None
) -> Standing:
    """Locks site, plan, orders and technicians, always in this order and by id."""
    plan = await visible.find(tx, Plan, plan_id, visible.plans(tx.actor), field="plan_id")
    visible.demand(tx, Action.PLAN, site_id=plan.site_id)
    # One plan of a site is published at a time: two at once could both see no predecessor.
    site = (await tx.session.execute(_SITE, {"id": plan.site_id})).scalar_one()
    plan = (await tx.session.execute(_PLAN, {"id": plan_id})).scalar_one()
    expect_version(plan, version)
    PLAN_STEPS.after(state=plan.state, step=PlanStep.PUBLISH)
    if plan.day < local_day(tx, site):
        raise refuse(Code.DAY_IS_PAST, field="plan_id", day=plan.day.isoformat())
    stops, left_out = await _contents(tx, plan, only)
    touched = [*stops, *(each.work_order_id for each in left_out)]
    orders = await _by_id(tx, _ORDERS, touched)
    people = {stop.technician_id for each in stops.values() for stop in each}
    assignments = await _by_order(tx, _HELD, touched)
    return Standing(
        plan=plan,
        policy=await policy_of(tx, plan.site_id),
        orders=orders,
        stops=stops,
        left_out=left_out,
        technicians=await _by_id(tx, _TECHNICIANS, people),
        assignments=assignments,
        crews=await crews_of(tx, [each.id for each in assignments.values()]),
        offers=await _by_order(tx, _OFFERED, touched),
    )


async def _contents(
    tx: Tx, plan: Plan, only: Sequence[int] | None
) -> tuple[dict[int, list[PlanStop]], list[PlanLeftOut]]:
    """Stops by order (in order of id, the crew's lead first) and what was left out."""
    asked = {"plan": plan.id}
    stops: dict[int, list[PlanStop]] = {}
    for stop in (await tx.session.execute(_STOPS, asked)).scalars():
        stops.setdefault(stop.work_order_id, []).append(stop)
    left_out = list((await tx.session.execute(_LEFT_OUT, asked)).scalars())
    if only is None:
        return stops, left_out
    wanted = set(only)
    unknown = wanted - stops.keys() - {each.work_order_id for each in left_out}
    if unknown or not wanted:
        raise refuse(Code.NOT_FOUND, field="work_order_ids", id=min(unknown, default=0))
    return (
        {order_id: each for order_id, each in stops.items() if order_id in wanted},
        [each for each in left_out if each.work_order_id in wanted],
    )


def check_basis(stands: Standing, run: PlanRun, *, what_stands: bool) -> bool:
    """The plan rests on these versions: any other, and it may break what it never breaks.

    Whether all of it stands; what does not is taken out, or the whole is refused.
    """

    def changed(rows: Iterable[Any], seen: Mapping[str, int]) -> list[Any]:
        return [row for row in rows if seen.get(str(row.id)) != row.version]

    orders = changed(stands.orders.values(), run.basis["work_orders"])
    technicians = changed(stands.technicians.values(), run.basis["technicians"])
    if not orders and not technicians:
        return True
    if not (what_stands and _take_out_fallen(stands, orders, technicians)):
        raise refuse(
            Code.PLAN_OUTDATED,
            field="plan_id",
            changed=[*(row.number for row in orders), *(row.name for row in technicians)],
            work_orders=[order.number for order in orders],
            technicians=[technician.name for technician in technicians],
        )
    return False


def _take_out_fallen(
    stands: Standing, orders: Sequence[WorkOrder], technicians: Sequence[Technician]
) -> bool:
    """Leaves of the plan what still stands; whether that is anything."""
    planned = {
        order_id: [stop.technician_id for stop in stands.stops.get(order_id, ())]
        for order_id in stands.orders
    }
    left = standing(
        planned,
        {order_id: stands.crews[each.id] for order_id, each in stands.assignments.items()},
        [(each.id, each.after_id) for each in stands.orders.values() if each.after_id is not None],
        changed_orders={order.id for order in orders},
        changed_technicians={technician.id for technician in technicians},
    )
    stands.stops = {order_id: each for order_id, each in stands.stops.items() if order_id in left}
    stands.left_out = [each for each in stands.left_out if each.work_order_id in left]
    return bool(stands.stops)


async def _by_id(tx: Tx, statement: Select[Any], ids: Iterable[int]) -> dict[int, Any]:
    found = await tx.session.execute(statement, {"ids": sorted(set(ids))})
    return {each.id: each for each in found.scalars()}


async def _by_order(tx: Tx, statement: Select[Any], order_ids: Sequence[int]) -> dict[int, Any]:
    found = await tx.session.execute(statement, {"orders": order_ids})
    return {each.work_order_id: each for each in found.scalars()}


async def crews_of(tx: Tx, assignment_ids: Sequence[int]) -> dict[int, set[int]]:
    """Everybody who holds an assignment, lead and helpers, by assignment."""
    crews: defaultdict[int, set[int]] = defaultdict(set)
    for assignment_id, technician_id in await tx.session.execute(_CREWS, {"ids": assignment_ids}):
        crews[assignment_id].add(technician_id)
    return crews
