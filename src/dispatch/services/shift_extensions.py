"""Longer shifts and work on days off (延班、加班): asked, agreed, approved, limited (RST-5)."""

from datetime import datetime, timedelta

from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.shift_extensions import (
    STEPS,
    ExtensionState,
    ExtensionStep,
)
from dispatch.domain.sizes import REASON_MOST, check_text, demand_text
from dispatch.services import clocks, duty, plans_in_force, technicians, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.extension_checks import check_room, day_of
from dispatch.services.overtime_answers import await_answer
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.shift_extensions import ShiftExtension
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician

_DAY = timedelta(days=1)


async def ask(
    tx: Tx,
    *,
    site_id: int,
    technician_id: int,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
) -> ShiftExtension:
    """Asks a technician to work outside their shifts; who offers it themself has agreed.

    Refuses what lies within a shift, leave or other overtime, and what is more than the policy
    allows; what is asked for counts, for it may come true.
    """
    is_own = tx.actor.technician_id == technician_id
    action = Action.WORK if is_own else Action.ASSIGN
    site = await visible.find_site(tx, site_id, action, own=is_own)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    technician = await _locked(tx, technician_id, site)
    policy = await policy_of(tx, site.id)
    if ends_at <= tx.now or starts_at >= ends_at:
        least = max(tx.now, starts_at).isoformat()
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=least, most="")
    seconds = int((ends_at - starts_at).total_seconds())
    if seconds < policy.overtime.least_s or ends_at - starts_at > _DAY:
        earliest = starts_at + timedelta(seconds=policy.overtime.least_s)
        raise refuse(
            Code.OUT_OF_RANGE,
            field="ends_at",
            least=earliest.isoformat(),
            most=(starts_at + _DAY).isoformat(),
        )
    extension = ShiftExtension(
        site_id=site.id,
        technician_id=technician.id,
        day=await day_of(tx, technician, site, starts_at=starts_at, ends_at=ends_at),
        starts_at=starts_at,
        ends_at=ends_at,
        state=ExtensionState.ASKED,
        reason=reason,
        asked_at=tx.now,
        asked_by_id=tx.actor.user_id,
        asked_by_name=tx.actor.name,
        approved_ahead=not is_own and tx.actor.may(Action.APPROVE_OVERTIME, site_id=site.id),
    )
    await check_room(tx, extension)
    await tx.save(extension, "shift_extension.asked")
    if is_own:
        return await _agreed(tx, extension, technician)
    await await_answer(tx, extension)
    await _tell(tx, MessageKind.OVERTIME_ASKED, extension, technician, to_technician=True)
    return extension


async def agree(tx: Tx, *, shift_extension_id: int, version: int | None = None) -> ShiftExtension:
    """The technician is willing; where nobody else has to say yes, their shift is longer now."""
    extension, technician = await _own(tx, shift_extension_id, version)
    return await _agreed(tx, extension, technician)


async def decline(
    tx: Tx, *, shift_extension_id: int, version: int | None = None, reason: str | None = None
) -> ShiftExtension:
    """The technician does not want to; nobody has to give a reason for that."""
    extension, technician = await _own(tx, shift_extension_id, version)
    check_text("reason", reason, most=REASON_MOST)
    extension.state = STEPS.after(state=extension.state, step=ExtensionStep.DECLINE)
    extension.answer = reason
    await tx.save(extension, "shift_extension.declined")
    await clocks.stop(tx, extension)
    await _tell(tx, MessageKind.OVERTIME_ANSWERED, extension, technician)
    return extension


async def approve(
    tx: Tx, *, shift_extension_id: int, version: int | None = None, reason: str | None = None
) -> ShiftExtension:
    """The shift is longer from now on, for plans and for offers; nobody approves their own."""
    extension, technician = await _to_decide(tx, shift_extension_id, version)
    check_text("reason", reason, most=REASON_MOST)
    extension.state = STEPS.after(state=extension.state, step=ExtensionStep.APPROVE)
    extension.answer = reason
    _decided(tx, extension)
    await _stands(tx, extension, technician)
    return extension


async def reject(
    tx: Tx, *, shift_extension_id: int, version: int | None = None, reason: str
) -> ShiftExtension:
    """The shift stays as it is; the technician and who asked are told why."""
    extension, technician = await _to_decide(tx, shift_extension_id, version)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    extension.state = STEPS.after(state=extension.state, step=ExtensionStep.REJECT)
    extension.answer = reason
    _decided(tx, extension)
    await tx.save(extension, "shift_extension.rejected")
    await clocks.stop(tx, extension)
    await _tell(tx, MessageKind.OVERTIME_ANSWERED, extension, technician, to_technician=True)
    return extension


