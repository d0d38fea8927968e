"""Faults of form: wrong types and numbers out of range, in a problem made in Python.

Most problems have none, so each part is first asked only whether it is well-formed, which is
quick; a part that is not goes through the reader, which says where and why.
"""

import math
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

from dispatch_solver.codec import Range, Reader, default_of, hints_of, optional_inner, unwrap, write
from dispatch_solver.faults import Fault
from dispatch_solver.problem import Problem

Test = Callable[[Any], bool]


def form_faults(problem: object) -> list[Fault]:
    """Every fault of form; empty when each field is what its type hint says."""
    if not isinstance(problem, Problem):
        return [Fault("MALFORMED", "problem", "is not a Problem", "use Problem.from_json")]
    reader = Reader()
    for field in fields(Problem):
        hint, value = hints_of(Problem)[field.name], getattr(problem, field.name)
        if field.name != "travel":
            reader.faults += form_faults_of(hint, value, f"problem.{field.name}")
    if not isinstance(problem.travel, dict):
        reader.complain("MALFORMED", "problem.travel", "is not an object", "give an object")
        return reader.faults
    for way, matrix in problem.travel.items():
        for name in ("durations", "distances"):
            array = getattr(matrix, name, None)
            where = f"problem.travel.{way}.{name}"
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
                reader.complain(
                    "MALFORMED", where, "is not an array of whole numbers", "give an n x n array"
                )
    return reader.faults


def form_faults_of(hint: Any, value: Any, where: str) -> list[Fault]:
    """Every fault of form of one value that should be what the type hint says."""
    reader = Reader()
    if not well_formed(hint)(value):
        reader.read(hint, write(value), where)
    return reader.faults


def well_formed(hint: Any) -> Test:
    """A test that is true only of values in which the reader would find no fault."""
    kind, limits, _ = unwrap(hint)
    inner = optional_inner(kind)
    if inner is not None:
        test = well_formed(inner)
        return lambda value: value is None or test(value)
    if is_dataclass(kind):
        return _record(typing.cast("type", kind))
    origin = typing.get_origin(kind)
    if origin is tuple:
        item = well_formed(typing.get_args(kind)[0])
        return lambda value: type(value) is tuple and all(map(item, value))
    if origin is dict:
        key, entry = (well_formed(part) for part in typing.get_args(kind))
        return lambda value: (
            type(value) is dict and all(map(key, value)) and all(map(entry, value.values()))
        )
    if origin is typing.Literal:
        choices = typing.get_args(kind)
        return lambda value: type(value) is str and value in choices
    return _scalar(kind, limits)


@cache
def _record(cls: type) -> Test:
    """Fields that hold their default object need no test."""
    parts = [
        (field.name, default_of(field), well_formed(hints_of(cls)[field.name]))
        for field in fields(cls)
    ]

    def test(value: Any) -> bool:
        if type(value) is not cls:
            return False
        for name, default, fits in parts:
            part = getattr(value, name)
            if part is not default and not fits(part):
                return False
        return True

    return test


def _scalar(kind: Any, limits: Range) -> Test:
    if kind not in (int, float):
        return lambda value: type(value) is kind
    least = -math.inf if limits.least is None else limits.least
    most = math.inf if limits.most is None else limits.most
    types = (int,) if kind is int else (float, int)
    return lambda value: type(value) in types and least <= value <= most and abs(value) < math.inf
