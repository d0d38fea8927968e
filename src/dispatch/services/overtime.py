"""Counts overtime (加班): what is agreed on, and work that lay outside the shifts (RST-5)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from dispatch.domain import overtime as rules
from dispatch.domain.overtime import OvertimeCount
from dispatch.domain.shift_extensions import STANDING_STATES
from dispatch.services import duty, visible
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.shift_extensions import OvertimeWorked, ShiftExtension
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

ByDay = dict[date, int]


async def by_day(
    tx: Tx, technician_ids: Sequence[int], *, day: date, but_for: int | None = None
) -> dict[int, ByDay]:
    """Seconds of overtime by technician and day, for all periods that hold `day`.

    `but_for`: the id of an extension that is left out.
    """
    starts, ends = rules.span_of(day)
    found: dict[int, ByDay] = {each: defaultdict(int) for each in technician_ids}
    worked = (
        select(OvertimeWorked.technician_id, OvertimeWorked.day, func.sum(OvertimeWorked.seconds))
        .where(
            OvertimeWorked.technician_id.in_(technician_ids),
            OvertimeWorked.day >= starts,
            OvertimeWorked.day < ends,
        )
        .group_by(OvertimeWorked.technician_id, OvertimeWorked.day)
    )
    for technician_id, on, seconds in await tx.session.execute(worked):
        found[technician_id][on] += int(seconds)
    agreed = select(ShiftExtension).where(
        ShiftExtension.technician_id.in_(technician_ids),
        ShiftExtension.day >= starts,
        ShiftExtension.day < ends,
        ShiftExtension.state.in_(STANDING_STATES),
    )
    for each in (await tx.session.execute(agreed)).scalars():
        if each.id != but_for:
            length = each.ends_at - each.starts_at
            found[each.technician_id][each.day] += int(length.total_seconds())
    return found


async def room_of(
    tx: Tx, technicians: Sequence[Technician], *, site_id: int, day: date
) -> dict[int, int]:
    """How far past their shifts' ends each may be planned on the day: their own limit, at most
    what the policy's limits leave; only those who may at all."""
    wanted = [each for each in technicians if each.overtime_limit_s]
    limits = (await policy_of(tx, site_id)).overtime
    counted = await by_day(tx, [each.id for each in wanted], day=day) if wanted else {}
    return {
        each.id: min(each.overtime_limit_s, rules.room_s(counted[each.id], day=day, limits=limits))
        for each in wanted
    }


async def counts_of(tx: Tx, technician_id: int, *, site_id: int, day: date) -> list[OvertimeCount]:
    """A technician's overtime of the day, its week and its month, for who sees the site's people
    or is the technician."""
    technician = await visible.find(
        tx, Technician, technician_id, visible.technicians(tx.actor), field="technician_id"
    )
    await duty.find_serving(tx, technician.id, site_id=site_id, field="technician_id")
    counted = await by_day(tx, [technician.id], day=day)
    limits = (await policy_of(tx, site_id)).overtime
    return rules.counts(counted[technician.id], day=day, limits=limits)


async def note_worked(
    tx: Tx, order: WorkOrder, assignment: Assignment, crew: Sequence[CrewMember]
) -> None:
    """The work has ended: what of it lay outside the shifts of each of the crew is kept.

    Pauses are not known to the second for each person: of less time counted than lies between
    coming and going, the last part counts.
    """
    site = await tx.session.get_one(Site, order.site_id)
    least_s = (await policy_of(tx, order.site_id)).overtime.least_s
    rows = []
    for member in crew:
        if member.joined_at is None or member.left_at is None or not member.worked_s:
            continue
        begins = max(member.joined_at, member.left_at - timedelta(seconds=member.worked_s))
        day, seconds = await _outside(tx, member, site=site, starts_at=begins)
        if seconds >= least_s:
            row = OvertimeWorked(
                site_id=order.site_id,
                technician_id=member.technician_id,
                work_order_id=order.id,
                assignment_id=assignment.id,
                day=day,
                seconds=seconds,
                counted_at=tx.now,
            )
            rows.append((row, "overtime.counted", {}))
    if rows:
        await tx.save_all(rows)


async def _outside(
    tx: Tx, member: CrewMember, *, site: Site, starts_at: datetime
) -> tuple[date, int]:
    """The day that a person's work counts for, and how much of it lay outside their shifts.

    Work that follows a shift, or runs into one, is of that shift's day.
    """
    assert member.left_at is not None
    ends_at, here = member.left_at, duty.local_date(site, starts_at)
    last = duty.local_date(site, ends_at)
    days = [
        here - timedelta(days=1) + timedelta(days=ahead) for ahead in range((last - here).days + 2)
    ]
    of, shifts = here, []
    found = await duty.shifts_of_days(tx, [member.technician_id], site=site, days=days)
    for day, mine in found[member.technician_id].items():
        shifts += mine
        if any(shift.meets(starts_at, ends_at) for shift in mine):
            of = day
            break
    return of, rules.outside_s(starts_at, ends_at, shifts)
