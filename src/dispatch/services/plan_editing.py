"""A proposed plan changed by hand, with a warning for every rule it breaks (DSP-5)."""

import asyncio
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.plans import STEPS, PlanStep
from dispatch.domain.rights import Action, Actor
from dispatch.planning.by_hand import (
    NoRoomError,
    Warned,
    Wish,
    moved,
    only,
    plan_of_rows,
    terms_of_plan,
    warnings_of,
)
from dispatch.planning.changes import changes_of
from dispatch.planning.inputs import PlanningDay
from dispatch.planning.plan import routes_of, terms_of
from dispatch.planning.problem import DayProblem, build_problem
from dispatch.planning.runner import Planner
from dispatch.planning.solving import Answer
from dispatch.services import visible
from dispatch.services.action import Services, Tx, expect_version
from dispatch.services.plan_inputs import load_day
from dispatch.services.plan_rows import write_routes
from dispatch.services.travel_times import travel_times_of
from dispatch.store.plans import Plan, PlanLeftOut, PlanRoute, PlanRun, PlanStop
from dispatch.store.sites import Site

_POSITION_MOST = 500


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A proposed plan with the day it is for."""

    plan: Plan
    day: PlanningDay
    routes: list[tuple[PlanRoute, list[PlanStop]]]
    left_out: list[PlanLeftOut]


@dataclass(frozen=True, slots=True)
class _Edited:
    """The routes that change, and what the whole plan is worth and breaks now."""

    day: PlanningDay
    routes: Answer
    touched: frozenset[int]
    terms: dict[str, Any]
    warnings: list[Warned]
    changes: list[dict[str, Any]]


async def move_stop(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    plan_id: int,
    work_order_id: int,
    technician_id: int,
    position: int | None = None,
    starts_at: datetime | None = None,
    version: int | None = None,
) -> Plan:
    """Puts an order of a proposed plan with a technician: at a place of the route, from a time.

    The others stay in their order and get new times. What the plan breaks by it is kept with it as
    warnings. Refuses NOT_FOUND for an order the plan does not know, WRONG_STEP for a plan that is
    no proposal, OUT_OF_RANGE where not even bent rules give it room.
    """
    if position is not None and not 0 <= position <= _POSITION_MOST:
        raise refuse(Code.OUT_OF_RANGE, field="position", least=0, most=_POSITION_MOST)
    async with services.reading(actor) as tx:
        drawn = await _load(tx, plan_id=plan_id, version=version)
    made = await asyncio.to_thread(
        build_problem, drawn.day, travel_times=travel_times_of(drawn.day.policy.planning)
    )
    people = {each.id for each in made.problem.technicians if each.shifts}
    if str(work_order_id) not in {visit.id for visit in made.problem.visits}:
        raise refuse(Code.NOT_FOUND, field="work_order_id", id=work_order_id)
    if str(technician_id) not in people:
        raise refuse(Code.NOT_FOUND, field="technician_id", id=technician_id)
    before = plan_of_rows(drawn.day, made.problem, drawn.routes, drawn.left_out)
    wish = Wish(work_order_id, technician_id, position, starts_at)
    try:
        after, touched = await moved(planner, drawn.day, made.problem, before, wish)
    except NoRoomError as error:
        least = drawn.day.now.isoformat()
        raise refuse(Code.OUT_OF_RANGE, field="starts_at", least=least, most="") from error
    answer = Answer(only(after, touched))
    edited = await asyncio.to_thread(_judged, made, after, touched, drawn, answer)
    return await services.perform(
        actor,
        _keep,
        plan_id=plan_id,
        seen=drawn.plan.version,
        edited=edited,
        work_order_id=work_order_id,
        technician_id=technician_id,
    )


def _judged(
    made: DayProblem, plan: Any, touched: frozenset[int], drawn: _Drawn, answer: Answer
) -> _Edited:
    warned = {each["technician_id"] for each in drawn.plan.warnings if each["technician_id"]}
    within_s = made.problem.weights.change_seconds
    return _Edited(
        day=drawn.day,
        routes=answer,
        touched=touched,
        terms=terms_of(terms_of_plan(made.problem, plan)),
        warnings=warnings_of(made.problem, plan, touched | warned),
        changes=changes_of(drawn.day, plan, within_s=within_s),
    )


async def _load(tx: Tx, *, plan_id: int, version: int | None) -> _Drawn:
    plan = await visible.find(tx, Plan, plan_id, visible.plans(tx.actor), field="plan_id")
    visible.demand(tx, Action.PLAN, site_id=plan.site_id)
    expect_version(plan, version)
    STEPS.after(state=plan.state, step=PlanStep.DROP)
    run = await tx.session.get_one(PlanRun, plan.run_id)
    site = await tx.session.get_one(Site, plan.site_id)
    day = await load_day(tx, site, plan.day)
    # Times are counted from when the plan was made: nothing of it lies in the past then.
    day = replace(day, now=min(day.now, max(day.starts_at, run.started_at)))
    stops: defaultdict[int, list[PlanStop]] = defaultdict(list)
    for stop in await _rows(tx, PlanStop, plan_id, PlanStop.position):
        stops[stop.route_id].append(stop)
    routes = await _rows(tx, PlanRoute, plan_id, PlanRoute.id)
    return _Drawn(
        plan=plan,
        day=day,
        routes=[(route, stops[route.id]) for route in routes],
        left_out=await _rows(tx, PlanLeftOut, plan_id, PlanLeftOut.id),
    )


async def _keep(
    tx: Tx,
    *,
    plan_id: int,
    seen: int,
    edited: _Edited,
    work_order_id: int,
    technician_id: int,
) -> Plan:
    """Writes the routes that changed; refused when the plan was changed by another meanwhile."""
    row = await visible.find(tx, Plan, plan_id, visible.plans(tx.actor), field="plan_id", lock=True)
    expect_version(row, seen)
    run = await tx.session.get_one(PlanRun, row.run_id)
    for table in (PlanStop, PlanRoute):
        await tx.session.execute(
            delete(table).where(table.plan_id == plan_id, table.technician_id.in_(edited.touched))
        )
    await write_routes(tx, routes_of(edited.day, edited.routes), plan_id=plan_id)
    await tx.session.execute(
        delete(PlanLeftOut).where(
            PlanLeftOut.plan_id == plan_id, PlanLeftOut.work_order_id == work_order_id
        )
    )
    run.figures = {**run.figures, "changes": edited.changes}
    row.terms = edited.terms
    row.warnings = [asdict(each) for each in edited.warnings]
    await tx.save(
        row,
        "plan.changed_by_hand",
        work_order_id=work_order_id,
        technician_id=technician_id,
        warnings=len(edited.warnings),
    )
    return row


async def _rows(tx: Tx, table: type[Any], plan_id: int, order: Any) -> list[Any]:
    statement = select(table).where(table.plan_id == plan_id).order_by(order)
    return list((await tx.session.execute(statement)).scalars())
