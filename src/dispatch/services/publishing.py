"""Puts a plan in force, whole or in part, in one transaction (DSP-4, DSP-5, DSP-13)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.plans import STEPS as PLAN_STEPS
from dispatch.domain.plans import PlanState, PlanStep
from dispatch.domain.plans_in_force import NOBODY, Held, Move, PlanCause
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action
from dispatch.domain.standing import standing
from dispatch.domain.work_orders import (
    STARTED_STATES,
    STEPS,
    UNDER_WAY_STATES,
    AssignmentEnd,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.offering import offer_order
from dispatch.services.plans_in_force import changed, held, tell_arrival
from dispatch.services.policies import policy_of
from dispatch.services.readers import foresee_reporters
from dispatch.services.sites import local_day
from dispatch.services.walking import await_step
from dispatch.store.base import Base
from dispatch.store.changes import touch
from dispatch.store.offers import Offer
from dispatch.store.plans import Plan, PlanLeftOut, PlanRun, PlanStop
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_FREE_TO_MOVE = (WorkOrderState.ASSIGNED, WorkOrderState.ACCEPTED)


@dataclass(slots=True)
class _Stands:
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


@dataclass(slots=True)
class _Changes:
    """Rows to be written together, in waves: what ends must be gone before what begins."""

    ended: list[tuple[Base, str, dict[str, Any]]] = field(default_factory=list)
    begun: list[tuple[Base, str, dict[str, Any]]] = field(default_factory=list)
    crews: list[tuple[Assignment, Sequence[int]]] = field(default_factory=list)
    orders: list[tuple[Base, str, dict[str, Any]]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


async def publish(
    tx: Tx,
    *,
    plan_id: int,
    version: int | None = None,
    work_order_ids: Sequence[int] | None = None,
    technician_ids: Sequence[int] | None = None,
    cause: PlanCause = PlanCause.PUBLISHED,
    what_stands: bool = False,
) -> Plan:
    """Assigns what the plan placed and hands what it left out to the policy's next step.

    With `work_order_ids` only these orders of the plan are touched, with `technician_ids` only the
    routes of these people; with both, either. Refuses DAY_IS_PAST and PLAN_OUTDATED, with the
    orders and technicians that changed since the plan was made; with `what_stands`, only when the
    change leaves nothing of the plan.
    """
    part = await _part(tx, plan_id, order_ids=work_order_ids, technician_ids=technician_ids)
    stands = await _lock(tx, plan_id=plan_id, version=version, only=part)
    run = await tx.session.get_one(PlanRun, stands.plan.run_id)
    is_whole = _check_basis(stands, run, what_stands=what_stands)
    await _supersede_previous(tx, stands.plan)
    changes = _Changes()
    await _foresee_told(tx, stands)
    for order_id, stops in stands.stops.items():
        order = stands.orders[order_id]
        if order.state not in UNDER_WAY_STATES:
            _place(tx, stands, order, stops, changes)
        elif cause is not PlanCause.REPAIRED or not _expect(stands, order, stops, changes):
            continue
        await tell_arrival(
            tx, order, stops[0].starts_at, more_than_s=stands.policy.live.tell_moved_s
        )
    passed_on = _pass_on(tx, stands, changes)
    await _write(tx, changes)
    for order in passed_on:
        if order.dispatch_step is AssignmentStep.GRAB:
            await offer_order(tx, order)
        else:
            await await_step(tx, order, after_s=0)
    plan = stands.plan
    plan.state = PLAN_STEPS.after(state=plan.state, step=PlanStep.PUBLISH)
    plan.published_at = tx.now
    plan.published_by_name = tx.actor.name
    await tx.save(
        plan,
        "plan.published",
        run_id=run.id,
        placed=len(stands.stops),
        left_out=len(stands.left_out),
        partly=part is not None or not is_whole,
    )
    await changed(
        tx,
        site_id=plan.site_id,
        day=plan.day,
        cause=cause,
        moves=changes.moves,
        plan_id=plan.id,
    )
    return plan


async def _part(
    tx: Tx,
    plan_id: int,
    *,
    order_ids: Sequence[int] | None,
    technician_ids: Sequence[int] | None,
) -> Sequence[int] | None:
    """The orders that are meant; None: all."""
    if technician_ids is None:
        return order_ids
    statement = select(PlanStop.work_order_id).where(
        PlanStop.plan_id == plan_id, PlanStop.technician_id.in_(technician_ids)
    )
    theirs = set((await tx.session.execute(statement)).scalars())
    return sorted(theirs | set(order_ids or ()))


async def _lock(
    tx: Tx, *, plan_id: int, version: int | None, only: Sequence[int] | None
) -> _Stands:
    """Locks site, plan, orders and technicians, always in this order and by id."""
    plan = await visible.find(tx, Plan, plan_id, visible.plans(tx.actor), field="plan_id")
    visible.demand(tx, Action.PLAN, site_id=plan.site_id)
    # One plan of a site is published at a time: two at once could both see no predecessor.
    site = await tx.session.get_one(
        Site, plan.site_id, with_for_update={"key_share": True}, populate_existing=True
    )
    plan = await visible.find(tx, Plan, plan_id, Plan.id == plan_id, field="plan_id", lock=True)
    expect_version(plan, version)
    PLAN_STEPS.after(state=plan.state, step=PlanStep.PUBLISH)
    if plan.day < local_day(tx, site):
        raise refuse(Code.DAY_IS_PAST, field="plan_id", day=plan.day.isoformat())
    stops, left_out = await _contents(tx, plan, only)
    touched = [*stops, *(each.work_order_id for each in left_out)]
    orders = await _locked(tx, WorkOrder, touched)
    people = {stop.technician_id for each in stops.values() for stop in each}
    assignments = await _by_order(tx, Assignment, Assignment.ended_at.is_(None), touched)
    return _Stands(
        plan=plan,
        policy=await policy_of(tx, plan.site_id),
        orders=orders,
        stops=stops,
        left_out=left_out,
        technicians=await _locked(tx, Technician, people, shared=True),
        assignments=assignments,
        crews=await _crews(tx, [each.id for each in assignments.values()]),
        offers=await _by_order(tx, Offer, Offer.closed_at.is_(None), touched),
    )


async def _contents(
    tx: Tx, plan: Plan, only: Sequence[int] | None
) -> tuple[dict[int, list[PlanStop]], list[PlanLeftOut]]:
    """Stops by order (in order of id, the crew's lead first) and what was left out."""
    statement = (
        select(PlanStop)
        .where(PlanStop.plan_id == plan.id)
        .order_by(PlanStop.work_order_id, PlanStop.crew_index)
    )
    stops: dict[int, list[PlanStop]] = {}
    for stop in (await tx.session.execute(statement)).scalars():
        stops.setdefault(stop.work_order_id, []).append(stop)
    left = select(PlanLeftOut).where(PlanLeftOut.plan_id == plan.id)
    left_out = list((await tx.session.execute(left.order_by(PlanLeftOut.work_order_id))).scalars())
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


def _check_basis(stands: _Stands, run: PlanRun, *, what_stands: bool) -> bool:
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
    stands: _Stands, orders: Sequence[WorkOrder], technicians: Sequence[Technician]
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


async def _foresee_told(tx: Tx, stands: _Stands) -> None:
    """Customers who will be told of another time are read all at once."""
    moved = [
        order.ticket_id
        for order_id, stops in stands.stops.items()
        if (order := stands.orders[order_id]).told_start is not None
        and order.told_start != stops[0].starts_at
    ]
    if moved:
        await foresee_reporters(tx, moved)


async def _supersede_previous(tx: Tx, plan: Plan) -> None:
    statement = (
        select(Plan)
        .where(
            Plan.site_id == plan.site_id,
            Plan.day == plan.day,
            Plan.state == PlanState.PUBLISHED,
        )
        .with_for_update()
    )
    for previous in (await tx.session.execute(statement)).scalars():
        previous.state = PLAN_STEPS.after(state=previous.state, step=PlanStep.SUPERSEDE)
        await tx.save(previous, "plan.superseded", by_plan_id=plan.id)


def _expect(
    stands: _Stands, order: WorkOrder, stops: Sequence[PlanStop], changes: _Changes
) -> bool:
    """Somebody is on the way or at work: when they will be there, or done, as it looks now.

    Whether they are awaited at the time that is planned now.
    """
    held = stands.assignments.get(order.id)
    if held is None or held.technician_id != stops[0].technician_id:
        return False
    held.planned_end = stops[0].ends_at
    changes.begun.append((held, "assignment.replanned", _of(order)))
    if order.state in STARTED_STATES:
        return False
    was = _held(stands, order)
    held.planned_start = stops[0].starts_at
    changes.moves.append(Move(order.id, was, Held(was.crew, held.planned_start)))
    changes.orders.append((order, "work_order.replanned", {"planned_start": held.planned_start}))
    return True


def _place(
    tx: Tx, stands: _Stands, order: WorkOrder, stops: Sequence[PlanStop], changes: _Changes
) -> None:
    """Gives an order to the crew of its stops; who holds it already only learns the times."""
    lead, crew = stops[0], [stop.technician_id for stop in stops]
    held = stands.assignments.get(order.id)
    changes.moves.append(Move(order.id, _held(stands, order), Held(tuple(crew), lead.starts_at)))
    why = {
        "plan_id": stands.plan.id,
        "plan": stands.plan.number,
        "run_id": stands.plan.run_id,
        "terms": lead.terms,
        "alternatives": lead.alternatives,
    }
    told = {
        "plan_id": stands.plan.id,
        "technician_id": lead.technician_id,
        "technician": stands.technicians[lead.technician_id].name,
        "helpers": crew[1:],
        "planned_start": lead.starts_at,
    }
    if held is not None and held.technician_id == crew[0] and stands.crews[held.id] == set(crew):
        held.planned_start, held.planned_end = lead.starts_at, lead.ends_at
        held.travel_s = lead.travel_s
        held.plan_id = stands.plan.id
        held.why = {**held.why, **why}
        changes.begun.append((held, "assignment.replanned", _of(order)))
        # The order's own row says nothing of its times, but other plans rest on its version.
        touch(order, "dispatch_step")
        changes.orders.append((order, "work_order.replanned", told))
        return
    _take_back(tx, stands, order, changes, reason="another plan was published")
    directed = (
        order.dispatch_step is AssignmentStep.DIRECTED and order.named_technician_id == crew[0]
    )
    step = AssignmentStep.DIRECTED if directed else AssignmentStep.AUTO
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.ASSIGN)
    order.dispatch_step = step
    assignment = Assignment(
        work_order_id=order.id,
        technician_id=lead.technician_id,
        step=step,
        planned_start=lead.starts_at,
        planned_end=lead.ends_at,
        travel_s=lead.travel_s,
        plan_id=stands.plan.id,
        why={"step": step.value, **why},
        confirmed_by_id=tx.actor.user_id,
        confirmed_by_name=tx.actor.name,
        created_at=tx.now,
    )
    changes.begun.append((assignment, "assignment.made", _of(order)))
    changes.crews.append((assignment, crew))
    changes.orders.append((order, "work_order.assigned", told))


