"""Fields that can be told at once: of a row that is at hand, or of rows that were loaded before.

A field says so in its metadata. The executor asks it instead of the resolver, and the resolver
where it answers `LATER`: both must give the same. What a field looks up, `looking_ahead` loads for
all rows of a page at once.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from dispatch.api.context import Context
from dispatch.services.action import Tx

KEY: Final = "quick"
LATER: Final = object()
"""Not known without waiting: the field's resolver has to be asked."""

Tell = Callable[[Any, Context], Any]
"""The field's value of a row, or `LATER`."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where a field's values are found: under `name`, by what `key` says of a row.

    `load` gives the values of many keys, `missing` what stands for a key without one. `allowed`
    answers without waiting whether the reader may see the value; where it does not, the resolver
    looks closer. `rows` gives the rows within a value, whose own fields may look further.
    """

    name: Hashable
    key: Callable[[Any], Any]
    load: Callable[[Tx, Any], Any]
    missing: Any = None
    allowed: Callable[[Any, Context], bool] | None = None
    rows: Callable[[Any], Any] | None = None
    shown: Callable[[Any, Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Quick:
    """How a field is told at once: by `tell` alone, by what `of_kind` makes for the type through
    which a row is read, or found by the `lookup` for its arguments."""

    tell: Tell | None = None
    of_kind: Callable[[str], Tell] | None = None
    lookup: Callable[[dict[str, Any]], Lookup] | None = None


def told(tell: Tell) -> dict[str, Any]:
    """Metadata of a field that a row tells by itself."""
    return {KEY: Quick(tell=tell)}


def told_if(allowed: Callable[[Any, Context], bool], value: Callable[[Any], Any]) -> dict[str, Any]:
    """Metadata of a field that a row tells by itself to who may see it for sure; for others its
    resolver looks closer."""
    return told(lambda row, context: value(row) if allowed(row, context) else LATER)


def told_by_kind(of_kind: Callable[[str], Tell]) -> dict[str, Any]:
    """Metadata of a field that a row tells by itself, another way for each type."""
    return {KEY: Quick(of_kind=of_kind)}


def looked_up(lookup: Callable[[dict[str, Any]], Lookup]) -> dict[str, Any]:
    """Metadata of a field whose values are loaded for many rows at once; given its arguments."""
    return {KEY: Quick(lookup=lookup)}


def tells(lookup: Lookup) -> Tell:
    """Tells what was loaded before."""
    name, key, allowed, shown = lookup.name, lookup.key, lookup.allowed, lookup.shown

    def tell(row: Any, context: Context) -> Any:
        value = key(row)
        if value is None:
            return lookup.missing if shown is None else LATER
        if allowed is not None and not allowed(row, context):
            return LATER
        known = context.loaders.known.get(name)
        if known is None:
            return LATER
        found = known.get(value, LATER)
        return found if shown is None or found is LATER else shown(row, found)

    return tell
