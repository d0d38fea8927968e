"""How long technicians were on shift, in the groups that figures are told apart by (ANL-2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from dispatch.domain.figures.dimensions import Dimension
from dispatch.domain.figures.periods import Days, Interval
from dispatch.domain.roster import Shift
from dispatch.services import duty
from dispatch.services.action import Tx
from dispatch.services.figures import Asked, Key, Scope
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician, TechnicianSite

_PEOPLE = {Dimension.SITE, Dimension.TEAM, Dimension.TECHNICIAN}
_TIMES = {Dimension.WEEKDAY, Dimension.HOUR_OF_DAY}
_DAY = timedelta(days=1)


async def shift_time(tx: Tx, asked: Asked, scope: Scope) -> dict[Key, dict[int, int]]:
    """Seconds on shift, without breaks, of each technician in each group.

    Nothing where groups don't tell people apart: nobody is on shift for a trade. Who serves
    several sites is on shift at each of them, and once where sites are not told apart.
    """
    if not {*asked.group_by} <= _PEOPLE | _TIMES:
        return {}
    cutting = _Cutting(asked, scope.days)
    found: dict[Key, dict[int, int]] = {}
    counted: set[int] = set()
    for site in scope.sites:
        people = [each for each in await _people(tx, site, asked, scope) if each.id not in counted]
        if Dimension.SITE not in asked.group_by:
            counted |= {each.id for each in people}
        shifts = await _shifts(tx, site, people, scope.days)
        for person in people:
            for shift in shifts[person.id]:
                for times, seconds in cutting.pieces(shift):
                    group = found.setdefault(_key(asked, site, person, times), {})
                    group[person.id] = group.get(person.id, 0) + seconds
    return found


async def _people(tx: Tx, site: Site, asked: Asked, scope: Scope) -> Sequence[Technician]:
    statement = (
        select(Technician)
        .join(TechnicianSite, TechnicianSite.technician_id == Technician.id)
        .where(TechnicianSite.site_id == site.id)
        .order_by(Technician.id)
    )
    if site.id not in scope.whole:
        statement = statement.where(Technician.id == (scope.technician_id or 0))
    people = (await tx.session.execute(statement)).scalars().all()
    return [each for each in people if _is_meant(each, asked)]


def _is_meant(person: Technician, asked: Asked) -> bool:
    team = person.leader_id or person.id
    return all(
        _holds(wished, value)
        for name, value in (("technician", person.id), ("team", team))
        if (wished := asked.only.get(name)) is not None
    )


def _holds(wished: Any, value: int) -> bool:
    return wished.get("eq", value) == value and value in wished.get("in_", (value,))


async def _shifts(
    tx: Tx, site: Site, people: Sequence[Technician], days: Days
) -> dict[int, list[Shift]]:
    # A shift of the night before, or of a day that begins earlier at the site, reaches in.
    first, last = days.first - _DAY, days.last + _DAY
    ids = [each.id for each in people]
    return await duty.shifts_between(tx, ids, site=site, first=first, last=last)


def _key(asked: Asked, site: Site, person: Technician, times: Key) -> Key:
    people = {
        Dimension.SITE: site.id,
        Dimension.TEAM: person.leader_id or person.id,
        Dimension.TECHNICIAN: person.id,
    }
    rest = iter(times)
    named = [people[each] if each in people else next(rest) for each in asked.group_by]
    return (*named, *rest)


@dataclass(slots=True)
class _Cutting:
    """Cuts shifts at the borders of the groups' times; most people have the same shifts."""

    asked: Asked
    days: Days
    known: dict[Shift, list[tuple[Key, int]]]

    def __init__(self, asked: Asked, days: Days) -> None:
        self.asked, self.days, self.known = asked, days, {}

    def pieces(self, shift: Shift) -> list[tuple[Key, int]]:
        """The times that a shift touches, as parts of keys, and its seconds in each."""
        if shift not in self.known:
            found: dict[Key, int] = {}
            for starts, ends in _without_rest(shift):
                for begins, stops in self._cut(starts, ends):
                    key = self._times(begins)
                    found[key] = found.get(key, 0) + int((stops - begins).total_seconds())
            self.known[shift] = list(found.items())
        return self.known[shift]

    def _cut(self, starts: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
        at, last = max(starts, self.days.starts_at), min(ends, self.days.ends_at)
        by_hour = (
            self.asked.interval is Interval.HOUR or Dimension.HOUR_OF_DAY in self.asked.group_by
        )
        while at < last:
            after = self.days.next_hour(at) if by_hour else self.days.next_day(at)
            yield at, min(after, last)
            at = after

    def _times(self, at: datetime) -> Key:
        here = at.astimezone(self.days.zone)
        known = {Dimension.WEEKDAY: here.weekday(), Dimension.HOUR_OF_DAY: here.hour}
        times = [known[each] for each in self.asked.group_by if each in known]
        if self.asked.interval is not None:
            times.append(self.days.key(self.asked.interval, at))
        return tuple(times)


def _without_rest(shift: Shift) -> list[tuple[datetime, datetime]]:
    """The break is taken at the first moment at which it may be."""
    if shift.rest is None:
        return [(shift.starts_at, shift.ends_at)]
    again = shift.rest.earliest + timedelta(minutes=shift.rest.minutes)
    return [(shift.starts_at, shift.rest.earliest), (again, shift.ends_at)]
