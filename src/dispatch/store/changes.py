"""What was written of a row since it was last asked: the record of changes rests on it.

A flush writes every changed row at once, whichever one it was called for. So what changed is taken
down at each flush, and waits here until the row's own event asks for it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, TypeAlias, cast

from sqlalchemy import Table, insert, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import LoaderCallableStatus, Session
from sqlalchemy.orm.attributes import flag_modified

from dispatch.store.base import Base
from dispatch.store.events import Event
from dispatch.store.lengths import check_rows

Change: TypeAlias = tuple[dict[str, Any], dict[str, Any]]
"""Columns before and after."""

_PLAIN = frozenset({str, int, float, bool, type(None)})
_KEPT = "unrecorded"
_TOUCHED = "touched"
_HELD_BACK = "record held back"
_LINES = cast("Table", Event.__table__)
_COLUMNS = tuple(each.name for each in _LINES.columns if each.name != "id")
_RECORD = insert(_LINES).inline()


def touch(row: Base, column: str) -> None:
    """Lets the next flush count a row's version up although none of its columns changes.

    One of them, whichever, stands in for it; the record says nothing of it.
    """
    flag_modified(row, column)
    state = inspect(row)
    if state.session is not None:
        state.session.info.setdefault(_TOUCHED, set()).add((row, column))


def record(session: AsyncSession, events: Iterable[Event]) -> None:
    """Adds to the record of the transaction. It is written in one go before the commit, or before
    who reads the record in the same transaction (`write_down`)."""
    session.sync_session.info.setdefault(_HELD_BACK, []).extend(events)


async def write_down(session: AsyncSession) -> None:
    """Writes what was recorded up to now."""
    await session.run_sync(write_held_back)


def write_held_back(session: Session) -> None:
    """One statement said for each line, all sent at once: none of them is asked for its number, and
    the text stays the same however many they are."""
    lines = session.info.pop(_HELD_BACK, ())
    if lines:
        check_rows(lines)
        session.execute(_RECORD, [_values(each) for each in lines])


def forget_recorded(session: AsyncSession) -> None:
    """Drops what was recorded since the last `write_down`: what it tells of is rolled back."""
    session.sync_session.info.pop(_HELD_BACK, None)


def _values(line: Event) -> dict[str, Any]:
    return {name: line.__dict__.get(name) for name in _COLUMNS}


def keep_changes(session: Session, _context: object, _instances: object) -> None:
    """Takes down what a flush is about to write."""
    kept: dict[Base, Change] = session.info.setdefault(_KEPT, {})
    for row in (*session.new, *session.dirty):
        if not row.is_recorded:
            continue
        before, after = changes(row)
        if not after and not before:
            continue
        was, now = kept.get(row, ({}, {}))
        kept[row] = ({**before, **was}, {**now, **after})


def unrecorded(session: AsyncSession, row: Base) -> Change:
    """What was written of the row since the last call, old values and new."""
    before, after = session.sync_session.info.get(_KEPT, {}).pop(row, ({}, {}))
    same = [name for name in after if name in before and before[name] == after[name]]
    for name in same:
        del before[name], after[name]
    return before, after


def changes(row: Base) -> Change:
    """Columns of a row that differ from the database, before and after; secrets left out."""
    state = inspect(row)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    recorded, values = _recorded(type(row)), state.dict
    if not state.persistent:
        for name in recorded & values.keys():
            if values[name] is not None:
                after[name] = plain(values[name])
        return before, after
    touched = state.session.info.get(_TOUCHED, ()) if state.session is not None else ()
    # A column that was written has its former value here, or a sign that it was not known.
    for name in recorded & state.committed_state.keys():
        was = state.committed_state[name]
        is_known = not isinstance(was, LoaderCallableStatus)
        if not is_known and (row, name) in touched:
            continue
        old, new = was if is_known else None, values.get(name)
        if old != new:
            before[name], after[name] = plain(old), plain(new)
    return before, after


@cache
def _recorded(kind: type[Base]) -> frozenset[str]:
    """The columns of a table of which the record may speak."""
    return frozenset(
        attribute.key
        for attribute in inspect(kind).column_attrs
        if not attribute.columns[0].info.get("secret") and attribute.key not in {"id", "version"}
    )


def plain(value: Any) -> Any:
    """The value as JSON knows it."""
    # Most are; a word of an enum is a `str` of another type.
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime) and value.tzinfo is not None:
        # As it will be read from the database, whatever zone it was reckoned in.
        return value.astimezone(UTC).isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, str | int | float):
        return value
    return str(value)
