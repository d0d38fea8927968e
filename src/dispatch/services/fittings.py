"""One order put into the days of a few people, with what that makes of their other work (DSP-6)."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.plans_in_force import (
    DisturbanceCause,
    Held,
    Move,
    PlanCause,
    is_same_time,
)
from dispatch.domain.rights import Actor
from dispatch.domain.work_orders import (
    HELD_STATES,
    PLANNABLE_STATES,
    STEPS,
    AssignmentStep,
    PauseReason,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.planning.fitting import Fitted, Placement, fitted
from dispatch.planning.inputs import PlanningDay
from dispatch.planning.runner import Planner
from dispatch.services import duty, pauses, plans_in_force
from dispatch.services.action import Services, Tx
from dispatch.services.plan_inputs import HELD, Part, load_day, with_crews
from dispatch.services.travel_times import travel_times_of
from dispatch.services.why_not import WhyNot
from dispatch.services.work_orders import hold, open_assignment
from dispatch.store.among import among
from dispatch.store.changes import touch
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, WorkOrder

_LOCKED = (
    select(WorkOrder)
    .where(among(WorkOrder.id, "orders"))
    .order_by(WorkOrder.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_NOW_HELD = select(WorkOrder.id).where(
    WorkOrder.id.in_(HELD),
    WorkOrder.site_id == bindparam("site"),
    WorkOrder.state.in_(PLANNABLE_STATES | HELD_STATES),
)
_VERSIONS = select(Technician.id, Technician.version).where(among(Technician.id, "people"))


@dataclass(frozen=True, slots=True)
class Fitting:
    """The days of a few people with one order more in them, and what they were made from."""

    day: PlanningDay
    order_id: int
    crew: tuple[int, ...]
    found: Fitted
    interrupted: frozenset[int] = frozenset()

    @property
    def place(self) -> Placement | None:
        return self.found.placed.get(self.order_id)


@dataclass(frozen=True, slots=True)
class Inserted:
    """What came of it: the order with its people and time, or why there is no place for it."""

    order: WorkOrder
    assignment: Assignment | None = None
    moves: tuple[Move, ...] = ()
    why: WhyNot | None = None


async def fit(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    order: WorkOrder,
    day: date,
    crew: Sequence[int],
    first: bool = False,
    interrupted: AbstractSet[int] = frozenset(),
) -> Fitting:
    """Puts the order into the days of its crew and of whoever shares work with them."""
    async with services.reading(actor) as tx:
        site = await tx.session.get_one(Site, order.site_id)
        people = await with_crews(tx, crew)
        loaded = await load_day(tx, site, day, part=Part(people, frozenset({order.id})))
    found = await fitted(
        planner,
        loaded,
        order_id=order.id,
        crew=crew,
        travel_times=travel_times_of(loaded.policy.planning),
        first=first,
        interrupted=interrupted,
    )
    return Fitting(loaded, order.id, tuple(crew), found, frozenset(interrupted))


async def put_in(
    tx: Tx,
    fitting: Fitting,
    *,
    cause: PlanCause,
    why: Mapping[str, Any],
) -> Inserted:
    """Writes a fitting: the order is theirs, what they hold besides is retimed, customers told.

    Refuses PLAN_OUTDATED when anything the fitting rests on has changed since.
    """
    orders = await _still(tx, fitting)
    place = fitting.place
    if place is None:
        raise ValueError("there is no place to write")
    moves: list[Move] = []
    for order_id, order in orders.items():
        if order_id in fitting.interrupted:
            await _interrupt(tx, order, fitting)
        if order_id != fitting.order_id and order_id in fitting.found.placed:
            moves += await _retime(tx, order, fitting.found.placed[order_id])
    order = orders[fitting.order_id]
    lead = await duty.find_qualified(
        tx, place.crew[0], order=order, at=place.starts_at, field="work_order_id"
    )
    broken = [each for each, at in fitting.found.placed.items() if at.promise_broken]
    assignment = await hold(
        tx,
        order,
        step=WorkOrderStep.ASSIGN,
        by=AssignmentStep.AUTO,
        lead=lead,
        helpers=[await tx.session.get_one(Technician, each) for each in place.crew[1:]],
        planned_start=place.starts_at,
        planned_end=place.ends_at,
        travel_s=place.travel_s,
        why=why,
        cause=cause,
        also=moves,
        lost=sorted(fitting.found.lost),
        late=sorted(broken),
        interrupted=sorted(fitting.interrupted),
    )
    if fitting.found.lost or broken:
        await plans_in_force.disturbed(
            tx,
            site_id=order.site_id,
            day=fitting.day.day,
            cause=DisturbanceCause.DISPLACED,
            work_order_id=order.id,
            technician_id=lead.id,
            lost=sorted(fitting.found.lost),
            late=sorted(broken),
        )
    return Inserted(order, assignment, tuple(moves))


async def _still(tx: Tx, fitting: Fitting) -> dict[int, WorkOrder]:
    """The orders of a fitting, locked; refused unless they and the people are as they were."""
    seen = {each.order.id: each.order.version for each in fitting.day.orders}
    people = {each.technician.id: each.technician.version for each in fitting.day.people}
    session = tx.session
    found = (await session.execute(_LOCKED, {"orders": seen})).scalars()
    orders = {each.id: each for each in found}
    asked = {"people": people, "site": fitting.day.site_id}
    now_held = set((await session.execute(_NOW_HELD, asked)).scalars())
    versions = await session.execute(_VERSIONS, {"people": people})
    now_people = {row.id: row.version for row in versions}
    changed = [each.number for each in orders.values() if each.version != seen[each.id]]
    if changed or not now_held <= seen.keys() or now_people != people:
        raise refuse(Code.PLAN_OUTDATED, field="work_order_id", changed=changed)
    return orders


async def _interrupt(tx: Tx, order: WorkOrder, fitting: Fitting) -> None:
    """Work is left for something urgent: begun work pauses, a way to it ends."""
    if order.state is WorkOrderState.STARTED:
        order.state = STEPS.after(state=order.state, step=WorkOrderStep.PAUSE)
        again = fitting.found.placed.get(order.id)
        place = fitting.place
        order.pause_reason = PauseReason.EMERGENCY
        order.resume_on = again.starts_at if again is not None else place and place.ends_at
        await tx.save(order, "work_order.interrupted", by_order_id=fitting.order_id)
        await pauses.begin(tx, order, note=None)
    else:
        order.state = STEPS.after(state=order.state, step=WorkOrderStep.DIVERT)
        await tx.save(order, "work_order.interrupted", by_order_id=fitting.order_id)


async def _retime(tx: Tx, order: WorkOrder, place: Placement) -> list[Move]:
    """Gives an order that stays with its people its new time."""
    assignment = await open_assignment(tx, order.id)
    if assignment is None or order.state is WorkOrderState.STARTED:
        return []
    was = assignment.planned_start
    if is_same_time(was, place.starts_at):
        return []
    assignment.planned_start, assignment.planned_end = place.starts_at, place.ends_at
    assignment.travel_s = place.travel_s
    told = {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}
    await tx.save(assignment, "assignment.replanned", **told)
    await plans_in_force.tell_arrival(tx, order, place.starts_at)
    # The order's own row says nothing of its times, but other plans rest on its version.
    touch(order, "dispatch_step")
    await tx.save(order, "work_order.replanned", planned_start=place.starts_at)
    return [Move(order.id, Held(place.crew, was), Held(place.crew, place.starts_at))]
