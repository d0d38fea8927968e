"""What follows for shifts when a site says that a day is a holiday, or is none (RST-2)."""

from collections.abc import Iterable

from sqlalchemy import or_, select

from dispatch.domain.roster import DayRule
from dispatch.services import technicians
from dispatch.services.action import Tx
from dispatch.services.duty import serving
from dispatch.store.technicians import ShiftPattern


async def day_changed(tx: Tx, site_ids: Iterable[int]) -> None:
    """Plans rest on the shifts of everybody whose patterns have rules for such days."""
    for site_id in sorted(set(site_ids)):
        people = {each.id: each for each in await serving(tx, site_id)}
        like = DayRule.LIKE_WEEKDAY
        statement = (
            select(ShiftPattern.technician_id)
            .where(
                ShiftPattern.technician_id.in_(people),
                or_(ShiftPattern.on_holidays != like, ShiftPattern.on_makeup_days != like),
            )
            .distinct()
            .order_by(ShiftPattern.technician_id)
        )
        found = (await tx.session.execute(statement)).scalars().all()
        concerned = [people[technician_id] for technician_id in found]
        await technicians.all_touched(tx, concerned, "technician.calendar_changed")
