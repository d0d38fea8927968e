"""What is left of personal data once it is taken out (SEC-5): that something was there."""

import re
from collections.abc import Mapping
from typing import Any

ERASED = "***"
"""Stands for a text that was erased; in no language, so that it needs no translation."""

_PLAIN = re.compile(
    r"[A-Z][A-Z0-9_]*"  # a word of a closed list
    r"|[a-z_]+\.[a-z_]+"  # a kind of event
    r"|\d{4}-\d\d-\d\d([T ][\d:.+Z-]*)?"  # a day or time
)
_POSITIONS = frozenset({"latitude", "longitude"})


def erased(value: Any) -> Any:
    """The value without its texts: empty stays empty, a list keeps its length, a mapping its
    names; numbers stay, but for positions."""
    if isinstance(value, str):
        return ERASED if value else value
    if isinstance(value, list):
        return [erased(each) for each in value]
    if isinstance(value, Mapping):
        return {name: None if name in _POSITIONS else erased(each) for name, each in value.items()}
    return value


def erased_within(value: Any, names: tuple[str, ...]) -> Any:
    """A mapping of which `names` alone are personal."""
    if not isinstance(value, Mapping):
        return value
    return {name: erased(each) if name in names else each for name, each in value.items()}


def erased_data(value: Any) -> Any:
    """What an event says besides columns: texts go, words of closed lists and times stay."""
    if isinstance(value, str):
        return value if not value or _PLAIN.fullmatch(value) else ERASED
    if isinstance(value, list):
        return [erased_data(each) for each in value]
    if isinstance(value, Mapping):
        return {
            name: None if name in _POSITIONS else erased_data(each) for name, each in value.items()
        }
    return value
