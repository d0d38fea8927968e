"""What the desk does with callbacks (回访): record each call."""

import strawberry
from strawberry import UNSET

from dispatch.api.nouns.callbacks import Callback
from dispatch.api.nouns.writes import Result, key_field, needed, optional, version_field, write
from dispatch.domain.callbacks import Amends, CallResult
from dispatch.domain.errors import Code
from dispatch.services import callbacks
from dispatch.store.callbacks import Callback as CallbackRow


@strawberry.input(
    description="Marks (评分): 1 is worst, the best is the policy's `callback_scale`, 3 or 5."
)
class ScoresInput:
    on_time: int | None = optional("Was the technician on time (及时)?")
    attitude: int | None = optional("Were they polite (态度)?")
    quality: int | None = optional("Is the work good (质量)?")
    total: int | None = optional("All in all (总评).")

    def argument(self) -> dict[str, int]:
        given = {
            "on_time": self.on_time,
            "attitude": self.attitude,
            "quality": self.quality,
            "total": self.total,
        }
        return {
            name: mark for name, mark in given.items() if mark is not None and mark is not UNSET
        }


@strawberry.input(description="One call to the customer (回访登记).")
class CallbackRecordInput:
    callback_id: strawberry.ID = needed("Which (回访).", node="Callback")
    version: int | None = version_field()
    result: CallResult = needed("What came of the call (通话结果).")
    solved: bool | None = optional("Was the fault repaired (是否解决)? Needed when ANSWERED.")
    satisfied: bool | None = optional("Is the customer satisfied? Needed when ANSWERED (是否满意).")
    charge_as_agreed: bool | None = optional("Was the charge as agreed (收费是否与约定一致)?")
    scores: ScoresInput | None = optional("The customer's marks (评分).")
    dissatisfaction_reason: str | None = optional(
        "Why they are not satisfied (不满意原因); needed when they are not."
    )
    remarks: str | None = optional("What else they said (客户意见).")
    amends: Amends | None = optional(
        "What an unsatisfied customer is given (补救方式); default REWORK."
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="A manager has to make this call (列为重要个案).")
class CallbackMarkSeriousInput:
    callback_id: strawberry.ID = needed("Which (回访).", node="Callback")
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


_CALLBACK = Result(
    "callback", Callback, "The callback as it is now (回访); null when refused.", CallbackRow.id
)


@strawberry.type
class CallbackMutations:
    callback_record = write(
        callbacks.record,
        CallbackRecordInput,
        _CALLBACK,
        Code.CALLBACK_ENDED,
        Code.SCORE_OFF_SCALE,
        Code.MANAGER_MUST_CALL,
        Code.WRONG_STEP,
        description="Notes one call: a satisfied customer closes the ticket, an unsatisfied one "
        "reopens it with a rework or opens a complaint (回访登记).",
    )
    callback_mark_serious = write(
        callbacks.mark_serious,
        CallbackMarkSeriousInput,
        _CALLBACK,
        Code.CALLBACK_ENDED,
        description="From now on a manager has to make this call; managers are told (重要个案).",
    )
