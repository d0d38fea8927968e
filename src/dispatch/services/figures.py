"""Figures over what happened: whose, of when, in groups, counted by the database (ANL-5).

A family of figures (service levels, workload, demand) says where its facts stand; counting them is
the same for all. The number of statements depends on what is asked, never on the number of rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause, and_, false, join, or_, select, true

from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.errors import Code, refuse
from dispatch.domain.figures.dimensions import Dimension
from dispatch.domain.figures.periods import Days, Interval, hour_of_day, weekday
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.sites import zone_of
from dispatch.store.moments import local_second, period
from dispatch.store.sites import Site

Only = Mapping[str, Mapping[str, Any]]
"""By what a dimension is filtered: `{"trade": {"in_": ["plumbing"]}}`."""
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the local days `first` to `last`, both included, in groups.

    `figures` are the names of those that are wanted; no other is counted. `calendar` says which
    time counts in durations. With `idle`, groups without a fact are told, too, where they can be.
    """

    first: date
    last: date
    figures: frozenset[str]
    site_id: int | None = None
    group_by: tuple[Dimension, ...] = ()
    interval: Interval | None = None
    time_zone: str | None = None
    calendar: ClockCalendar = ClockCalendar.ROUND_THE_CLOCK
    only: Only = field(default_factory=dict)
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a group. `key` holds its dimensions in the order asked, then its period."""

    key: Key
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: all of some sites, one's own at others, over days of one zone."""

    sites: Sequence[Site]
    whole: frozenset[int]
    days: Days
    rows_most: int
    technician_id: int | None

    @property
    def site_ids(self) -> list[int]:
        return [each.id for each in self.sites]

    @property
    def is_own(self) -> bool:
        """Whether some of it is one's own alone."""
        return any(each.id not in self.whole for each in self.sites)


@dataclass(frozen=True, slots=True)
class Column:
    """An expression over the facts, and the names of the joins it needs."""

    of: Any
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    table: Any
    on: ColumnElement[bool]
    is_outer: bool = True
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a family's facts stand. `measures` are sums by name, `durations` single lengths of
    time by name, each from one moment to another. `site_id` is the facts' own column."""

    base: Any
    joins: Mapping[str, Join]
    moment: Any
    site_id: Any
    conditions: Sequence[ColumnElement[bool]]
    dimensions: Mapping[Dimension, Column]
    measures: Mapping[str, Column]
    durations: Mapping[str, tuple[Column, Column]] = field(default_factory=dict)
    is_timeless: bool = False
    """What is so now, whenever it came: no days, no periods."""


async def scope_of(tx: Tx, asked: Asked, *, own: bool = True) -> Scope:
    """The sites and days that are meant; refuses what the actor may not see or asks too much.

    Without `own` a right to one's own figures is not enough.
    """
    sites = await _sites(tx, asked.site_id, own=own)
    zone = zone_of(asked.time_zone) if asked.time_zone else ZoneInfo(sites[0].time_zone)
    numbers = (await policy_of(tx, sites[0].id)).figures
    days = Days(asked.first, asked.last, zone)
    if not 1 <= days.count <= numbers.days_most:
        raise refuse(
            Code.OUT_OF_RANGE, field="to", least=days.first.isoformat(), most=numbers.days_most
        )
    whole = tx.actor.sites_where(Action.SEE_FIGURES)
    return Scope(
        sites=sites,
        whole=frozenset(each.id for each in sites if whole is None or each.id in whole),
        days=days,
        rows_most=numbers.rows_most,
        technician_id=tx.actor.technician_id,
    )


async def _sites(tx: Tx, site_id: int | None, *, own: bool) -> Sequence[Site]:
    if site_id is not None:
        return [await visible.find_site(tx, site_id, Action.SEE_FIGURES, own=own)]
    seen = visible.at_sites_where(tx.actor, Action.SEE_FIGURES, Site.id, own=own)
    sites = (await tx.session.execute(select(Site).where(seen).order_by(Site.id))).scalars().all()
    if not sites:
        raise refuse(Code.FORBIDDEN, action=Action.SEE_FIGURES.value)
    return sites


