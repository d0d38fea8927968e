"""What dispatchers do with plans (排班): propose, repair, publish, drop, all in one."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

import strawberry

from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.plans import Plan
from dispatch.api.nouns.writes import (
    Result,
    arguments_of,
    filled,
    key_field,
    mutation_field,
    needed,
    optional,
    payload_type,
    version_field,
    write,
)
from dispatch.domain.errors import Code
from dispatch.services import plans
from dispatch.services.plan_editing import move_stop
from dispatch.store.plans import Plan as PlanRow

_PLAN = Result(
    "plan",
    Plan,
    "The plan as it is now (排班方案); null when refused.",
    PlanRow.id,
    (Order(PlanRow.created_at, descending=True),),
)


@strawberry.input(description="A plan for a site's day that nobody follows yet (生成方案).")
class PlanProposeInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    day: date = needed("The day (日期).")
    seconds: float | None = optional(
        "Time limit of the optimizer in seconds, 0.05–3600 (时限，秒); default: the site's policy."
    )
    seed: int | None = optional("Seed of its randomness (随机种子); default 0.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="The plan in force, fitted to what has changed since (修复方案).")
class PlanRepairInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    day: date = needed("The day (日期).")
    seconds: float | None = optional(
        "Time limit of the optimizer in seconds, 0.05–3600 (时限，秒); default: the policy's for "
        "repairs."
    )
    seed: int | None = optional("Seed of its randomness (随机种子); default 0.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A plan for a site's day, put in force at once (自动派工).")
class AutoAssignInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    day: date = needed("The day (日期).")
    seconds: float | None = optional(
        "Time limit of the optimizer in seconds, 0.05–3600 (时限，秒); default: the site's policy."
    )
    seed: int | None = optional("Seed of its randomness (随机种子); default 0.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Puts a plan in force, whole or in part (发布方案).")
class PlanPublishInput:
    plan_id: strawberry.ID = needed("Which (排班方案).", node="Plan")
    version: int | None = version_field()
    work_order_ids: list[strawberry.ID] | None = optional(
        "Only these orders of it (派工单); default: all.", node="WorkOrder"
    )
    technician_ids: list[strawberry.ID] | None = optional(
        "Only the routes of these people (人员); default: all.", node="Technician"
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="Changes a proposed plan by hand (手工调整方案).")
class PlanMoveStopInput:
    plan_id: strawberry.ID = needed("Which (排班方案).", node="Plan")
    work_order_id: strawberry.ID = needed("The order to be moved (派工单).", node="WorkOrder")
    technician_id: strawberry.ID = needed("Who is to do it (人员).", node="Technician")
    position: int | None = optional(
        "Its place among the stops of their route, from 0 (顺序); default: by the time, else where "
        "it fits best."
    )
    starts_at: datetime | None = optional("When it is to start (开工时间).")
    version: int | None = version_field()


@strawberry.input(description="Throws a proposed plan away (放弃方案).")
class PlanDropInput:
    plan_id: strawberry.ID = needed("Which (排班方案).", node="Plan")
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


def _planned(
    service: Callable[..., Awaitable[PlanRow]],
    input_type: type[Any],
    *codes: Code,
    description: str,
    at_once: bool = False,
) -> Any:
    """A mutation whose service asks a worker for a run of the optimizer and waits for its plan.

    `at_once`: it asks this process's own, who answers in milliseconds, and makes no plan anew.
    """
    made = payload_type(input_type, _PLAN, *codes, creates=not at_once)

    async def resolve(root: None, info: Info, input: Any) -> Any:
        context = info.context
        planner = context.planner if at_once else None
        row = await service(context.services, planner, context.actor, **arguments_of(input))
        context.loaders.clear()
        return filled(made, _PLAN, row, creates=not at_once)

    return mutation_field(resolve, made, input_type, description=description)


@strawberry.type
class PlanMutations:
    plan_propose = _planned(
        plans.propose,
        PlanProposeInput,
        Code.NOTHING_TO_PLAN,
        Code.PLAN_RUN_FAILED,
        description="Runs the optimizer for a site's day and keeps its plan as a what-if "
        "(生成方案).",
    )
    plan_repair = _planned(
        plans.repair,
        PlanRepairInput,
        Code.NOTHING_TO_PLAN,
        Code.PLAN_RUN_FAILED,
        Code.DAY_IS_PAST,
        description="Fits the plan in force to illness, delays, cancelled and new orders with the "
        "fewest moves, and keeps the result as a proposal; its `changes` tell who and when "
        "(修复方案).",
    )
    auto_assign = _planned(
        plans.auto_assign,
        AutoAssignInput,
        Code.NOTHING_TO_PLAN,
        Code.PLAN_RUN_FAILED,
        Code.PLAN_OUTDATED,
        Code.DAY_IS_PAST,
        Code.WRONG_STEP,
        description="Proposes and publishes in one call; what cannot be placed goes to the next "
        "step of the site's policy, such as being offered (自动派工).",
    )
    plan_publish = write(
        plans.publish,
        PlanPublishInput,
        _PLAN,
        Code.WRONG_STEP,
        Code.PLAN_OUTDATED,
        Code.DAY_IS_PAST,
        description="Puts a plan in force in one transaction; refused when what it rests on has "
        "changed (发布方案).",
    )
    plan_move_stop = _planned(
        move_stop,
        PlanMoveStopInput,
        Code.WRONG_STEP,
        Code.PLAN_RUN_FAILED,
        description="Moves an order of a proposed plan to somebody, to a place of their route, to "
        "a time; the plan's `warnings` name every rule that breaks (手工调整方案).",
        at_once=True,
    )
    plan_drop = write(
        plans.drop,
        PlanDropInput,
        _PLAN,
        Code.WRONG_STEP,
        description="Throws a proposed plan away (放弃方案).",
    )
