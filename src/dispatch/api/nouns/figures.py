"""What roots of figures share: how they are asked, and what tells their rows apart (统计指标)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Annotated, Any, Optional, TypeAlias, TypeVar

import strawberry
from strawberry import UNSET
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField
from strawberry.utils.str_converters import to_camel_case

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns.base import column
from dispatch.api.nouns.categories import Category
from dispatch.api.nouns.filters import Filter, IdFilter, TextFilter, some
from dispatch.api.nouns.places import Place
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.errors import Code, refuse
from dispatch.domain.figures.dimensions import Dimension
from dispatch.domain.figures.figure import Figure, Unit
from dispatch.domain.figures.periods import Interval
from dispatch.domain.sizes import check_text
from dispatch.domain.triage import Priority
from dispatch.services.action import Tx
from dispatch.services.figure_keys import named
from dispatch.services.figures import Asked, Row, Scope
from dispatch.texts.figures import figure_formula, figure_name, unit_name

RowType = TypeVar("RowType")

_VALUES_MOST = 500
_NODES = {
    "technician": "Technician",
    "team": "Technician",
    "category": "Category",
    "building": "Place",
    "place": "Place",
}

FromDay: TypeAlias = Annotated[
    date,
    strawberry.argument(name="from", description="The first day, in the time zone (起始日)."),
]
ToDay: TypeAlias = Annotated[
    date, strawberry.argument(description="The last day, it belongs to the time (截止日).")
]
GroupBy: TypeAlias = Annotated[
    list[Dimension],
    strawberry.argument(
        name="groupBy", description="What rows are told apart by (分组); nothing: one row."
    ),
]
ByInterval: TypeAlias = Annotated[
    Interval | None,
    strawberry.argument(description="Lengths of time that rows are told apart by, too (周期)."),
]
InTimeZone: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="IANA time zone of days and hours (时区); default: the site's, of several the "
        "first's."
    ),
]
OnCalendar: TypeAlias = Annotated[
    ClockCalendar,
    strawberry.argument(
        description="Which time counts in durations (日历): round the clock, or each site's "
        "business hours."
    ),
]


@strawberry.input(description="Of what figures are counted; all that is given must hold (筛选).")
class FigureFilter:
    technician_id: IdFilter | None = some("Technician (维修人员).")
    team_id: IdFilter | None = some("Team, by its leader (班组).")
    trade: TextFilter | None = some("Code of the trade (工种).")
    category_id: IdFilter | None = some("Category (类别).")
    priority: Filter[Priority] | None = some("Priority (紧急程度).")
    building_id: IdFilter | None = some("Building (楼栋).")
    place_id: IdFilter | None = some("Place (位置).")


@strawberry.input(description="Of what demand is counted; all that is given must hold (筛选).")
class DemandFilter:
    trade: TextFilter | None = some("Code of the trade (工种).")
    category_id: IdFilter | None = some("Category (类别).")
    priority: Filter[Priority] | None = some("Priority (紧急程度).")
    building_id: IdFilter | None = some("Building (楼栋).")
    place_id: IdFilter | None = some("Place (位置).")


FilteredBy: TypeAlias = Annotated[
    FigureFilter | None, strawberry.argument(description="Of what they are counted (筛选).")
]


@strawberry.type(description="What tells a row of figures apart; null where it is not grouped by.")
class FigureGroup:
    site: Optional[Site] = column("The site (项目).")
    team: Optional[Technician] = column("The team, by its leader (班组); null: nobody's, too.")
    technician: Optional[Technician] = column("The technician (维修人员); null: nobody's, too.")
    trade: str | None = column("Code of the trade (工种); null: not known yet, too.")
    category: Optional[Category] = column("The category (类别); null: not known yet, too.")
    priority: Priority | None = column("The priority (紧急程度); null: not known yet, too.")
    building: Optional[Place] = column("The building (楼栋); null: outside of any, too.")
    place: Optional[Place] = column("The place (位置); null: not known, too.")
    weekday: int | None = column("The weekday, 1 = Monday to 7 (星期).")
    hour_of_day: int | None = column("The hour of the day, 0 to 23 (时段).")
    starts_at: datetime | None = column("Begin of the interval (起).")
    ends_at: datetime | None = column("End of the interval, it does not belong to it (止).")


def figure(family: str, defined: Mapping[str, Figure], name: str) -> Any:
    """A field that shows a figure: its name, formula and unit as they are defined."""
    one = defined[name]
    word = figure_name(family, one, "zh-CN")
    unit = unit_name(one, "en")
    empty = "" if one.unit is Unit.COUNT else "; null: there was nothing to count it of"
    return strawberry.field(
        description=f"{figure_formula(family, one, 'en')} Unit: {unit}{empty} ({word})."
    )


def asked_for(
    *,
    site_id: str | None,
    first: date,
    last: date,
    group_by: Sequence[Any],
    interval: Interval | None,
    time_zone: str | None,
    calendar: ClockCalendar,
    filter: Any,
    figures: frozenset[str],
    idle: bool = False,
) -> Asked:
    """The arguments of a root as the services take them."""
    if len(group_by) > len(Dimension):
        raise refuse(Code.OUT_OF_RANGE, field="group_by", least=0, most=len(Dimension))
    check_text("time_zone", time_zone, most=64)
    return Asked(
        first=first,
        last=last,
        figures=figures,
        site_id=ids.decode(site_id, "Site", field="site_id") if site_id is not None else None,
        group_by=tuple(dict.fromkeys(Dimension(each.value) for each in group_by)),
        interval=interval,
        time_zone=time_zone,
        calendar=calendar,
        only=_only(filter),
        idle=idle,
    )


def chosen(info: Info, within: str, figures: Iterable[str]) -> frozenset[str]:
    """The figures whose fields are selected in the field `within` of the answer."""
    known = {to_camel_case(name): name for name in figures}
    (root,) = info.selected_fields
    below = [
        deep
        for each in _fields(root.selections)
        if each.name == within
        for deep in _fields(each.selections)
    ]
    return frozenset(known[each.name] for each in below if each.name in known)


def is_chosen(info: Info, name: str) -> bool:
    """Whether a field of the answer is selected."""
    (root,) = info.selected_fields
    return any(each.name == name for each in _fields(root.selections))


def _fields(selections: Iterable[Any]) -> Iterable[SelectedField]:
    for each in selections:
        if isinstance(each, FragmentSpread | InlineFragment):
            yield from _fields(each.selections)
        else:
            yield each


def _only(given: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for each in fields(given) if given is not None else ():
        wished = getattr(given, each.name)
        if wished is None or wished is UNSET:
            continue
        name = each.name.removesuffix("_id")
        node = _NODES.get(name)
        found[name] = {
            operator.name: _plain(value, node)
            for operator in fields(wished)
            if (value := getattr(wished, operator.name)) is not None and value is not UNSET
        }
    return found


def _plain(value: Any, node: str | None) -> Any:
    if isinstance(value, list):
        if len(value) > _VALUES_MOST:
            raise refuse(Code.OUT_OF_RANGE, field="filter", least=0, most=_VALUES_MOST)
        return [_plain(each, node) for each in value]
    if node is not None:
        return ids.decode(value, node, field="filter")
    if isinstance(value, Priority):
        return value.value
    check_text("filter", value, most=200)
    return value


async def counted(
    info: Info,
    tx: Tx,
    asked: Asked,
    count: Callable[[Tx, Asked], Awaitable[tuple[Scope, Sequence[Row]]]],
    figures: Iterable[str],
    kind: type[RowType],
) -> tuple[Scope, list[RowType], RowType | None]:
    """Of what is counted, the rows of a question and, where it is selected, all together."""
    scope, rows = await count(tx, asked)
    total = None
    if is_chosen(info, "total"):
        whole = replace(asked, group_by=(), interval=None, figures=chosen(info, "total", figures))
        _, found = await count(tx, whole)
        total = next(iter(await shown(tx, found, whole, scope, kind)), None)
    return scope, await shown(tx, rows, asked, scope, kind), total


async def shown(
    tx: Tx, rows: Sequence[Row], asked: Asked, scope: Scope, kind: type[RowType]
) -> list[RowType]:
    """Rows as objects of their type, with the things that their keys name."""
    dimensions = asked.group_by
    things = await named(tx, rows, asked)
    names = [each.value.lower() for each in dimensions]
    nothing = dict.fromkeys(_GROUP)
    spans: dict[int, tuple[datetime, datetime]] = {}
    made = []
    for row in rows:
        values = {**nothing, **row.values}
        for name, thing, key in zip(names, things, row.key, strict=False):
            values[name] = thing.get(key) if thing is not None else key
        if "weekday" in names:
            values["weekday"] += 1
        if asked.interval is not None:
            key = row.key[-1]
            if key not in spans:
                spans[key] = scope.days.span(asked.interval, key)
            values["starts_at"], values["ends_at"] = spans[key]
        one = object.__new__(kind)
        one.__dict__ = values
        made.append(one)
    return made


_GROUP = tuple(FigureGroup.__annotations__)
