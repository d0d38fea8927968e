"""What technicians do with work orders (接单、上门): grab, accept, travel, work, complete."""

from datetime import datetime
from typing import Any

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns.work_order_mutations import WORK_ORDER
from dispatch.api.nouns.writes import (
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
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code
from dispatch.domain.work_orders import PauseReason
from dispatch.services import completions, execution, grabbing, offers


def _order() -> strawberry.ID:
    return needed("Which (派工单).", node="WorkOrder")


def _latitude() -> float | None:
    return optional("Where the device was: degrees north, with `longitude` (纬度).")


def _longitude() -> float | None:
    return optional("Where the device was: degrees east, with `latitude` (经度).")


def _occurred_at() -> datetime | None:
    return optional(
        "When it was, by the device's clock, if it could not be told at once (发生时间): the step "
        "is sorted in among the others, or waits for one before it."
    )


@strawberry.input(description="Takes an order on offer (抢单).")
class WorkOrderGrabInput:
    work_order_id: strawberry.ID = _order()
    helper_ids: list[strawberry.ID] | None = optional("Who goes along (协助).", node="Technician")
    can_reach: bool | None = optional(
        "Somebody busy on a job says that they will be there within the policy's time "
        "(可按时到达); needed then."
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="Gives a taken order back before starting (退单).")
class WorkOrderGiveBackInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Takes an assigned order on (接单).")
class WorkOrderAcceptInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Declines an assigned order (拒单).")
class WorkOrderDeclineInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Sets out for the customer (出发).")
class WorkOrderSetOutInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Stands at the door (到达).")
class WorkOrderArriveInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Begins to work (开工).")
class WorkOrderStartInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    door_code: str | None = optional("What the customer gives at the door (维修验证码).")
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Stops work for a reason (暂停).")
class WorkOrderPauseInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    reason: PauseReason = needed("Why (原因).")
    resume_on: datetime | None = optional("When it goes on; must be given (计划恢复时间).")
    note: str | None = optional("What else the desk should know (说明).")
    customer_consents: bool | None = optional(
        "Whether the customer agrees (客户同意); needed in a home, where it costs time or money."
    )
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Goes on with work (继续).")
class WorkOrderResumeInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Material used (用料).")
class PartInput:
    name: str = needed("What (材料名称).")
    quantity: float = needed("How much (数量).")
    unit: str = strawberry.field(default="", description="In which unit (单位).")

    def argument(self) -> completions.PartInput:
        return completions.PartInput(self.name, self.quantity, self.unit)


@strawberry.input(description="Working time of one of the crew (工时).")
class HoursInput:
    technician_id: strawberry.ID = needed("Who (人员).")
    worked: Seconds = needed("How long (工时).")

    def argument(self) -> completions.HoursInput:
        who = ids.decode(self.technician_id, "Technician", field=("hours", "technician_id"))
        return completions.HoursInput(who, self.worked)


@strawberry.input(description="The record of finished work (完工).")
class WorkOrderCompleteInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    found: str = needed("What was found (现场情况).")
    cause: str = needed("The cause (故障原因).")
    done: str = needed("What was done (处理内容).")
    parts: list[PartInput] | None = optional("Parts used (用料).")
    hours: list[HoursInput] | None = optional(
        "Hours of each of the crew (工时); default: from joining until now."
    )
    photos_before: list[str] | None = optional(
        "Photos before the work (维修前照片): references of `photoUpload`, or addresses elsewhere."
    )
    photos_after: list[str] | None = optional("Photos after the work (维修后照片), likewise.")
    signature: str | None = optional("The customer's signature (客户签字).")
    no_signature_reason: str | None = optional("Or why there is none (未签字原因).")
    latitude: float | None = _latitude()
    longitude: float | None = _longitude()
    occurred_at: datetime | None = _occurred_at()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Lets work start without the door code (免验证码).")
class WorkOrderLiftDoorCodeInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    reason: str = needed("Why, after calling the customer (原因).")
    idempotency_key: str | None = key_field()


_STEP = (Code.WRONG_STEP, Code.NOT_YOUR_ORDER)


_GRABBED = payload_type(
    WorkOrderGrabInput,
    WORK_ORDER,
    Code.ALREADY_TAKEN,
    Code.OFFER_CLOSED,
    Code.NOT_OFFERED_TO_YOU,
    Code.NOT_QUALIFIED,
    Code.NOT_ON_DUTY,
    Code.CREW_INCOMPLETE,
    Code.WORK_LIMIT_REACHED,
    Code.CANNOT_REACH_IN_TIME,
    Code.PROMISE_WOULD_BREAK,
    Code.WRONG_STEP,
)


async def _grab(root: None, info: Info, input: Any) -> Any:
    context = info.context
    row = await grabbing.grab(context.services, context.actor, **arguments_of(input))
    context.loaders.clear()
    return filled(_GRABBED, WORK_ORDER, row)


@strawberry.type
class ExecutionMutations:
    work_order_grab = mutation_field(
        _grab,
        _GRABBED,
        WorkOrderGrabInput,
        description="Takes an order on offer; of any number at once exactly one wins, the others "
        "are told who did (抢单).",
    )
    work_order_give_back = write(
        offers.give_back,
        WorkOrderGiveBackInput,
        WORK_ORDER,
        *_STEP,
        description="Gives a taken order back into the queue before starting (退单).",
    )
    work_order_accept = write(
        execution.accept,
        WorkOrderAcceptInput,
        WORK_ORDER,
        *_STEP,
        description="Takes an assigned order on (接单).",
    )
    work_order_decline = write(
        execution.decline,
        WorkOrderDeclineInput,
        WORK_ORDER,
        *_STEP,
        description="Declines an assigned order; it is not sent to them again (拒单).",
    )
    work_order_set_out = write(
        execution.set_out,
        WorkOrderSetOutInput,
        WORK_ORDER,
        *_STEP,
        description="Sets out for the customer (出发).",
    )
    work_order_arrive = write(
        execution.arrive,
        WorkOrderArriveInput,
        WORK_ORDER,
        *_STEP,
        description="Stands at the door (到达).",
    )
    work_order_start = write(
        execution.start,
        WorkOrderStartInput,
        WORK_ORDER,
        *_STEP,
        Code.DOOR_CODE_NEEDED,
        Code.DOOR_CODE_WRONG,
        Code.DOOR_CODE_LOCKED,
        Code.EARLIER_ORDER_OPEN,
        description="Begins to work; in a home only with the door code, which locks after too "
        "many wrong tries (开工).",
    )
    work_order_pause = write(
        execution.pause,
        WorkOrderPauseInput,
        WORK_ORDER,
        *_STEP,
        Code.CONSENT_NEEDED,
        description="Stops work for a reason, with a time to go on; the desk is told (暂停).",
    )
    work_order_resume = write(
        execution.resume,
        WorkOrderResumeInput,
        WORK_ORDER,
        *_STEP,
        description="Goes on with work (继续).",
    )
    work_order_complete = write(
        execution.complete,
        WorkOrderCompleteInput,
        WORK_ORDER,
        *_STEP,
        Code.SIGNATURE_OR_REASON,
        Code.PHOTO_NOT_UPLOADED,
        description="Records finished work; the last order of a ticket resolves it (完工).",
    )
    work_order_lift_door_code = write(
        execution.lift_door_code,
        WorkOrderLiftDoorCodeInput,
        WORK_ORDER,
        description="Lets work start without the door code, after calling the customer (免验证码).",
    )
