"""Leaves of the schema that JSON has no type for."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

Seconds = NewType("Seconds", int)
"""A length of time; `Duration` in the schema, whole seconds in the program."""

_YEARS = range(1900, 2200)
_LONGEST_S = 10 * 366 * 24 * 3600
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W|"
    r"(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9})S)?)?)",
    re.ASCII,
)


def parse_date_time(value: Any) -> datetime:
    """An aware time in UTC from RFC 3339 text; a time without offset is refused."""
    try:
        if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
            raise ValueError(value)
        parsed = datetime.fromisoformat(value.upper())
        if parsed.year not in _YEARS:
            raise ValueError(value)
        return parsed.astimezone(UTC)
    except ValueError as error:
        raise _not_a("DateTime", "2026-11-22T09:30:00+08:00") from error


def parse_date(value: Any) -> date:
    """A calendar day from `YYYY-MM-DD`."""
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError(value)
        parsed = date.fromisoformat(value)
        if parsed.year not in _YEARS:
            raise ValueError(value)
        return parsed
    except ValueError as error:
        raise _not_a("Date", "2026-11-22") from error


def parse_time(value: Any) -> time:
    """A time of day from `HH:MM` or `HH:MM:SS`."""
    try:
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            raise ValueError(value)
        return time.fromisoformat(value)
    except ValueError as error:
        raise _not_a("Time", "08:30") from error


def parse_decimal(value: Any) -> Decimal:
    """An exact number from text or an integer; a float has lost its exactness already."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    try:
        if not _DECIMAL.fullmatch(text):
            raise InvalidOperation
        return Decimal(text)
    except InvalidOperation as error:
        raise _not_a("Decimal", '"12.50"') from error


def parse_duration(value: Any) -> Seconds:
    """Seconds from an ISO 8601 duration of weeks, or of days, hours, minutes and seconds."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or not any(found.groupdict().values()):
        raise _not_a("Duration", "PT1H30M")
    part = {name: int(text or 0) for name, text in found.groupdict().items()}
    days = part["weeks"] * 7 + part["days"]
    seconds = days * 86_400 + part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    if seconds > _LONGEST_S:
        raise _not_a("Duration", "PT1H30M")
    return Seconds(seconds)


def print_duration(seconds: Any) -> str:
    """ISO 8601 with hours, minutes and seconds: `PT1H30M`; zero is `PT0S`."""
    whole = seconds if type(seconds) is int else round(seconds)
    if whole <= 0:
        return "PT0S" if whole == 0 else f"-{print_duration(-whole)}"
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    # The figures of a quarter are tens of thousands of them: each part is looked at once.
    text = f"PT{hours}H" if hours else "PT"
    if minutes:
        text += f"{minutes}M"
    return f"{text}{left}S" if left else text


def print_date_time(value: Any) -> str:
    # What the store gives is in UTC already.
    at = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{at.isoformat()[:-6]}Z"


def _not_a(scalar: str, example: str) -> GraphQLError:
    return GraphQLError(f"{scalar} expected, written like {example}.")


def _scalar(
    name: str,
    description: str,
    *,
    specified_by: str,
    parse: Callable[[Any], Any],
    serialize: Callable[[Any], Any],
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=specified_by,
        parse_value=parse,
        serialize=serialize,
    )


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "时间。A moment, RFC 3339 with offset: `2026-11-22T09:30:00+08:00`. "
        "Answers are in UTC (`Z`).",
        specified_by="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        parse=parse_date_time,
        serialize=print_date_time,
    ),
    date: _scalar(
        "Date",
        "日期。A calendar day in the site's time zone: `2026-11-22`.",
        specified_by="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        parse=parse_date,
        serialize=lambda value: value.isoformat(),
    ),
    time: _scalar(
        "Time",
        "钟点。A time of day in the site's time zone: `08:30`.",
        specified_by="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        parse=parse_time,
        serialize=lambda value: value.isoformat(timespec="minutes"),
    ),
    Seconds: _scalar(
        "Duration",
        "时长。A length of time, ISO 8601, no months or years: `PT1H30M`. Whole seconds.",
        specified_by="https://www.rfc-editor.org/rfc/rfc3339#appendix-A",
        parse=parse_duration,
        serialize=print_duration,
    ),
    Decimal: _scalar(
        "Decimal",
        '精确数。An exact decimal number as text: `"12.50"`; at most 15 digits before the point.',
        specified_by="https://www.rfc-editor.org/rfc/rfc8259#section-6",
        parse=parse_decimal,
        serialize=str,
    ),
    JSON: _scalar(
        "JSON",
        "结构数据。Any JSON value, for documents whose shape is data: a policy, a record's change.",
        specified_by="https://www.rfc-editor.org/rfc/rfc8259",
        parse=lambda value: value,
        serialize=lambda value: value,
    ),
}
"""For `StrawberryConfig.scalar_map`: annotate a field with the key, the schema shows the scalar."""
