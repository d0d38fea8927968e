"""The published JSON schemas (2020-12), made from the dataclasses of problem and plan."""

import json
import typing
from dataclasses import MISSING, fields, is_dataclass
from importlib import resources
from typing import Any

import numpy as np

from dispatch_solver.codec import default_of, hints_of, optional_inner, unwrap, write
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem

NAMES = ("problem", "plan")
ROOTS: dict[str, type] = {"problem": Problem, "plan": Plan}
SCALARS = {int: "integer", float: "number", str: "string", bool: "boolean"}


def published(name: str) -> dict[str, Any]:
    """The committed schema of "problem" or "plan"."""
    text = resources.files(__name__).joinpath(f"{name}.schema.json").read_text("utf-8")
    return json.loads(text)


def generate(name: str) -> dict[str, Any]:
    """The schema as the dataclasses say now; the committed one must equal it."""
    root = ROOTS[name]
    definitions: dict[str, Any] = {}
    _record(root, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:dispatch-solver:{name}:1",
        "title": root.__name__,
        "$ref": f"#/$defs/{root.__name__}",
        "$defs": dict(sorted(definitions.items())),
    }


def _record(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    if cls.__name__ not in definitions:
        definitions[cls.__name__] = {}
        properties, required = {}, []
        for field in fields(cls):
            properties[field.name] = _described(hints_of(cls)[field.name], definitions)
            default = default_of(field)
            if default is MISSING:
                required.append(field.name)
            else:
                properties[field.name]["default"] = write(default)
        definitions[cls.__name__] = {
            "type": "object",
            "description": " ".join((cls.__doc__ or "").split()),
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _described(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    _, _, words = unwrap(hint)
    return {"description": words, **_shape(hint, definitions)}


def _shape(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    kind, limits, _ = unwrap(hint)
    inner = optional_inner(kind)
    if inner is not None:
        return {"anyOf": [_shape(inner, definitions), {"type": "null"}]}
    if is_dataclass(kind):
        return _record(typing.cast("type", kind), definitions)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return {"type": "array", "items": _shape(args[0], definitions)}
    if origin is dict:
        shape: dict[str, Any] = {"type": "object"}
        if args[0] is int:
            shape["propertyNames"] = {"pattern": "^-?[0-9]+$"}
        if args[1] is not Any:
            shape["additionalProperties"] = _shape(args[1], definitions)
        return shape
    if origin is typing.Literal:
        return {"enum": list(args)}
    if origin is np.ndarray:
        row = {"type": "array", "items": {"type": "integer", "minimum": 0}}
        return {"type": "array", "items": row}
    shape = {"type": SCALARS[kind]}
    if limits.least is not None:
        shape["minimum"] = limits.least
    if limits.most is not None:
        shape["maximum"] = limits.most
    return shape


def text_of(schema: dict[str, Any]) -> str:
    """The exact text of a committed schema file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


__all__ = ["NAMES", "generate", "published", "text_of"]
