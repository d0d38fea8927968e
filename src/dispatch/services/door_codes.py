"""A home opens with the customer's code, and locks after too many wrong ones (EXE-2)."""

from datetime import timedelta

from dispatch.domain.door_codes import Tries, try_code
from dispatch.domain.errors import Code, refuse
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.work_orders import WorkOrder


async def open_door(tx: Tx, order: WorkOrder, given: str | None) -> None:
    """Refuses a start without the right code, where one is needed; counts the wrong ones."""
    if order.door_code is None or order.door_code_lifted_reason is not None:
        return
    policy = await policy_of(tx, order.site_id)
    tries = try_code(
        expected=order.door_code,
        given=given,
        tries=Tries(order.door_code_wrong, order.door_code_locked_until),
        now=tx.now,
        most_tries=policy.door_code_tries,
        lock=timedelta(seconds=policy.door_code_lock_s),
    )
    order.door_code_wrong = tries.wrong
    order.door_code_locked_until = tries.locked_until
    if tries == Tries():
        return
    # The count must outlive the refusal, or nobody would ever be locked out.
    await tx.save(order, "work_order.door_code_wrong")
    if tries.locked_until is not None:
        raise refuse(
            Code.DOOR_CODE_LOCKED,
            field="door_code",
            keep_changes=True,
            until=tries.locked_until.isoformat(),
        )
    raise refuse(
        Code.DOOR_CODE_WRONG,
        field="door_code",
        keep_changes=True,
        left=policy.door_code_tries - tries.wrong,
    )
