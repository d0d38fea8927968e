"""What is asked of a site (ANL-3): reports by when and where they came, and what is still open."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, func, literal

from dispatch.domain.deadlines import UNSOLVED
from dispatch.domain.figures.demand import BACKLOG, DEMAND
from dispatch.domain.figures.dimensions import Dimension
from dispatch.domain.tickets import TicketState
from dispatch.services import counting
from dispatch.services.action import Tx
from dispatch.services.figures import (
    Asked,
    Column,
    Facts,
    Join,
    Key,
    Row,
    Scope,
    group_by,
    grouped,
    scope_of,
)
from dispatch.services.places_of import building_of_places
from dispatch.store.base import UtcDateTime
from dispatch.store.tickets import Ticket


async def demand(tx: Tx, asked: Asked) -> tuple[Scope, list[Row]]:
    """A row for each group of reports, in the order of its key."""
    scope = await scope_of(tx, asked, own=False)
    figures = [each for name, each in DEMAND.items() if name in asked.figures]
    wanted, _ = counting.needs(figures)
    known = _reported(scope)
    measures = ["tickets", *(name for name in wanted if name in known.measures)]
    found = await counting.sums(tx, grouped(asked, known, scope), dict.fromkeys(measures))
    dimensions = group_by(asked, known)
    place = dimensions.index(Dimension.WEEKDAY) if Dimension.WEEKDAY in dimensions else None
    counts: dict[Key, int] = {}
    for key, values in found.items():
        time = (
            key[-1] if asked.interval is not None else None,
            key[place] if place is not None else None,
        )
        if time not in counts:
            counts[time] = _days(asked, scope, *time)
        values["days"] = counts[time]
    return scope, [
        Row(key, {each.name: each.value(values) for each in figures})
        for key, values in found.items()
    ]


async def backlog(tx: Tx, asked: Asked) -> tuple[Scope, list[Row]]:
    """What is open now, whenever it came; told apart by all that is no time."""
    scope = await scope_of(tx, asked, own=False)
    figures = [each for name, each in BACKLOG.items() if name in asked.figures]
    measures, ranks = counting.needs(figures)
    groups = grouped(asked, _open(tx, scope), scope)
    found = await counting.sums(tx, groups, dict.fromkeys(["tickets", *measures]))
    for key, values in (await counting.percentiles(tx, groups, ranks, asked.calendar)).items():
        found[key].update(values)
    return scope, [
        Row(key, {each.name: each.value(values) for each in figures})
        for key, values in found.items()
    ]


def of_now(asked: Asked) -> Asked:
    """The question of the backlog in a question about a time: told apart by all but times."""
    times = (Dimension.WEEKDAY, Dimension.HOUR_OF_DAY)
    lasting = tuple(each for each in asked.group_by if each not in times)
    return replace(asked, group_by=lasting, interval=None)


def _reported(scope: Scope) -> Facts:
    people = func.coalesce(Ticket.crew_size, 1)
    return Facts(
        base=Ticket,
        **_of_tickets(scope),
        conditions=[Ticket.state != TicketState.MERGED],
        measures={
            "tickets": Column(func.count()),
            "work": Column(func.sum(func.coalesce(Ticket.duration_s, 0) * people)),
        },
    )


def _open(tx: Tx, scope: Scope) -> Facts:
    now = literal(tx.now, UtcDateTime())
    is_overdue = and_(Ticket.due_at.is_not(None), Ticket.due_at < tx.now)
    return Facts(
        base=Ticket,
        **_of_tickets(scope),
        conditions=[Ticket.state.in_(sorted(UNSOLVED)), Ticket.reported_at <= tx.now],
        measures={
            "tickets": Column(func.count()),
            "overdue": Column(func.sum(case((is_overdue, 1), else_=0))),
        },
        durations={"age": (Column(Ticket.reported_at), Column(now))},
        is_timeless=True,
    )


def _of_tickets(scope: Scope) -> dict[str, Any]:
    places = building_of_places(scope.site_ids)
    return {
        "joins": {"places": Join(places, places.c.place_id == Ticket.place_id)},
        "moment": Ticket.reported_at,
        "site_id": Ticket.site_id,
        "dimensions": {
            Dimension.SITE: Column(Ticket.site_id),
            Dimension.TRADE: Column(Ticket.trade),
            Dimension.CATEGORY: Column(Ticket.category_id),
            Dimension.PRIORITY: Column(Ticket.priority),
            Dimension.BUILDING: Column(places.c.building_id, ("places",)),
            Dimension.PLACE: Column(Ticket.place_id),
        },
    }


def _days(asked: Asked, scope: Scope, period: int | None, weekday: int | None) -> int:
    """How many of the days asked for belong to a group: those of its interval and weekday."""
    days = scope.days.all()
    if asked.interval is not None and period is not None:
        zone = scope.days.zone
        starts, ends = scope.days.span(asked.interval, period)
        first = starts.astimezone(zone).date()
        last = (ends.astimezone(zone) - timedelta(microseconds=1)).date()
        days = [each for each in days if first <= each <= last]
    return sum(weekday is None or each.weekday() == weekday for each in days)
