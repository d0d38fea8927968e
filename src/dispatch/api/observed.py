"""What log, traces and figures tell of each request and each operation on a web socket."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from graphql import GraphQLError
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.requests import HTTPConnection

from dispatch.api.trusted import digest, trusted
from dispatch.domain.errors import Code
from dispatch.domain.rights import Actor
from dispatch.telemetry import metrics, tracing
from dispatch.telemetry.current import Doing, begin, doing, note_codes
from dispatch.telemetry.statements import short
from dispatch.telemetry.traces import read_trace

_log = structlog.get_logger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_FAULTS = frozenset({Code.INTERNAL, Code.UNAVAILABLE, Code.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Telling:
    """How much is told: of which operations it is said that they were slow, and whether of each
    request that it was answered."""

    slow_s: float = 1.0
    requests: bool = True


@contextmanager
def request_seen(request: HTTPConnection, *, path: str = "/graphql") -> Iterator[Doing]:
    """A request over HTTP; it goes on with the caller's trace and id, where they name one."""
    with begin(
        f"{request.scope['method']} {path}",
        kind=SpanKind.SERVER,
        parent=read_trace(request.headers.get("traceparent")),
        request_id=_request_id(request),
    ) as made:
        yield made


@contextmanager
def socket_seen(connection: HTTPConnection) -> Iterator[None]:
    """A web socket, as long as it is open: its operations are seen each for itself."""
    with (
        begin("socket", spanned=False, request_id=_request_id(connection)),
        metrics.SOCKETS.track_inprogress(),
    ):
        yield


@contextmanager
def operation_seen(
    caller: Actor | None, telling: Telling, *, request: Doing | None = None
) -> Iterator[None]:
    """One operation on a web socket, or that of a `request` for a stream of events, whose trace it
    goes on with. The span of a subscription ends when it stands: it lasts for hours."""
    around = request or doing()
    began = time.perf_counter()
    with begin(
        "operation",
        kind=SpanKind.SERVER,
        parent=request.trace if request is not None else None,
        request_id=around.request_id if around else None,
    ) as made:
        note_caller(caller)
        try:
            yield
        finally:
            kind = made.operation_type or "none"
            metrics.SOCKET_OPERATIONS.labels(kind, _outcome(made)).inc()
            if made.span.is_recording():
                _tell_span(made)
            if kind != "subscription":
                _tell_slow(made, time.perf_counter() - began, telling)


def operation_stands() -> None:
    """A subscription has been told what it missed: from here on it waits."""
    current = doing()
    if current is not None and current.span.is_recording():
        _tell_span(current)
        current.span.end()


def end_request(
    made: Doing, *, status: int, began: float, telling: Telling, kind: str | None = None
) -> None:
    """The answer is ready: what it was, how long it took since `began` (`perf_counter`)."""
    seconds = time.perf_counter() - began
    name, kind = known_name(made.operation), kind or made.operation_type or "none"
    outcome = _outcome(made, status=status)
    metrics.REQUESTS.labels(name, kind, outcome).observe(seconds)
    if tracing.is_on():
        _tell_span(made, status)
    if telling.requests:
        codes = {"codes": sorted(set(made.codes))} if made.codes else {}
        _log.info(
            "request",
            status=status,
            seconds=round(seconds, 6),
            type=kind,
            outcome=outcome,
            statements=made.statements,
            **codes,
        )
    _tell_slow(made, seconds, telling)


def note_caller(caller: Actor | None) -> None:
    """Who asks, by a number that says nothing to others."""
    current = doing()
    if current is None or caller is None:
        return
    current.user_id = caller.user_id
    sites = {grant.site_id for grant in caller.grants}
    current.home_site_id = sites.pop() if len(sites) == 1 else None


def note_operation(name: str | None, kind: Any, text: str | None) -> None:
    """Which operation of which document is asked for."""
    current = doing()
    if current is not None:
        current.operation, current.document = name, text
        current.operation_type = str(getattr(kind, "value", kind)).lower()


def note_errors(shown: list[GraphQLError]) -> None:
    """What the answer says went wrong."""
    codes = [str((error.extensions or {}).get("code", "")) for error in shown]
    tell_codes(code for code in codes if code)


def tell_codes(codes: Any) -> None:
    """Counts codes of an answer, each of which is a member of `Code`."""
    told = [Code(code).value for code in codes]
    for code in told:
        metrics.ERRORS.labels(code).inc()
    note_codes(told)


def known_name(operation: str | None) -> str:
    """The name, where it is that of a published document: others are without number."""
    return operation if operation in _published() else metrics.OTHER


@cache
def _published() -> frozenset[str]:
    return frozenset(each.name for each in trusted().values())


def _outcome(made: Doing, *, status: int = 200) -> str:
    if status >= 500 or any(code in _FAULTS for code in made.codes):
        return "fault"
    return "refused" if made.codes or status >= 400 else "ok"


def _tell_span(made: Doing, status: int | None = None) -> None:
    span = made.span
    if made.operation_type:
        # As the conventions for GraphQL ask; the name only where it is not the client's own.
        known = known_name(made.operation)
        named = known if known != metrics.OTHER else ""
        span.update_name(f"{made.operation_type} {named}".strip())
        span.set_attribute("graphql.operation.type", made.operation_type)
        if made.operation is not None:
            span.set_attribute("graphql.operation.name", made.operation)
    if made.document is not None:
        span.set_attribute("graphql.document.hash", digest(made.document))
    if status is not None:
        span.set_attribute("http.response.status_code", status)
    for name, value in made.named():
        if name in ("request_id", "user", "site"):
            span.set_attribute(f"dispatch.{name}", value)
    if made.codes:
        span.set_attribute("dispatch.codes", made.codes)
    if _outcome(made, status=status or 200) == "fault":
        span.set_status(Status(StatusCode.ERROR))


def _tell_slow(made: Doing, seconds: float, telling: Telling) -> None:
    if seconds < telling.slow_s:
        return
    metrics.SLOW.inc()
    _log.warning(
        "slow_operation",
        type=made.operation_type,
        document_hash=digest(made.document) if made.document is not None else None,
        seconds=round(seconds, 4),
        statements=made.statements,
        statements_seconds=round(made.statements_s, 4),
        rows=made.rows,
        slowest_seconds=round(made.slowest_s, 4),
        slowest_statement=short(made.slowest),
    )


def _request_id(request: HTTPConnection) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
