"""Mutations as a line each: an input, a service function, the thing it changes.

`Noun…Input` gives `Noun…Payload` and `Noun…UserError` their names. An input names its fields after
the service's arguments, so that a refusal's field leads back to the input.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from inspect import Parameter, signature
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy.orm import InstrumentedAttribute
from strawberry import UNSET

from dispatch.api import ids
from dispatch.api.connections import Edge, edge_of
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.user_errors import Payload, mutation, payload
from dispatch.domain.errors import Code


def needed(description: str, *, name: str | None = None, node: str | None = None) -> Any:
    """An input field that must be given; `node` names the kind of thing its id must be of."""
    metadata = {"node": node} if node is not None else None
    return strawberry.field(description=description, name=name, metadata=metadata)


def optional(description: str, *, name: str | None = None, node: str | None = None) -> Any:
    """An input field that may be left out."""
    metadata = {"node": node} if node is not None else None
    return strawberry.field(default=UNSET, description=description, name=name, metadata=metadata)


def key_field() -> Any:
    """The idempotency key of creates and steps."""
    return optional(
        "Any text of 1–200 characters that the client makes up per wish (幂等键): the same key and "
        "input again give the first result, whatever the network did. With other input: refused."
    )


def version_field() -> Any:
    """The version of the row that a write rests on."""
    return optional(
        "The version that was seen (版本): refused with STALE_VERSION if there is a newer one."
    )


@dataclass(frozen=True, slots=True)
class Result:
    """The thing a mutation changes: its field in the payload, its type, how lists order it."""

    field: str
    graphql_type: Any
    description: str
    row_id: InstrumentedAttribute[int] | None = None
    order: tuple[Order, ...] = ()


def write(
    service: Callable[..., Any],
    input_type: type[Any],
    result: Result,
    *codes: Code,
    description: str,
    creates: bool = False,
    renamed: Mapping[str, str] | None = None,
) -> Any:
    """A mutation that performs one service function with the fields of its input.

    `codes` are the refusals of its own; with `creates` the payload holds the edge of the new
    thing, too. `renamed`: the service's name of an argument -> the input's, where they differ.
    """
    made = payload_type(input_type, result, *codes, creates=creates)
    # A service may want to be told "none"; an input says that by leaving the field out.
    told = {
        name: None
        for name, parameter in signature(service).parameters.items()
        if parameter.kind is Parameter.KEYWORD_ONLY and parameter.default is Parameter.empty
    }

    async def resolve(root: None, info: Info, input: Any) -> Any:
        row = await perform(info, service, **{**told, **arguments_of(input)})
        return filled(made, result, row, creates=creates)

    return mutation_field(resolve, made, input_type, description=description, renamed=renamed)


def ask(
    service: Callable[..., Any],
    input_type: type[Any],
    result: Result,
    *codes: Code,
    description: str,
    creates: bool = False,
    renamed: Mapping[str, str] | None = None,
) -> Any:
    """Like `write`, of a service that asks the plan in force whether there is room."""
    made = payload_type(input_type, result, *codes, creates=creates)

    async def resolve(root: None, info: Info, input: Any) -> Any:
        context = info.context
        given = arguments_of(input)
        row = await service(context.services, context.planner, context.actor, **given)
        context.loaders.clear()
        return filled(made, result, row, creates=creates)

    return mutation_field(resolve, made, input_type, description=description, renamed=renamed)


def mutation_field(
    resolve: Callable[..., Any],
    made: type[Any],
    input_type: type[Any],
    *,
    description: str,
    renamed: Mapping[str, str] | None = None,
) -> Any:
    """The mutation field of a resolver `(root, info, input) -> made`."""
    described = strawberry.argument(description="What to do (输入).")
    resolve.__annotations__ = {
        "root": None,
        "info": Info,
        "input": Annotated[input_type, described],
        "return": made,
    }
    return mutation(made, description=description, fields=renamed)(resolve)


def payload_type(
    input_type: type[Any], result: Result, *codes: Code, creates: bool = False
) -> type[Any]:
    """The payload class of an input class."""
    name = input_type.__name__.removesuffix("Input")
    annotations: dict[str, Any] = {result.field: Optional[result.graphql_type]}
    namespace: dict[str, Any] = {
        "__annotations__": annotations,
        "__module__": __name__,
        result.field: strawberry.field(default=None, description=result.description),
    }
    if creates:
        annotations["edge"] = Optional[Edge[result.graphql_type]]
        namespace["edge"] = strawberry.field(
            default=None, description="The new thing with its cursor, for lists on show (条目)."
        )
    cls = type(f"{name}Payload", (Payload,), namespace)
    operation = name[0].lower() + name[1:]
    return payload(*codes, description=f"What came of `{operation}` (结果).")(cls)


def filled(made: type[Any], result: Result, row: Any, *, creates: bool = False) -> Any:
    """The payload of a changed row."""
    values: dict[str, Any] = {result.field: row}
    if creates and result.row_id is not None:
        values["edge"] = edge_of(row, order=result.order, row_id=result.row_id)  # type: ignore[arg-type]
    return made(**values)


async def perform(
    info: Info, service: Callable[..., Any], *, idempotency_key: str | None = None, **arguments: Any
) -> Any:
    """Performs a service as the caller, once per idempotency key."""
    context = info.context
    row = await context.services.perform_once(context.actor, idempotency_key, service, **arguments)
    # What was read before the change is no longer true.
    context.loaders.clear()
    return row


def arguments_of(given: Any) -> dict[str, Any]:
    """The service's arguments in an input: what was left out, or is null, keeps its default."""
    arguments = {}
    for each in fields(given):
        value = getattr(given, each.name)
        if value is not UNSET and value is not None:
            arguments[each.name] = argument(value, each.metadata.get("node"), each.name)
    return arguments


def argument(value: Any, node: str | None, name: str) -> Any:
    """A value of an input as the services know it; ids become row ids of the kind `node`."""
    if isinstance(value, list):
        return [argument(each, node, name) for each in value]
    if node is not None and value is not None:
        return ids.decode(value, node, field=name)
    make = getattr(value, "argument", None)
    return make() if make is not None else value
