"""Rows of several tables that are always wanted at once, read by one statement.

Each statement costs its way to the database and back, and being put together and taken apart at
both ends; for a few short rows that is all it costs. Here every table has its part of one `UNION
ALL`; columns of one type share a place in it.
"""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, cast, literal_column, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of the rows of one table for which a condition holds."""

    columns: Sequence[InstrumentedAttribute[Any]]
    where: ColumnElement[bool]


class Together:
    """One statement for the parts; put it together once, and read it with its parameters."""

    def __init__(self, **parts: Part) -> None:
        self._names = list(parts)
        self._kinds = [
            namedtuple(name, [each.key for each in part.columns])  # noqa: PYI024 -- made of columns
            for name, part in parts.items()
        ]
        self._places, types = _places(list(parts.values()))
        self._statement = _statement(list(parts.values()), self._places, types)

    async def read(self, session: AsyncSession, **given: Any) -> Mapping[str, list[Any]]:
        """The rows of each part, by its name; in no order."""
        found: list[list[Any]] = [[] for _ in self._names]
        for part, *values in await session.execute(self._statement, given):
            row = self._kinds[part](*(values[place] for place in self._places[part]))
            found[part].append(row)
        return dict(zip(self._names, found, strict=True))


def _places(parts: Sequence[Part]) -> tuple[list[list[int]], list[Any]]:
    """Where each part's columns stand among all, and of which type each place is."""
    kinds: list[Any] = []
    types: list[Any] = []
    places: list[list[int]] = []
    for part in parts:
        taken: list[int] = []
        for column in part.columns:
            kind = (type(column.type), getattr(column.type, "enum_class", None))
            free = [n for n, each in enumerate(kinds) if each == kind and n not in taken]
            if not free:
                kinds.append(kind)
                types.append(column.type)
                free = [len(kinds) - 1]
            taken.append(free[0])
        places.append(taken)
    return places, types


def _statement(
    parts: Sequence[Part], places: Sequence[Sequence[int]], types: Sequence[Any]
) -> CompoundSelect[Any]:
    selects = []
    for number, part in enumerate(parts):
        standing = dict(zip(places[number], part.columns, strict=True))
        cells = [
            standing[place] if place in standing else cast(null(), kind)
            for place, kind in enumerate(types)
        ]
        named = [cell.label(f"c{place}") for place, cell in enumerate(cells)]
        selects.append(select(literal_column(str(number)).label("part"), *named).where(part.where))
    return union_all(*selects)
