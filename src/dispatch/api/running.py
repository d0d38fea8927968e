"""Runs an operation, and tells its answers as they are sent."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from dispatch.api.context import Context
from dispatch.api.errors import plain_error
from dispatch.api.requests import Wanted
from dispatch.api.responses import to_json
from dispatch.api.schema import Schema
from dispatch.api.watching import cursor_of
from dispatch.domain.errors import Code, Refusal

ALL = frozenset(OperationType)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One payload, as JSON."""

    payload: bytes
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The end, and why."""

    errors: Sequence[dict[str, Any]]
    code: Code | None = None


async def run(
    schema: Schema, wanted: Wanted, context: Context, *, allowed: Iterable[OperationType] = ALL
) -> AsyncGenerator[Pushed | Failed, None]:
    """The operation as the engine runs it."""
    results = await schema.stream(
        wanted.query,
        variable_values=wanted.variables,
        context_value=context,
        operation_name=wanted.operation_name,
        allowed_operation_types=allowed,
    )
    async with aclosing(results):
        async for result in results:
            if isinstance(result, PreExecutionError):
                yield Failed([dict(each.formatted) for each in result.errors or ()])
                return
            assert isinstance(result, ExecutionResult)
            yield _pushed(result, context)


def _pushed(result: ExecutionResult, context: Context) -> Pushed:
    payload: dict[str, Any] = {"data": result.data}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    extensions = dict(result.extensions or {})
    reader: Any = context.reader
    cursor = None
    if reader is not None and reader.topic is not None and result.data is not None:
        cursor = extensions["cursor"] = cursor_of(reader.topic, reader.number)
    if extensions:
        payload["extensions"] = extensions
    return Pushed(to_json(payload), cursor)


def failed(refusal: Refusal, context: Context) -> Failed:
    error = plain_error(refusal, language=context.language, trace_id=context.trace_id)
    return Failed([error], code=refusal.code)
