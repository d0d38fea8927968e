"""Counts facts in groups: sums, and percentiles of lengths of time (ANL-5)."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import case, func, literal_column, select

from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.errors import Code, refuse
from dispatch.domain.figures.figure import Figure, Percentile
from dispatch.domain.figures.open_time import OpenTime, open_time
from dispatch.domain.figures.statistics import nearest_rank
from dispatch.services.action import Tx
from dispatch.services.calendars import calendar_of
from dispatch.services.figures import Column, Counting, Key
from dispatch.store.moments import epoch, seconds_between
from dispatch.store.postgres import hold_still

Moments: TypeAlias = "array[int]"
Counted = dict[Key, dict[str, Any]]
_AT_ONCE = 5_000
"""Rows that are read between two turns of the loop."""


async def sums(tx: Tx, counting: Counting, names: Iterable[str]) -> Counted:
    """The measures of each group; without groups there is one, whatever there was to count."""
    measures = {name: counting.facts.measures[name] for name in names}
    if not measures:
        return {}
    keys = counting.labelled()
    counted = (
        select(*keys, *(each.of.label(name) for name, each in measures.items()))
        .select_from(counting.source(*measures.values()))
        .where(counting.where())
        .group_by(*_names(keys))
        .cte("counted")
        # All groups are counted before some are shown. PostgreSQL would else look for a way to the
        # first of them, row by row, that takes many times as long to the last.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    statement = select(counted).limit(counting.scope.rows_most + 1)
    rows = (await tx.session.execute(statement)).all()
    if len(rows) > counting.scope.rows_most:
        raise refuse(
            Code.TOO_COSTLY, what="rows", requested=len(rows), limit=counting.scope.rows_most
        )
    width = len(keys)
    return in_order(
        {tuple(row[:width]): dict(zip(measures, row[width:], strict=True)) for row in rows}
    )


def in_order(counted: Counted) -> Counted:
    """By the groups' keys, what is not known last: databases think differently of that."""
    if any(None in key for key in counted):
        return dict(
            sorted(counted.items(), key=lambda each: [(one is None, one) for one in each[0]])
        )
    return {key: counted[key] for key in sorted(counted)}


async def percentiles(
    tx: Tx, counting: Counting, wanted: Iterable[Percentile], calendar: ClockCalendar
) -> Counted:
    """The percentiles of each group by their names, one statement for each length of time."""
    by_value: dict[str, list[Percentile]] = {}
    for each in wanted:
        by_value.setdefault(each.of, []).append(each)
    found: Counted = {}
    for name, ranks in by_value.items():
        start, end = counting.facts.durations[name]
        if calendar is ClockCalendar.ROUND_THE_CLOCK:
            made = await _ranked(tx, counting, start, end, ranks)
        else:
            made = await _on_calendars(tx, counting, start, end, ranks)
        for key, values in made.items():
            found.setdefault(key, {}).update(values)
    return found


def needs(figures: Iterable[Figure]) -> tuple[list[str], list[Percentile]]:
    """The measures and the percentiles that figures are made of."""
    chosen = list(figures)
    plain = {name: None for each in chosen if each.percentile is None for name in each.needs}
    return list(plain), [each.percentile for each in chosen if each.percentile is not None]


async def _ranked(
    tx: Tx, counting: Counting, start: Column, end: Column, ranks: Sequence[Percentile]
) -> Counted:
    """Lets the database put each group's values in order and pick those of the ranks."""
    keys = counting.labelled()
    values = (
        select(*keys, seconds_between(start.of, end.of).label("value"))
        .select_from(counting.source(start, end))
        .where(counting.where(), start.of.is_not(None), end.of.is_not(None))
        .subquery()
    )
    groups = [values.c[each.name] for each in keys]
    placed = select(
        *groups,
        values.c.value,
        func.row_number().over(partition_by=groups or None, order_by=values.c.value).label("place"),
        func.count().over(partition_by=groups or None).label("number"),
    ).subquery()
    groups = [placed.c[each.name] for each in keys]
    picked = [
        func.max(case((placed.c.place == _rank(placed.c.number, each.percent), placed.c.value)))
        for each in ranks
    ]
    statement = select(*groups, *picked).group_by(*groups)
    rows = (await tx.session.execute(statement)).all()
    width = len(keys)
    names = [each.name for each in ranks]
    return {tuple(row[:width]): dict(zip(names, row[width:], strict=True)) for row in rows}


def _rank(number: Any, percent: int) -> Any:
    """`statistics.rank` in the database's own whole numbers."""
    return (number * percent + 99) // 100


async def _on_calendars(
    tx: Tx, counting: Counting, start: Column, end: Column, ranks: Sequence[Percentile]
) -> Counted:
    """Reads the moments, and counts between them on the calendar of each one's site."""
    keys = counting.labelled()
    site_id = counting.facts.site_id
    statement = (
        select(*keys, site_id.label("site"), epoch(start.of).label("a"), epoch(end.of).label("b"))
        .select_from(counting.source(start, end))
        .where(counting.where(), start.of.is_not(None), end.of.is_not(None))
        .execution_options(yield_per=_AT_ONCE)
    )
    moments: dict[tuple[Key, int], tuple[Moments, Moments]] = {}
    await hold_still(tx.session)
    stream = await tx.session.stream(statement)
    async for rows in stream.partitions(_AT_ONCE):
        for *key, site, first, last in rows:
            begins, ends = moments.setdefault((tuple(key), site), (array("q"), array("q")))
            begins.append(first)
            ends.append(last)
    calendars = await _open_times(tx, counting, moments.values())
    lengths: dict[Key, list[Any]] = {}
    for (key, site), (begins, ends) in moments.items():
        lengths.setdefault(key, []).append(_elapsed(calendars[site], begins, ends))
    return {
        key: {
            each.name: round(nearest_rank(np.concatenate(parts).tolist(), each.percent) or 0)
            for each in ranks
        }
        for key, parts in lengths.items()
    }


async def _open_times(
    tx: Tx, counting: Counting, moments: Iterable[tuple[Moments, Moments]]
) -> Mapping[int, OpenTime]:
    spans = [(min(begins), max(ends)) for begins, ends in moments]
    if not spans:
        return {}
    zone = counting.scope.days.zone
    first = datetime.fromtimestamp(min(begin for begin, _ in spans), zone).date()
    last = datetime.fromtimestamp(max(end for _, end in spans), zone).date()
    return {
        site.id: open_time(await calendar_of(tx, site), first=first, last=last)
        for site in counting.scope.sites
    }


def _elapsed(calendar: OpenTime, begins: Moments, ends: Moments) -> Any:
    if not calendar.moments:
        return np.zeros(len(begins))
    until = [np.interp(each, calendar.moments, calendar.seconds) for each in (begins, ends)]
    return np.maximum(until[1] - until[0], 0.0)


def _names(keys: Sequence[Any]) -> list[Any]:
    # By its label: the same expression with other parameters is another one to PostgreSQL.
    return [literal_column(each.name) for each in keys]