def _held(stands: _Stands, order: WorkOrder) -> Held:
    """Who has the order until now, and when."""
    assignment = stands.assignments.get(order.id)
    return held(assignment, sorted(stands.crews[assignment.id]) if assignment is not None else ())


def _take_back(
    tx: Tx, stands: _Stands, order: WorkOrder, changes: _Changes, *, reason: str
) -> None:
    """Ends what stands in the way: the assignment of another, an open offer."""
    held = stands.assignments.get(order.id)
    if held is not None:
        order.state = STEPS.after(state=order.state, step=WorkOrderStep.UNASSIGN)
        held.ended_at = tx.now
        held.end = AssignmentEnd.REASSIGNED
        held.end_reason = reason
        changes.ended.append((held, "assignment.ended", _of(order)))
    offer = stands.offers.get(order.id)
    if offer is not None:
        offer.closed_at = tx.now
        offer.outcome = OfferOutcome.WITHDRAWN
        changes.ended.append((offer, "offer.closed", _of(order)))


def _pass_on(tx: Tx, stands: _Stands, changes: _Changes) -> list[WorkOrder]:
    """Moves what was left out to its next step; returns those that are to take it."""
    passed_on: list[WorkOrder] = []
    for each in stands.left_out:
        order = stands.orders[each.work_order_id]
        if not _may_pass_on(stands, order, each):
            continue
        told = {"plan_id": stands.plan.id, "code": each.code, "data": each.data}
        if order.state in _FREE_TO_MOVE:
            changes.moves.append(Move(order.id, _held(stands, order), NOBODY))
            _take_back(tx, stands, order, changes, reason=each.code)
        order.dispatch_step = next_step(
            stands.policy, order.dispatch_step, is_named=order.named_technician_id is not None
        )
        changes.orders.append((order, "work_order.left_out", told))
        passed_on.append(order)
    return passed_on


