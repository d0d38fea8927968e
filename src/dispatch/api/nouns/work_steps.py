"""Steps from a phone that was offline (离线补传), each with its own time and key."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Optional

import strawberry
from strawberry.utils.str_converters import to_camel_case

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import OfRow, column, load, related
from dispatch.api.nouns.execution import HoursInput, PartInput
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.nouns.writes import argument, mutation_field, needed, optional
from dispatch.api.user_errors import TOP_LEVEL, Payload, payload
from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.late_steps import StepState
from dispatch.domain.sizes import STEPS_MOST, check_count
from dispatch.domain.work_orders import PauseReason, WorkOrderStep
from dispatch.services import late_steps
from dispatch.store.work_steps import WorkStep as WorkStepRow
from dispatch.texts import render


@strawberry.type(description="A step that was told with its own time (补传步骤).")
class WorkStep(OfRow):
    row = WorkStepRow

    step: WorkOrderStep = column("Which (步骤).")
    state: StepState = column("What became of it (状态).")
    key: str | None = column("The key it was told under (幂等键).")
    occurred_at: datetime = column("When it was, by the device's clock (发生时间).")
    at: datetime = column("When it counts as taken, the clock put right (计入时间).")
    received_at: datetime = column("When it arrived (收到时间).")
    refusal: str | None = column("Code of why it was refused (拒绝代码).")
    technician = related(
        batches.technicians, Optional[Technician], "Whose (人员).", key="technician_id"
    )


@strawberry.input(description="What is written down at the end (完工记录).")
class StepRecordInput:
    found: str = needed("What was found (现场情况).")
    cause: str = needed("The cause (故障原因).")
    done: str = needed("What was done (处理内容).")
    parts: list[PartInput] | None = optional("Parts used (用料).")
    hours: list[HoursInput] | None = optional("Hours of each of the crew (工时).")
    photos_before: list[str] | None = optional(
        "Photos before the work (维修前照片): references of `photoUpload`, or addresses elsewhere."
    )
    photos_after: list[str] | None = optional("Photos after the work (维修后照片), likewise.")
    signature: str | None = optional("The customer's signature (客户签字).")
    no_signature_reason: str | None = optional("Or why there is none (未签字原因).")


@strawberry.input(description="Why work stood still (暂停).")
class StepPauseInput:
    reason: PauseReason = needed("Why (原因).")
    resume_on: datetime = needed("When it was to go on (计划恢复时间).")
    note: str | None = optional("What else the desk should know (说明).")
    customer_consents: bool | None = optional("Whether the customer agreed (客户同意).")


@strawberry.input(
    description="One step as it was taken (步骤); what its kind does not need is not read."
)
class WorkStepInput:
    work_order_id: strawberry.ID = needed("Of which order (派工单).", node="WorkOrder")
    step: WorkOrderStep = needed(
        "ACCEPT, DECLINE, GIVE_BACK, SET_OUT, ARRIVE, START, PAUSE, RESUME or COMPLETE (步骤)."
    )
    key: str = needed("Any text of 1–200 characters, made up once for this step (幂等键).")
    occurred_at: datetime = needed("When, by the device's clock (发生时间).")
    latitude: float | None = optional("Where the device was: degrees north (纬度).")
    longitude: float | None = optional("Where the device was: degrees east (经度).")
    reason: str | None = optional("Why it is declined or given back (原因).")
    door_code: str | None = optional("To start: what the customer gave (维修验证码).")
    pause: StepPauseInput | None = optional("To pause: why, and until when (暂停).")
    record: StepRecordInput | None = optional("To complete: what is left of the work (完工记录).")


@strawberry.input(description="What a phone has to tell that was offline (离线补传).")
class WorkOrderStepsInput:
    steps: list[WorkStepInput] = needed("At most 200, in any order (步骤).")
    device_time: datetime | None = optional(
        "What the device's clock says now (设备时间); its steps' times are put right by it."
    )


@strawberry.type(description="What became of one step of a batch (补传结果).")
class WorkStepResult:
    key: str = column("Its key (幂等键).")
    state: StepState = column("Taken, waiting for a step before it, or refused (状态).")
    code: str | None = column("Code of why it was refused (拒绝代码); see the list of errors.")
    field: list[str] = column("Which part of the step is at fault (字段).")
    message: str | None = column("Why, in the reader's language (说明).")
    remedy: str | None = column("What to do about it (处理办法).")
    allowed: list[str] = column(
        "What would be accepted instead, where that is a closed list (可选项)."
    )
    work_order_id: strawberry.Private[int]

    @strawberry.field(description="The order as it is now (派工单).")
    async def work_order(self, info: Info) -> WorkOrder | None:
        return await load(info, batches.work_orders, self.work_order_id)  # type: ignore[return-value]


@payload(description="What came of `workOrderSteps` (结果).")
class WorkOrderStepsPayload(Payload):
    results: list[WorkStepResult] = strawberry.field(
        default_factory=list, description="One for each step, in the order given (结果)."
    )


_NEEDED: Mapping[WorkOrderStep, str] = {
    WorkOrderStep.DECLINE: "reason",
    WorkOrderStep.GIVE_BACK: "reason",
    WorkOrderStep.PAUSE: "pause",
    WorkOrderStep.COMPLETE: "record",
}


async def _tell(root: None, info: Info, input: WorkOrderStepsInput) -> Any:
    check_count("steps", input.steps, most=STEPS_MOST)
    context = info.context
    now = context.services.clock()
    clock_off = now - (_said(input.device_time) or now)
    results: dict[int, WorkStepResult] = {}
    # The earliest first: what was taken in this order then finds its turn at once.
    for place, step in sorted(enumerate(input.steps), key=lambda each: each[1].occurred_at):
        order_id = ids.decode(step.work_order_id, "WorkOrder", field="work_order_id")
        try:
            row = await context.services.perform(
                context.actor, late_steps.report, clock_off=clock_off, **_arguments(step, order_id)
            )
        except Refused as refused:
            if any(one.code in TOP_LEVEL for one in refused.refusals):
                raise
            results[place] = _refused(step, order_id, refused.refusals[0], context.language)
        else:
            results[place] = _became(row, step.key, context.language)
    context.loaders.clear()
    return WorkOrderStepsPayload(results=[results[place] for place in sorted(results)])


def _arguments(step: WorkStepInput, order_id: int) -> dict[str, Any]:
    wanted = _NEEDED.get(step.step)
    if wanted is not None and not _said(getattr(step, wanted)):
        raise Refused(Refusal(Code.REQUIRED, (wanted,)))
    if step.step not in late_steps.KINDS:
        raise Refused(
            Refusal(
                Code.BAD_INPUT,
                ("step",),
                {"given": step.step},
                allowed=tuple(each.value for each in late_steps.KINDS),
            )
        )
    given = {
        "work_order_id": order_id,
        "occurred_at": step.occurred_at,
        "latitude": _said(step.latitude),
        "longitude": _said(step.longitude),
    }
    told = {"step": step.step, "key": step.key, "given": given}
    if step.step is WorkOrderStep.START:
        return {**told, "door_code": _said(step.door_code)}
    if wanted == "reason":
        return {**told, "reason": step.reason}
    if wanted is not None:
        return {**told, **_fields(getattr(step, wanted))}
    return told


def _said(value: Any) -> Any:
    return None if value is strawberry.UNSET else value


def _fields(given: Any) -> dict[str, Any]:
    return {
        name: argument(value, None, name)
        for name, value in vars(given).items()
        if value is not strawberry.UNSET and value is not None
    }


def _refused(step: WorkStepInput, order_id: int, refusal: Refusal, language: str) -> WorkStepResult:
    message, remedy = render(refusal, language)
    return WorkStepResult(
        key=step.key,
        state=StepState.REFUSED,
        code=refusal.code.value,
        field=[to_camel_case(part) for part in refusal.field],
        message=message,
        remedy=remedy,
        allowed=list(refusal.allowed),
        work_order_id=order_id,
    )


def _became(row: WorkStepRow, key: str, language: str) -> WorkStepResult:
    made = WorkStepResult(
        key=key,
        state=row.state,
        code=row.refusal,
        field=[],
        message=None,
        remedy=None,
        allowed=[],
        work_order_id=row.work_order_id,
    )
    if row.refusal is None:
        return made
    message, remedy = render(Refusal(Code(row.refusal)), language)
    return replace(made, message=message, remedy=remedy)


@strawberry.type
class WorkStepMutations:
    work_order_steps = mutation_field(
        _tell,
        WorkOrderStepsPayload,
        WorkOrderStepsInput,
        description="Tells steps that were taken offline, late and in any order: each is taken "
        "once, in its turn; one that came too early waits for the one before it (离线补传).",
    )
