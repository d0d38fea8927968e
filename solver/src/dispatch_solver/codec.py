"""JSON to frozen dataclasses and back, driven by their type hints.

Reading never raises on bad data: it appends a fault per finding and returns a harmless
stand-in, so that one pass lists everything that is wrong with a document.
"""

import math
import types
import typing
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.faults import Fault

Matrix = NDArray[np.int64]

# No figure of a problem or plan comes near it, and sums of many such are still exact.
MOST_NUMBER = 10**15


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value a number may have."""

    least: float | None = None
    most: float | None = None


@cache
def hints_of(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def unwrap(hint: Any) -> tuple[Any, Range, str]:
    """Split `Annotated[type, Range, "words"]` into its parts."""
    limits, words = Range(), ""
    if typing.get_origin(hint) is typing.Annotated:
        hint, *extras = typing.get_args(hint)
        for extra in extras:
            if isinstance(extra, Range):
                limits = extra
            elif isinstance(extra, str):
                words = extra
    return hint, limits, words


def default_of(field: "Field[Any]") -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def optional_inner(hint: Any) -> Any | None:
    """The X of `X | None`, or None when the hint is not of that form."""
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return None
    inner = [arm for arm in typing.get_args(hint) if arm is not type(None)]
    return inner[0]


class Reader:
    """Reads one document; `faults` holds what was wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def complain(self, code: str, where: str, cause: str, remedy: str) -> None:
        self.faults.append(Fault(code, where, cause, remedy))

    def read(self, hint: Any, value: Any, where: str) -> Any:
        kind, limits, _ = unwrap(hint)
        if kind is Any:
            return value
        inner = optional_inner(kind)
        if inner is not None:
            return None if value is None else self.read(inner, value, where)
        if is_dataclass(kind):
            return self._record(typing.cast("type", kind), value, where)
        origin = typing.get_origin(kind)
        if origin is tuple:
            return self._sequence(typing.get_args(kind)[0], value, where)
        if origin is dict:
            return self._mapping(*typing.get_args(kind), value=value, where=where)
        if origin is typing.Literal:
            return self._choice(typing.get_args(kind), value, where)
        if origin is np.ndarray:
            return self._matrix(value, where)
        return self._scalar(kind, limits, value, where)

    def _record(self, cls: type, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            self.complain("MALFORMED", where, "is not an object", f"give {cls.__name__} fields")
            return None
        known = {field.name: field for field in fields(cls)}
        for name in value:
            if name not in known:
                self.complain(
                    "UNKNOWN_FIELD",
                    f"{where}.{name}",
                    f"{cls.__name__} has no such field",
                    "remove it, or correct its spelling",
                )
        given = {}
        for name, field in known.items():
            default = default_of(field)
            if name in value:
                given[name] = self.read(hints_of(cls)[name], value[name], f"{where}.{name}")
            elif default is MISSING:
                self.complain("MISSING_FIELD", f"{where}.{name}", "is missing", "give it a value")
                given[name] = None
            else:
                given[name] = default
        return cls(**given)

    def _sequence(self, item: Any, value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            self.complain("MALFORMED", where, "is not a list", "give a list")
            return ()
        return tuple(self.read(item, part, f"{where}[{i}]") for i, part in enumerate(value))

    def _mapping(self, key: Any, item: Any, *, value: Any, where: str) -> dict[Any, Any]:
        if not isinstance(value, dict):
            self.complain("MALFORMED", where, "is not an object", "give an object")
            return {}
        out = {}
        for name, part in value.items():
            spot = f"{where}.{name}"
            try:
                out[key(name)] = self.read(item, part, spot)
            except (TypeError, ValueError):
                self.complain("MALFORMED", spot, "the key is not a whole number", "correct it")
        return out

    def _choice(self, choices: tuple[Any, ...], value: Any, where: str) -> Any:
        if not isinstance(value, str) or value not in choices:
            words = " or ".join(str(choice) for choice in choices)
            self.complain("MALFORMED", where, f"is not {words}", f"use {words}")
            return choices[0]
        return value

    def _matrix(self, value: Any, where: str) -> Matrix:
        try:
            array = np.asarray(value)
        except (ValueError, OverflowError):
            array = np.zeros(0)
        if array.size == 0:
            array = array.astype(np.int64, copy=False)
        if array.ndim != 2 or array.dtype.kind not in "iu":
            self.complain(
                "MALFORMED", where, "is not a matrix of whole numbers", "give n rows of n numbers"
            )
            return np.zeros((0, 0), np.int64)
        return array.astype(np.int64)

    def _scalar(self, kind: Any, limits: Range, value: Any, where: str) -> Any:
        wanted = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
        accepted = (int, float) if kind is float else kind
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            self.complain("MALFORMED", where, f"is not {wanted[kind]}", f"give {wanted[kind]}")
            return kind()
        if kind in (int, float):
            return self._number(kind, limits, value, where)
        return value

    def _number(self, kind: Any, limits: Range, value: Any, where: str) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            self.complain("OUT_OF_RANGE", where, "is not a finite number", "give a finite number")
            return kind()
        least = -MOST_NUMBER if limits.least is None else limits.least
        most = MOST_NUMBER if limits.most is None else limits.most
        if not least <= value <= most:
            self.complain(
                "OUT_OF_RANGE",
                where,
                f"{value} is not between {least} and {most}",
                "correct the number, or its unit",
            )
            return kind()
        return kind(value)


def write(value: Any) -> Any:
    """Plain JSON data of a dataclass; fields that equal their default are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        out = {}
        for field in fields(value):
            part, default = getattr(value, field.name), default_of(field)
            if default is MISSING or type(part) is not type(default) or part != default:
                out[field.name] = write(part)
        return out
    if isinstance(value, (list, tuple)):
        return [write(part) for part in value]
    if isinstance(value, dict):
        return {str(name): write(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return value
