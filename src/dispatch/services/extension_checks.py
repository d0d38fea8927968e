"""What overtime must satisfy: outside all other work, and within the limits (RST-5)."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from dispatch.domain import overtime as rules
from dispatch.domain.errors import Code, refuse
from dispatch.domain.shift_extensions import STANDING_STATES
from dispatch.services import duty, overtime
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.shift_extensions import ShiftExtension
from dispatch.store.sites import Site
from dispatch.store.technicians import Leave, Technician

_DAY = timedelta(days=1)


async def check_room(tx: Tx, extension: ShiftExtension) -> None:
    """Refuses OVERTIME_LIMIT where the technician has too much with it."""
    who = extension.technician_id
    counted = await overtime.by_day(tx, [who], day=extension.day, but_for=extension.id)
    rules.check_room(
        counted[who],
        day=extension.day,
        seconds=int((extension.ends_at - extension.starts_at).total_seconds()),
        limits=(await policy_of(tx, extension.site_id)).overtime,
    )


async def day_of(
    tx: Tx, technician: Technician, site: Site, *, starts_at: datetime, ends_at: datetime
) -> date:
    """The day of the shift that the stretch touches, else the one on which it begins.

    Refuses WITHIN_SHIFT where the technician works, or is away, already.
    """
    begins = duty.local_date(site, starts_at)
    found = None
    days = (begins - _DAY, begins, begins + _DAY)
    shifts_of_days = await duty.shifts_of_days(tx, [technician.id], site=site, days=days)
    for day, shifts in shifts_of_days[technician.id].items():
        for shift in shifts:
            if shift.starts_at < ends_at and starts_at < shift.ends_at:
                raise refuse(Code.WITHIN_SHIFT, field="starts_at", name=technician.name)
            if found is None and shift.meets(starts_at, ends_at):
                found = day
    for row, more in (
        (Leave, ()),
        (ShiftExtension, (ShiftExtension.state.in_(STANDING_STATES),)),
    ):
        taken = select(row.id).where(
            row.technician_id == technician.id,
            row.starts_at < ends_at,
            row.ends_at > starts_at,
            *more,
        )
        if (await tx.session.execute(taken)).first() is not None:
            raise refuse(Code.WITHIN_SHIFT, field="starts_at", name=technician.name)
    return found or begins
