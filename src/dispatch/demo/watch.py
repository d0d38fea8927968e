"""Keeps somebody on duty while the demo is served, whatever the hour."""

from datetime import date, time

from sqlalchemy import select

from dispatch.demo.estate import Estate
from dispatch.demo.facts import facts
from dispatch.services import technicians
from dispatch.services.action import Services
from dispatch.store.technicians import ShiftException


async def keep_watch(services: Services, estate: Estate, *, day: date) -> None:
    """Gives the technician whose account is shown the whole day, from midnight to midnight.

    Done after the day was planned, so that the plan shows the shift that people really have.
    """
    told = facts("estate")["watch"]
    person = estate.people[told["code"]]
    async with services.writing(estate.root) as tx:
        statement = select(ShiftException.id).where(
            ShiftException.technician_id == person.id, ShiftException.day == day
        )
        if (await tx.session.execute(statement)).first() is not None:
            return
        await technicians.add_shift_exception(
            tx,
            technician_id=person.id,
            day=day,
            starts=time(),
            ends=time(),
            reason=told["reason"],
        )
