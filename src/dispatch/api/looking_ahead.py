"""Loads what a page's selection will look up: a statement for each table, whatever the rows.

Before the fields of a page are told, all that they look up in other tables is read for all rows at
once, level by level, in the page's own session; the executor then finds it at hand.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails

from dispatch.api.context import Context, Info
from dispatch.api.quick import Lookup
from dispatch.services.action import Tx

_LEVELS_MOST = 8
# SQLite takes at most 32,766 parameters in a statement.
_KEYS_MOST = 10_000


class _Shown(NamedTuple):
    """Rows, and the fields through which they are shown."""

    kind: Any
    details: list[FieldDetails]
    rows: Sequence[Any]


async def look_ahead(tx: Tx, info: Info, rows: Sequence[Any]) -> None:
    """Loads what the fields selected of a connection's rows look up."""
    context = info.context
    executor = context.executor
    if executor is None or len(rows) < 2:
        return
    raw = info._raw_info  # noqa: SLF001
    root = [FieldDetails(node, None) for node in raw.field_nodes]
    level = [_Shown(raw.return_type, root, rows)]
    for _ in range(_LEVELS_MOST):
        wanted = [
            (step, each.rows)
            for each in level
            for kind, details in _of_rows(executor, get_named_type(each.kind), each.details)
            for step in executor.steps(kind, details)
            if step.lookup is not None
        ]
        if not wanted:
            return
        await _load(tx, context, [(step.lookup, rows) for step, rows in wanted])
        level = [
            _Shown(step.of, step.details, below)
            for step, rows in wanted
            if (below := _below(context, step.lookup, rows))
        ]


async def _load(tx: Tx, context: Context, wanted: Sequence[tuple[Lookup, Sequence[Any]]]) -> None:
    """Makes the values of these rows known: one statement for all fields of one name."""
    keys: dict[Any, tuple[Lookup, dict[Any, None]]] = {}
    for lookup, rows in wanted:
        _, mine = keys.setdefault(lookup.name, (lookup, {}))
        mine.update(dict.fromkeys(_keys(context, lookup, rows)))
    for name, (lookup, mine) in keys.items():
        known = context.loaders.known.setdefault(name, {})
        unknown = [key for key in mine if key not in known]
        for first in range(0, len(unknown), _KEYS_MOST):
            part = unknown[first : first + _KEYS_MOST]
            found = await lookup.load(tx, part)
            known.update({key: found.get(key, lookup.missing) for key in part})


def _below(context: Context, lookup: Lookup, rows: Sequence[Any]) -> list[Any]:
    """The rows that a field shows of these rows, whose own fields may look further."""
    if lookup.rows is None:
        return []
    known = context.loaders.known[lookup.name]
    values = [known[key] for key in dict.fromkeys(_keys(context, lookup, rows))]
    return [row for value in values if value is not None for row in lookup.rows(value)]


def _keys(context: Context, lookup: Lookup, rows: Sequence[Any]) -> Iterator[Any]:
    allowed = lookup.allowed
    for row in rows:
        key = lookup.key(row)
        if key is not None and (allowed is None or allowed(row, context)):
            yield key


def _of_rows(
    executor: Any, kind: Any, details: list[FieldDetails]
) -> Iterator[tuple[GraphQLObjectType, list[FieldDetails]]]:
    """Through which fields the rows themselves are shown, behind the layers of a connection."""
    if not isinstance(kind, GraphQLObjectType):
        return
    if "edges" not in kind.fields or "pageInfo" not in kind.fields:
        yield kind, details
        return
    for step in executor.steps(kind, details):
        name = step.details[0].node.name.value
        if name == "nodes":
            yield step.of, step.details
        elif name == "edges":
            for inner in executor.steps(step.of, step.details):
                if inner.details[0].node.name.value == "node":
                    yield inner.of, inner.details
