"""Spans round resolvers that ask the database or another service.

The others read what is there already: a span would take longer than what it measures, and a page of
a board has six thousand of them. Only asynchronous resolvers can wait for anything.
"""

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from graphql import GraphQLSchema, is_object_type

from dispatch.telemetry import tracing


def trace_resolvers(schema: GraphQLSchema) -> None:
    """Puts a span round every resolver of the schema that may wait."""
    for kind in schema.type_map.values():
        if not is_object_type(kind) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            made = field.extensions.get("strawberry-definition")
            if field.resolve is not None and getattr(made, "is_async", False):
                field.resolve = _traced(f"{kind.name}.{name}", field.resolve)


def _traced(name: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    def run(source: Any, info: Any, **given: Any) -> Any:
        found = resolve(source, info, **given)
        return _waited(name, found) if isawaitable(found) else found

    return run


async def _waited(name: str, found: Any) -> Any:
    with tracing.span(name):
        return await found
