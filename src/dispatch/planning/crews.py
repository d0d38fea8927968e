"""People's shifts as the optimizer's technicians."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dispatch.domain import roster
from dispatch.planning.inputs import Person, PlanningDay
from dispatch.planning.places import Places
from dispatch_solver import Break, Shift, Technician

# The optimizer knows no shift without length.
_LEAST_SHIFT = timedelta(seconds=60)


def technicians_of(day: PlanningDay, *, places: Places, demand_s: float) -> tuple[Technician, ...]:
    """Everyone who serves the site; without a shift who is off, so that reasons can say so."""
    spans = {person.technician.id: _remaining(day, person) for person in day.people}
    capacity = sum(_length(span) for each in spans.values() for span in each)
    capacity += sum(person.worked_s for person in day.people if spans[person.technician.id])
    worked = sum(person.worked_s for person in day.people)
    load = min(1.0, (demand_s + worked) / capacity) if capacity else 0.0
    return tuple(
        Technician(
            id=str(person.technician.id),
            shifts=_shifts(
                day,
                person,
                spans[person.technician.id],
                places=places,
                load=load,
            ),
            skills=dict(person.skills),
            travel=person.technician.travel.value,
        )
        for person in day.people
    )


def _shifts(
    day: PlanningDay,
    person: Person,
    spans: Sequence[roster.Shift],
    *,
    places: Places,
    load: float,
) -> tuple[Shift, ...]:
    now_at, home = places.of_person(person)
    limit = person.technician.work_limit_s
    limit = limit if limit is not None else day.policy.work_limit_s
    total = sum(_length(span) for span in spans)
    shifts = []
    for index, span in enumerate(spans):
        following = spans[index + 1].starts_at if index + 1 < len(spans) else None
        overtime = _overtime_limit(person, span, following=following)
        used = person.worked_s if index == 0 else 0
        # The limit is the day's: two shifts share it by their length.
        share = _length(span) / total if total else 0.0
        open_work = None if limit is None else max(0, limit - person.worked_s)
        shifts.append(
            Shift(
                id=str(index),
                start=day.second(span.starts_at),
                end=day.second(span.ends_at),
                from_place=now_at if index == 0 else home,
                to_place=home,
                breaks=_breaks(day, span, overtime_s=overtime),
                overtime_limit=overtime,
                work_limit=None if open_work is None else used + int(open_work * share),
                fair_share=int(load * (_length(span) + used)),
                used_work=used,
            )
        )
    return tuple(shifts)


def _remaining(day: PlanningDay, person: Person) -> list[roster.Shift]:
    """What is left of the shifts: nobody is planned into the past, nor while they are held up."""
    free = max(day.now, person.free_from or day.now)
    return [
        roster.Shift(_begin(shift, now=day.now, free=free), shift.ends_at, shift.rest)
        for shift in person.shifts
        if shift.ends_at > day.now
    ]


def _begin(shift: roster.Shift, *, now: datetime, free: datetime) -> datetime:
    """Who is held up until after the shift's end has next to nothing left of it."""
    return max(shift.starts_at, now, min(free, shift.ends_at - _LEAST_SHIFT))


def _overtime_limit(person: Person, span: roster.Shift, *, following: datetime | None) -> int:
    """Overtime ends where leave or the next shift begins."""
    most_s = person.technician.overtime_limit_s
    if person.overtime_s is not None:
        most_s = min(most_s, person.overtime_s)
    end = span.ends_at + timedelta(seconds=most_s)
    for start, until in person.away:
        if until > span.ends_at:
            end = min(end, max(start, span.ends_at))
    if following is not None:
        end = min(end, max(following, span.ends_at))
    return max(0, int((end - span.ends_at).total_seconds()))


def _breaks(day: PlanningDay, span: roster.Shift, *, overtime_s: int) -> tuple[Break, ...]:
    """The rest, unless its time has passed or lies outside what is left of the shift."""
    rest = span.rest
    if rest is None or rest.latest < span.starts_at:
        return ()
    earliest = max(rest.earliest, span.starts_at)
    length = timedelta(minutes=rest.minutes)
    if earliest + length > span.ends_at + timedelta(seconds=overtime_s):
        return ()
    return (Break(day.second(earliest), day.second(rest.latest), rest.minutes * 60),)


def _length(span: roster.Shift) -> float:
    rest = span.rest.minutes * 60 if span.rest is not None else 0
    return max(0.0, (span.ends_at - span.starts_at).total_seconds() - rest)
