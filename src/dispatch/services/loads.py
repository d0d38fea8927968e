"""How much work technicians have on a day: what they did, and what they hold (GRAB-6)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, or_, select

from dispatch.domain.work_orders import AssignmentEnd
from dispatch.services.action import Tx
from dispatch.services.duty import local_date
from dispatch.store.among import among
from dispatch.store.sites import Site
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_WORK = (
    select(CrewMember.technician_id, CrewMember.worked_s, WorkOrder.duration_s)
    .join(Assignment, Assignment.id == CrewMember.assignment_id)
    .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
    .where(
        among(CrewMember.technician_id, "people"),
        or_(
            and_(
                Assignment.ended_at.is_(None),
                or_(
                    Assignment.planned_start.is_(None), Assignment.planned_start < bindparam("ends")
                ),
            ),
            and_(Assignment.end == AssignmentEnd.DONE, Assignment.ended_at >= bindparam("begins")),
        ),
    )
)


async def loads_of(
    tx: Tx, technician_ids: Sequence[int], *, site: Site, at: datetime
) -> dict[int, int]:
    """Seconds of work of the site's calendar day, travel not counted, by technician.

    What is held without a planned time counts for the day on which somebody asks.
    """
    begins = datetime.combine(local_date(site, at), time.min, ZoneInfo(site.time_zone))
    ends = begins + timedelta(days=1)
    rows = await tx.session.execute(
        _WORK, {"people": list(technician_ids), "begins": begins, "ends": ends}
    )
    loads = dict.fromkeys(technician_ids, 0)
    for row in rows:
        loads[row.technician_id] += _seconds(row)
    return loads


def part_of_load(row: Any, *, begins: datetime, ends: datetime) -> int:
    """Seconds that somebody's part in an order counts for the day between two moments, if at all:
    by the same rule, of a row that holds the columns that `_WORK` asks about."""
    is_held = row.ended_at is None and (row.planned_start is None or row.planned_start < ends)
    is_done = row.end is AssignmentEnd.DONE and row.ended_at is not None and row.ended_at >= begins
    return _seconds(row) if is_held or is_done else 0


def _seconds(row: Any) -> int:
    return row.worked_s if row.worked_s is not None else row.duration_s