@dataclass(frozen=True, slots=True)
class Counting:
    """Facts in the groups that are asked for, as the parts of a statement."""

    facts: Facts
    scope: Scope
    keys: Sequence[Column]
    conditions: Sequence[Column]

    def source(self, *columns: Column) -> FromClause:
        """The facts, joined with what the columns, groups and conditions need."""
        needed: set[str] = set()
        for column in (*columns, *self.keys, *self.conditions):
            for name in column.joins:
                needed |= {name, *self.facts.joins[name].after}
        joined = self.facts.base
        for name, each in self.facts.joins.items():
            if name in needed or not each.is_outer:
                joined = _joined(joined, each)
        return joined

    def where(self) -> ColumnElement[bool]:
        return and_(true(), *(each.of for each in self.conditions))

    def labelled(self) -> list[Any]:
        return [each.of.label(f"k{place}") for place, each in enumerate(self.keys)]


def grouped(asked: Asked, facts: Facts, scope: Scope, *, also: Sequence[Column] = ()) -> Counting:
    """The facts in the groups asked for; `also`: groups that come behind those."""
    keys = [_key(each, facts, scope.days) for each in group_by(asked, facts)]
    if asked.interval is not None and not facts.is_timeless:
        keys.append(Column(period(facts.moment, asked.interval, scope.days)))
    return Counting(facts, scope, [*keys, *also], _conditions(asked, facts, scope))


def group_by(asked: Asked, facts: Facts) -> list[Dimension]:
    """The dimensions that the facts are told apart by; refuses one that they don't have."""
    known = {*facts.dimensions}
    if not facts.is_timeless:
        known |= {Dimension.WEEKDAY, Dimension.HOUR_OF_DAY}
    for each in asked.group_by:
        if each not in known:
            raise refuse(Code.BAD_INPUT, field="group_by", given=each.value)
    return list(asked.group_by)


def _joined(left: Any, each: Join) -> Any:
    return join(left, each.table, each.on, isouter=each.is_outer)


def _key(dimension: Dimension, facts: Facts, days: Days) -> Column:
    if dimension in facts.dimensions:
        return facts.dimensions[dimension]
    local = local_second(facts.moment, days.offsets())
    return Column(weekday(local) if dimension is Dimension.WEEKDAY else hour_of_day(local))


def _conditions(asked: Asked, facts: Facts, scope: Scope) -> list[Column]:
    found = [Column(facts.site_id.in_(scope.site_ids)), *map(Column, facts.conditions)]
    if not facts.is_timeless:
        days = scope.days
        found.append(Column(and_(facts.moment >= days.starts_at, facts.moment < days.ends_at)))
    if scope.is_own:
        found.append(_own(facts, scope))
    for name, wished in asked.only.items():
        column = facts.dimensions.get(Dimension(name.upper()))
        if column is None:
            raise refuse(Code.BAD_INPUT, field="filter", given=name)
        found.append(Column(_compared(column.of, wished), column.joins))
    return found


def _own(facts: Facts, scope: Scope) -> Column:
    """Everything where one may see it, and what one did oneself elsewhere."""
    whole = facts.site_id.in_(scope.whole)
    technician = facts.dimensions.get(Dimension.TECHNICIAN)
    if technician is None or scope.technician_id is None:
        return Column(whole if scope.whole else false())
    return Column(or_(whole, technician.of == scope.technician_id), technician.joins)


def _compared(column: Any, wished: Mapping[str, Any]) -> ColumnElement[bool]:
    made = {
        "eq": lambda value: column == value,
        "in_": column.in_,
        "nin": column.not_in,
        "contains": lambda value: column.icontains(value, autoescape=True),
    }
    return and_(true(), *(made[name](value) for name, value in wished.items()))
