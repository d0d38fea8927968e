"""How much work technicians have on a day: what they did, and what they hold (GRAB-6)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from dispatch.domain.work_orders import AssignmentEnd
from dispatch.services.action import Tx
from dispatch.services.duty import local_date
from dispatch.store.sites import Site
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder


async def loads_of(
    tx: Tx, technician_ids: Sequence[int], *, site: Site, at: datetime
) -> dict[int, int]:
    """Seconds of work of the site's calendar day, travel not counted, by technician.

    What is held without a planned time counts for the day on which somebody asks.
    """
    begins = datetime.combine(local_date(site, at), time.min, ZoneInfo(site.time_zone))
    ends = begins + timedelta(days=1)
    statement = (
        select(CrewMember.technician_id, CrewMember.worked_s, WorkOrder.duration_s)
        .join(Assignment, Assignment.id == CrewMember.assignment_id)
        .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
        .where(
            CrewMember.technician_id.in_(technician_ids),
            or_(
                and_(
                    Assignment.ended_at.is_(None),
                    or_(Assignment.planned_start.is_(None), Assignment.planned_start < ends),
                ),
                and_(Assignment.end == AssignmentEnd.DONE, Assignment.ended_at >= begins),
            ),
        )
    )
    loads = dict.fromkeys(technician_ids, 0)
    for technician_id, worked_s, expected_s in await tx.session.execute(statement):
        loads[technician_id] += worked_s if worked_s is not None else expected_s
    return loads
