"""What changes a running day (当日调度): emergencies, single orders, delays, illness, positions."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.plans_in_force import Insertion
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.why_not import WhyNot
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
from dispatch.services import day_history, delays
from dispatch.services.emergencies import insert_emergency
from dispatch.services.fittings import Inserted
from dispatch.services.insertions import insert_order

_INSERTION = Result("insertion", Insertion, "What came of it (插单结果); null when refused.")
_TECHNICIAN = Result("technician", Technician, "Who it is about (人员); null when refused.")


@strawberry.input(description="Sends whoever can be there first (急修插单).")
class EmergencyInsertInput:
    work_order_id: strawberry.ID = needed("The order (派工单).", node="WorkOrder")
    version: int | None = version_field()


@strawberry.input(description="Finds the best place the running day has for an order (插单).")
class OrderInsertInput:
    work_order_id: strawberry.ID = needed("The order (派工单).", node="WorkOrder")


@strawberry.input(description="Somebody is held up (报告延误).")
class TechnicianReportDelayInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    free_at: datetime = needed("When they can go on (可继续时间).")
    reason: str | None = optional("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Somebody cannot go on today (报告生病).")
class TechnicianReportIllInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    until: datetime | None = optional("Until when they are away (至); default: the day's end.")
    reason: str | None = optional("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Where a technician's device is (上报位置).")
class TechnicianLocateInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    latitude: float = needed("Degrees north (纬度).")
    longitude: float = needed("Degrees east (经度).")


def _inserted(
    service: Callable[..., Awaitable[Inserted]],
    input_type: type[Any],
    *codes: Code,
    description: str,
) -> Any:
    """A mutation whose service asks the optimizer between transactions of its own."""
    made = payload_type(input_type, _INSERTION, *codes)

    async def resolve(root: None, info: Info, input: Any) -> Any:
        context = info.context
        done = await service(
            context.services, context.planner, context.actor, **arguments_of(input)
        )
        context.loaders.clear()
        event = None
        if done.assignment is not None:
            async with context.reading() as tx:
                event = await day_history.change_by(tx, work_order_id=done.order.id)
        why = WhyNot(answer=done.why) if done.why is not None else None
        return filled(made, _INSERTION, Insertion(order=done.order, event=event, why=why))

    return mutation_field(resolve, made, input_type, description=description)


@strawberry.type
class LiveMutations:
    emergency_insert = _inserted(
        insert_emergency,
        EmergencyInsertInput,
        Code.WRONG_STEP,
        Code.NOBODY_FREE,
        Code.PLAN_OUTDATED,
        description="Sends the nearest who qualifies, before anything else they hold, even from "
        "less urgent work; `change` shows who loses what (急修插单).",
    )
    order_insert = _inserted(
        insert_order,
        OrderInsertInput,
        Code.WRONG_STEP,
        Code.PLAN_OUTDATED,
        Code.DAY_IS_PAST,
        description="Gives an order the best place the plan in force has, moving nobody else's "
        "work to other hands; without one, `why` tells the reasons and what would place it (插单).",
    )
    technician_report_delay = write(
        delays.report_delay,
        TechnicianReportDelayInput,
        _TECHNICIAN,
        description="Says that somebody is held up; the rest of their day is repaired and "
        "customers whose time moves are told (报告延误).",
    )
    technician_report_ill = write(
        delays.report_ill,
        TechnicianReportIllInput,
        _TECHNICIAN,
        description="Says that somebody cannot go on; what they hold goes to others (报告生病).",
    )
    technician_locate = write(
        delays.locate,
        TechnicianLocateInput,
        _TECHNICIAN,
        description="Keeps where a technician is: for emergencies, plans and late arrivals "
        "(上报位置).",
    )
