"""What leaves the service when something went wrong: a code, a message, what to do. Nothing else.

No text of an exception, no statement, no stack reaches a client; those go to the log under the
trace id that the client is given.
"""

import re
from collections.abc import Iterable
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from sqlalchemy.exc import SQLAlchemyError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from dispatch.api.limits import Limits, too_costly
from dispatch.api.user_errors import input_path
from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.services.troubles import TROUBLES
from dispatch.store.deadlines import was_stopped
from dispatch.store.engine import is_unreachable
from dispatch.texts import render

_log = structlog.get_logger(__name__)

_VARIABLE = re.compile(
    r"Variable '\$(?P<name>\w+)' has invalid value(?: at (?P<path>[\w.\[\]]+))?:"
    r"(?:.{0,200} to include required field '(?P<missing>\w+)')?"
)
_DETAIL_MOST = 400
_TOO_DEEP = "nested too deeply"
_TOO_MANY_TOKENS = re.compile(r"more than \d+ tokens")


def present(
    errors: Iterable[GraphQLError], *, language: str, trace_id: str, limits: Limits
) -> list[GraphQLError]:
    """The errors as they may be shown; those presented before stay as they are."""
    shown: list[GraphQLError] = []
    for error in errors:
        if "code" in (error.extensions or {}):
            shown.append(error)
            continue
        shown.extend(
            _error(refusal, error, language=language, trace_id=trace_id)
            for refusal in _refusals(error, trace_id=trace_id, limits=limits)
        )
    return shown


def took_too_long(limits: Limits) -> Refused:
    return refuse(Code.TIMEOUT, seconds=f"{limits.seconds:g}")


def plain_error(refusal: Refusal, *, language: str, trace_id: str = "") -> dict[str, Any]:
    """An error outside of any operation, as JSON."""
    return dict(_error(refusal, None, language=language, trace_id=trace_id).formatted)


def _refusals(error: GraphQLError, *, trace_id: str, limits: Limits) -> tuple[Refusal, ...]:
    original = _original(error)
    if isinstance(original, Refused):
        return original.refusals
    refusal = _not_run(original)
    if refusal is not None:
        return (refusal,)
    if isinstance(original, RecursionError) or _TOO_DEEP in error.message:
        return too_costly("depth", requested=f">{limits.depth}", limit=limits.depth).refusals
    if isinstance(error, GraphQLSyntaxError) and _TOO_MANY_TOKENS.search(error.message):
        return too_costly("tokens", requested=f">{limits.tokens}", limit=limits.tokens).refusals
    if original is None and (error.path is None or error.message.startswith("Argument ")):
        return (_bad_input(error),)
    if isinstance(original, SQLAlchemyError) and was_stopped(original):
        return took_too_long(limits).refusals
    if isinstance(original, SQLAlchemyError) and is_unreachable(original):
        TROUBLES.failed("internal_error", original)
        return (Refusal(Code.UNAVAILABLE),)
    _log.error("internal_error", path=error.path, exc_info=original or error)
    return (Refusal(Code.INTERNAL, params={"trace_id": trace_id}),)


def _not_run(original: BaseException | None) -> Refusal | None:
    """What was sent on a connection that stays, and is no operation that may be run there."""
    if isinstance(original, MissingQueryError):
        return Refusal(Code.REQUIRED, ("query",))
    if isinstance(original, CannotGetOperationTypeError):
        detail = "`operationName` must name one operation of the document"
        return Refusal(Code.BAD_INPUT, ("operationName",), {"detail": detail})
    if isinstance(original, InvalidOperationTypeError):
        return Refusal(Code.BAD_INPUT, params={"detail": "use POST"})
    return None


def _original(error: GraphQLError) -> BaseException | None:
    """What our code raised; None for errors of the engine itself."""
    original: BaseException | None = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original


def _bad_input(error: GraphQLError) -> Refusal:
    found = _VARIABLE.search(error.message)
    path: tuple[str, ...] = ()
    if found is not None:
        below = re.findall(r"\w+", found["path"] or "")
        path = (found["name"], *below, *filter(None, [found["missing"]]))
    # The engine quotes the value at fault, whole.
    detail = error.message[:_DETAIL_MOST]
    return Refusal(Code.BAD_INPUT, field=path, params={"detail": detail})


def _error(
    refusal: Refusal, error: GraphQLError | None, *, language: str, trace_id: str
) -> GraphQLError:
    message, remedy = render(refusal, language)
    extensions: dict[str, Any] = {
        "code": refusal.code.value,
        "remedy": remedy,
        "field": input_path(refusal)[1:],
    }
    if refusal.allowed:
        extensions["allowed"] = list(refusal.allowed)
    if refusal.code is Code.RATE_LIMITED:
        extensions["retryAfter"] = refusal.params.get("seconds")
    if refusal.code is Code.INTERNAL:
        extensions["traceId"] = trace_id
    if error is None:
        return GraphQLError(message, extensions=extensions)
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
