"""Overtime that nobody answers does not stay in the way for ever (RST-5)."""

from datetime import timedelta

from dispatch.domain.clocks import ClockKind
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.domain.shift_extensions import STEPS, UNANSWERED_STATES, ExtensionState, ExtensionStep
from dispatch.services import clocks
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.clocks import Clock
from dispatch.store.shift_extensions import ShiftExtension
from dispatch.store.technicians import Technician


async def await_answer(tx: Tx, extension: ShiftExtension) -> None:
    """From now on the technician, or who approves, has the policy's time, at most until the
    overtime itself would be over."""
    within_s = (await policy_of(tx, extension.site_id)).overtime.answer_within_s
    await clocks.start(
        tx,
        ClockKind.OVERTIME_ANSWER,
        extension,
        site_id=extension.site_id,
        due_at=min(tx.now + timedelta(seconds=within_s), extension.ends_at),
    )


async def unanswered(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: it is taken back by itself, and counts against no limit any more;
    all who had a part in it are told."""
    extension = await tx.session.get_one(
        ShiftExtension, clock.subject_id, with_for_update=True, populate_existing=True
    )
    waited_for = extension.state
    if waited_for not in UNANSWERED_STATES:
        return
    extension.state = STEPS.after(state=waited_for, step=ExtensionStep.WITHDRAW)
    await tx.save(extension, "shift_extension.expired", waited_for=waited_for)
    technician = await tx.session.get_one(Technician, extension.technician_id)
    await tell(
        tx,
        MessageKind.OVERTIME_EXPIRED,
        Audience(
            roles=(Role.SUPERVISOR,) if waited_for is ExtensionState.AGREED else (),
            technician_ids=(technician.id,),
            user_ids=(extension.asked_by_id,) if extension.asked_by_id is not None else (),
        ),
        site_id=extension.site_id,
        name=technician.name,
        starts=extension.starts_at,
        ends=extension.ends_at,
        reason=extension.reason,
    )