def _may_pass_on(stands: _Stands, order: WorkOrder, left_out: PlanLeftOut) -> bool:
    """Not what is on offer or under way already, what a person decided, or what has to wait for
    another order anyway."""
    if order.state is WorkOrderState.QUEUED:
        return left_out.code != "PRECEDENCE"
    held = stands.assignments.get(order.id)
    decided = order.is_pinned or (
        held is not None and held.step not in (AssignmentStep.AUTO, AssignmentStep.DIRECTED)
    )
    return order.state in _FREE_TO_MOVE and not decided


def next_step(
    policy: Policy, step: AssignmentStep | None, *, is_named: bool
) -> AssignmentStep | None:
    """Where the ladder goes after the optimizer could not place an order (DSP-1).

    A step that the optimizer does not carry out (GRAB, SUPERVISOR, VENDOR) is still ahead, so
    it is the one to take; DIRECTED needs a technician named.
    """
    if step is None or policy.step(step) is None:
        step = policy.dispatch_steps[0].step
    elif step in (AssignmentStep.DIRECTED, AssignmentStep.AUTO):
        following = policy.step_after(step)
        step = following.step if following is not None else step
    if step is AssignmentStep.DIRECTED and not is_named:
        following = policy.step_after(step)
        step = following.step if following is not None else step
    return step


