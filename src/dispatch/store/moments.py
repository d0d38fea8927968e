"""Moments as numbers, in either database: what durations and groups by local time are made of."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, case, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from dispatch.domain.figures.periods import Days, Interval, Offset, interval_key, month_keys

Moment = SQLColumnExpression[Any]


class epoch(GenericFunction[int]):  # noqa: N801 -- named like the SQL function it is
    """Whole seconds since 1970 of a moment, rounded down."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch, "postgresql")
def _of_postgresql(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(floor(date_part('epoch', {moment})) AS BIGINT)"


@compiles(epoch, "sqlite")
def _of_sqlite(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    # The part behind the second would be rounded.
    return f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)"


def whole(total: Any) -> ColumnElement[int]:
    """A sum of whole numbers as one: PostgreSQL's is a decimal number, which costs more to tell
    and to read."""
    return cast(total, BigInteger)


def local_second(moment: Moment, offsets: Sequence[Offset]) -> ColumnElement[int]:
    """Seconds since 1970 on the walls' clocks, whose changes `offsets` tell."""
    at = epoch(moment)
    if len(offsets) == 1:
        return at + offsets[0].seconds
    changed = [(at >= each.since, each.seconds) for each in reversed(offsets[1:])]
    return at + case(*changed, else_=offsets[0].seconds)


def period(moment: Moment, interval: Interval, days: Days) -> ColumnElement[int]:
    """The key of the hour, day, week or month that a moment lies in."""
    local = local_second(moment, days.offsets())
    if interval is not Interval.MONTH:
        return interval_key(interval, epoch=epoch(moment), local=local)
    months = month_keys(days)
    later = [(local >= begins, key) for key, begins in reversed(months[1:])]
    return case(*later, else_=months[0][0]) if later else local * 0 + months[0][0]


def seconds_between(start: Moment, end: Moment) -> ColumnElement[int]:
    """Whole seconds from one moment to another; below 0 when the second is earlier."""
    return epoch(end) - epoch(start)