async def withdraw(
    tx: Tx, *, shift_extension_id: int, version: int | None = None, reason: str | None = None
) -> ShiftExtension:
    """Nobody shall work longer after all: by who may ask, or by the technician until it is
    approved. What was planned into it finds another place."""
    extension, technician = await _found(tx, shift_extension_id, version)
    was = extension.state
    is_own = tx.actor.technician_id == technician.id and was is not ExtensionState.APPROVED
    action = Action.WORK if is_own else Action.ASSIGN
    visible.demand(tx, action, site_id=extension.site_id, own=is_own)
    check_text("reason", reason, most=REASON_MOST)
    extension.state = STEPS.after(state=was, step=ExtensionStep.WITHDRAW)
    if was is ExtensionState.APPROVED and extension.ends_at <= tx.now:
        # It was worked, and counts.
        raise refuse(Code.WRONG_STEP, noun="shift_extension", step="WITHDRAW", state=was.value)
    extension.answer = reason
    await tx.save(extension, "shift_extension.withdrawn")
    await clocks.stop(tx, extension)
    if was is ExtensionState.APPROVED:
        await technicians.touched(tx, technician, "technician.shift_shortened", day=extension.day)
        await plans_in_force.absent(
            tx, technician.id, starts_at=extension.starts_at, ends_at=extension.ends_at
        )
    await _tell(tx, MessageKind.OVERTIME_ANSWERED, extension, technician, to_technician=True)
    return extension


async def _agreed(tx: Tx, extension: ShiftExtension, technician: Technician) -> ShiftExtension:
    extension.state = STEPS.after(state=extension.state, step=ExtensionStep.AGREE)
    extension.agreed_at = tx.now
    needed = (await policy_of(tx, extension.site_id)).overtime.needs_approval
    if needed and not extension.approved_ahead:
        await tx.save(extension, "shift_extension.agreed")
        await await_answer(tx, extension)
        await _tell(tx, MessageKind.OVERTIME_TO_APPROVE, extension, technician)
        return extension
    extension.state = STEPS.after(state=extension.state, step=ExtensionStep.APPROVE)
    extension.decided_at = tx.now
    if extension.approved_ahead:
        extension.decided_by_id = extension.asked_by_id
        extension.decided_by_name = extension.asked_by_name
    await _stands(tx, extension, technician)
    return extension


async def _stands(tx: Tx, extension: ShiftExtension, technician: Technician) -> None:
    """Part of the shift from now on, if the limits, which may be others now, still allow it."""
    await check_room(tx, extension)
    await tx.save(extension, "shift_extension.approved")
    await clocks.stop(tx, extension)
    await technicians.touched(
        tx,
        technician,
        "technician.shift_extended",
        day=extension.day,
        starts_at=extension.starts_at,
        ends_at=extension.ends_at,
    )
    await _tell(tx, MessageKind.OVERTIME_ANSWERED, extension, technician, to_technician=True)


async def _found(
    tx: Tx, shift_extension_id: int, version: int | None
) -> tuple[ShiftExtension, Technician]:
    extension = await visible.find(
        tx,
        ShiftExtension,
        shift_extension_id,
        visible.shift_extensions(tx.actor),
        field="shift_extension_id",
        lock=True,
    )
    expect_version(extension, version)
    technician = await tx.session.get_one(
        Technician, extension.technician_id, with_for_update=True, populate_existing=True
    )
    return extension, technician


async def _own(
    tx: Tx, shift_extension_id: int, version: int | None
) -> tuple[ShiftExtension, Technician]:
    extension, technician = await _found(tx, shift_extension_id, version)
    if tx.actor.technician_id != technician.id:
        raise refuse(Code.FORBIDDEN, action=Action.WORK.value)
    visible.demand(tx, Action.WORK, site_id=extension.site_id, own=True)
    return extension, technician


async def _to_decide(
    tx: Tx, shift_extension_id: int, version: int | None
) -> tuple[ShiftExtension, Technician]:
    extension, technician = await _found(tx, shift_extension_id, version)
    visible.demand(tx, Action.APPROVE_OVERTIME, site_id=extension.site_id)
    if tx.actor.technician_id == technician.id:
        raise refuse(Code.FORBIDDEN, action=Action.APPROVE_OVERTIME.value)
    return extension, technician


async def _locked(tx: Tx, technician_id: int, site: Site) -> Technician:
    """Two who ask at once must see each other's: the limits are the technician's."""
    await duty.find_serving(tx, technician_id, site_id=site.id, field="technician_id")
    return await tx.session.get_one(
        Technician, technician_id, with_for_update=True, populate_existing=True
    )


def _decided(tx: Tx, extension: ShiftExtension) -> None:
    extension.decided_at = tx.now
    extension.decided_by_id = tx.actor.user_id
    extension.decided_by_name = tx.actor.name


async def _tell(
    tx: Tx,
    kind: MessageKind,
    extension: ShiftExtension,
    technician: Technician,
    *,
    to_technician: bool = False,
) -> None:
    roles: tuple[Role, ...] = ()
    if kind is MessageKind.OVERTIME_TO_APPROVE:
        roles = (Role.SUPERVISOR,)
    asker = (extension.asked_by_id,) if extension.asked_by_id is not None else ()
    await tell(
        tx,
        kind,
        Audience(
            roles=roles,
            technician_ids=(technician.id,) if to_technician else (),
            user_ids=asker if kind is MessageKind.OVERTIME_ANSWERED else (),
        ),
        site_id=extension.site_id,
        name=technician.name,
        by=extension.asked_by_name,
        starts=extension.starts_at,
        ends=extension.ends_at,
        state=extension.state.value,
        reason=extension.answer or extension.reason,
    )
