"""Figures as files (ANL-5): an address is given now, the file is counted when it is fetched."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.errors import Code, refuse
from dispatch.domain.figures.demand import BACKLOG, DEMAND
from dispatch.domain.figures.dimensions import DemandDimension, Dimension
from dispatch.domain.figures.exports import ExportFormat, FigureFamily
from dispatch.domain.figures.figure import Figure, Unit
from dispatch.domain.figures.periods import Interval
from dispatch.domain.figures.service_levels import SERVICE_LEVELS
from dispatch.domain.figures.workload import WORKLOAD
from dispatch.services import accounts, demands
from dispatch.services.action import Services, Tx
from dispatch.services.callback_secrets import SECRET_MOST, digest, new_secret
from dispatch.services.figure_keys import named
from dispatch.services.figures import Asked, Row, Scope, scope_of
from dispatch.services.policies import policy_of
from dispatch.services.service_levels import service_levels
from dispatch.services.workloads import workload
from dispatch.store.changes import plain
from dispatch.store.figure_exports import FigureExport
from dispatch.store.users import User
from dispatch.texts.figures import column_name, figure_name, unit_sign

Cell = str | int | float | None
_Count = Callable[[Tx, Asked], Awaitable[tuple[Scope, list[Row]]]]
FAMILIES: Mapping[FigureFamily, tuple[Mapping[str, Figure], _Count]] = {
    FigureFamily.SERVICE_LEVELS: (SERVICE_LEVELS, service_levels),
    FigureFamily.WORKLOAD: (WORKLOAD, workload),
    FigureFamily.DEMAND: (DEMAND, demands.demand),
    FigureFamily.BACKLOG: (BACKLOG, demands.backlog),
}
_OF_SITE_ALONE = (FigureFamily.DEMAND, FigureFamily.BACKLOG)


@dataclass(frozen=True, slots=True)
class Table:
    """A file's content: its name without ending, its head, and its rows."""

    name: str
    format: ExportFormat
    head: Sequence[str]
    units: Sequence[Unit | None]
    rows: Iterable[Sequence[Cell]]


async def create(tx: Tx, *, family: FigureFamily, form: ExportFormat, asked: Asked) -> FigureExport:
    """Gives the address of a file to its asker: the row's `address`, told this once.

    Refuses at once what the asker may not see, or what is too much.
    """
    if tx.actor.user_id is None:
        raise refuse(Code.UNAUTHENTICATED)
    if family in _OF_SITE_ALONE:
        _check_dimensions(asked)
    scope = await scope_of(tx, asked, own=family not in _OF_SITE_ALONE)
    holds_s = (await policy_of(tx, scope.sites[0].id)).figures.export_s
    secret = new_secret(tx.randbelow)
    row = FigureExport(
        site_id=asked.site_id,
        user_id=tx.actor.user_id,
        digest=digest(secret),
        family=family,
        format=form,
        language=tx.actor.language,
        asked=_kept(asked),
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=holds_s),
    )
    await tx.save(row, "figures.exported", family=family)
    row.address = f"/exports/{secret}.{form.value.lower()}"  # type: ignore[attr-defined]
    return row


async def fetch(services: Services, *, secret: str, origin: str) -> Table:
    """The file of an address, as its asker may see it now; LINK_INVALID when it has expired."""
    nobody = accounts.service_actor(organization_id=0, origin=origin)
    async with services.reading(nobody) as tx:
        found = select(FigureExport, User).join(User, User.id == FigureExport.user_id)
        statement = found.where(
            FigureExport.digest == digest(secret[:SECRET_MOST]),
            FigureExport.expires_at > tx.now,
            User.disabled_at.is_(None),
        )
        pair = (await tx.session.execute(statement)).one_or_none()
        if pair is None:
            raise refuse(Code.LINK_INVALID, field="secret")
        row, user = pair
        actor = await accounts.actor_of(tx.session, user, origin=origin, language=row.language)
        return await _table(Tx(tx.session, actor, tx.now, tx.randbelow), row)


def _check_dimensions(asked: Asked) -> None:
    """Refuses what demand is not told apart by."""
    known = {each.value for each in DemandDimension}
    for field, names in (
        ("group_by", [each.value for each in asked.group_by]),
        ("filter", [each.upper() for each in asked.only]),
    ):
        for name in names:
            if name not in known:
                raise refuse(Code.BAD_INPUT, field=field, given=name)


async def _table(tx: Tx, row: FigureExport) -> Table:
    figures, count = FAMILIES[row.family]
    asked = _revived(row.asked, figures)
    if row.family is FigureFamily.BACKLOG:
        asked = demands.of_now(asked)
    scope, found = await count(tx, asked)
    things = await named(tx, found, asked)
    told = row.language
    periods = ["from", "to"] if asked.interval is not None else []
    family = row.family.value.lower()
    return Table(
        name=f"{family}-{asked.first:%Y%m%d}-{asked.last:%Y%m%d}",
        format=row.format,
        head=[
            *(column_name(each.value, told) for each in asked.group_by),
            *(column_name(each, told) for each in periods),
            *(_headed(family, each, row) for each in figures.values()),
        ],
        units=[
            *(None for _ in (*asked.group_by, *periods)),
            *(each.unit for each in figures.values()),
        ],
        rows=(_cells(each, asked, scope, things, told) for each in found),
    )


def _headed(family: str, figure: Figure, row: FigureExport) -> str:
    """The name with its unit; a workbook shows durations as such."""
    is_plain = row.format is ExportFormat.CSV or figure.unit is not Unit.SECONDS
    sign = unit_sign(figure, row.language) if is_plain else ""
    name = figure_name(family, figure, row.language)
    return f"{name} ({sign})" if sign else name


def _cells(
    row: Row,
    asked: Asked,
    scope: Scope,
    things: Sequence[Mapping[Any, Any] | None],
    language: str,
) -> list[Cell]:
    cells: list[Cell] = [
        _named(dimension, key, known, language)
        for dimension, key, known in zip(asked.group_by, row.key, things, strict=False)
    ]
    if asked.interval is not None:
        span = scope.days.span(asked.interval, row.key[-1])
        cells += [each.astimezone(scope.days.zone).isoformat(timespec="minutes") for each in span]
    return [*cells, *row.values.values()]


def _named(dimension: Dimension, key: Any, known: Mapping[Any, Any] | None, language: str) -> Cell:
    if key is None:
        return None
    if known is None:
        return key + 1 if dimension is Dimension.WEEKDAY else key
    thing = known.get(key)
    if dimension is Dimension.CATEGORY and thing is not None:
        return thing.name_en if language == "en" else thing.name_zh
    return thing.name if thing is not None else None


def _kept(asked: Asked) -> dict[str, Any]:
    """A question as JSON; all figures of a family go into a file."""
    kept = plain(asdict(asked))
    kept.pop("figures")
    return kept


def _revived(kept: Mapping[str, Any], figures: Mapping[str, Figure]) -> Asked:
    interval = kept["interval"]
    return Asked(
        **{
            **kept,
            "first": date.fromisoformat(kept["first"]),
            "last": date.fromisoformat(kept["last"]),
            "figures": frozenset(figures),
            "group_by": tuple(map(Dimension, kept["group_by"])),
            "interval": Interval(interval) if interval is not None else None,
            "calendar": ClockCalendar(kept["calendar"]),
        }
    )