async def _write(tx: Tx, changes: _Changes) -> None:
    await tx.save_all(changes.ended)
    await tx.save_all(changes.begun)
    tx.session.add_all(
        CrewMember(assignment_id=assignment.id, technician_id=member, is_lead=index == 0)
        for assignment, crew in changes.crews
        for index, member in enumerate(crew)
    )
    await tx.save_all(changes.orders)


async def _locked(
    tx: Tx, row: type[Any], ids: Iterable[int], *, shared: bool = False
) -> dict[int, Any]:
    statement = (
        select(row)
        .where(row.id.in_(set(ids)))
        .order_by(row.id)
        .with_for_update(read=shared)
        .execution_options(populate_existing=True)
    )
    return {each.id: each for each in (await tx.session.execute(statement)).scalars()}


async def _by_order(
    tx: Tx, row: type[Any], condition: Any, order_ids: Sequence[int]
) -> dict[int, Any]:
    statement = select(row).where(row.work_order_id.in_(order_ids), condition)
    return {each.work_order_id: each for each in (await tx.session.execute(statement)).scalars()}


async def _crews(tx: Tx, assignment_ids: Sequence[int]) -> dict[int, set[int]]:
    statement = select(CrewMember).where(CrewMember.assignment_id.in_(assignment_ids))
    crews: defaultdict[int, set[int]] = defaultdict(set)
    for member in (await tx.session.execute(statement)).scalars():
        crews[member.assignment_id].add(member.technician_id)
    return crews


def _of(order: WorkOrder) -> dict[str, Any]:
    return {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}
