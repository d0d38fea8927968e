"""What is being done here now, and for whom: what every log line, span and figure says of it.

A request, an operation on a web socket, a job, a round of the sweeper: each has one `Doing`, which
all that happens within it finds, in whatever task or thread.
"""

import contextlib
import contextvars
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.trace import INVALID_SPAN, Span, SpanKind

from dispatch.telemetry import tracing
from dispatch.telemetry.traces import Trace, begin_trace

_SITES_MOST = 20
_NAME_MOST = 100


@dataclass(slots=True, eq=False)
class Doing:
    """One thing that is done, as far as it has come."""

    trace: Trace
    span: Span = INVALID_SPAN
    request_id: str | None = None
    job: str | None = None
    job_id: str | None = None
    user_id: int | None = None
    home_site_id: int | None = None
    """The only site that the user has to do with, if it is only one."""
    site_ids: list[int] = field(default_factory=list)
    operation: str | None = None
    """The name of the document's operation, as the client gave it."""
    operation_type: str | None = None
    document: str | None = None
    """Its text, which is never logged: it may hold values."""
    codes: list[str] = field(default_factory=list)
    """Of what was refused or failed."""
    statements: int = 0
    statements_s: float = 0.0
    rows: int = 0
    slowest_s: float = 0.0
    slowest: str = ""

    def named(self) -> Iterator[tuple[str, Any]]:
        """What log lines carry; nothing of it says who somebody is."""
        yield "trace_id", self.trace.trace_id
        for name in ("request_id", "job", "job_id"):
            if (value := getattr(self, name)) is not None:
                yield name, value
        if self.operation is not None:
            yield "document", self.operation[:_NAME_MOST]
        if self.user_id is not None:
            yield "user", self.user_id
        if len(self.site_ids) > 1:
            yield "sites", self.site_ids
        elif self.site_ids or self.home_site_id is not None:
            yield "site", self.site_ids[0] if self.site_ids else self.home_site_id


_CURRENT: ContextVar[Doing | None] = ContextVar("doing", default=None)


def doing() -> Doing | None:
    """What the caller is part of."""
    return _CURRENT.get()


@contextlib.contextmanager
def begin(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Trace | None = None,
    spanned: bool = True,
    **known: Any,
) -> Iterator[Doing]:
    """Something new is done in the block: in the trace of `parent`, or in one of its own.

    `spanned`: False for what lasts for hours. `known` are fields of `Doing`.
    """
    if not (spanned and tracing.is_on()):
        made = Doing(begin_trace(parent), **known)
        token = _CURRENT.set(made)
        try:
            yield made
        finally:
            _CURRENT.reset(token)
        return
    with tracing.span(name, kind=kind, parent=parent) as span:
        trace = tracing.trace_of(span) or begin_trace(parent)
        made = Doing(trace, span, **known)
        token = _CURRENT.set(made)
        try:
            yield made
        finally:
            _CURRENT.reset(token)


def note_codes(codes: Iterable[str]) -> None:
    """Something was refused, or failed."""
    current = _CURRENT.get()
    if current is not None:
        current.codes += codes


def note_site(site_id: int | None) -> None:
    """Something of a site is looked at or changed."""
    current = _CURRENT.get()
    if current is None or site_id is None or site_id in current.site_ids:
        return
    if len(current.site_ids) < _SITES_MOST:
        current.site_ids.append(site_id)


def traceparent() -> str | None:
    """What to hand on to a job, a message or another service; None outside of everything."""
    current = _CURRENT.get()
    here = tracing.trace_here() or (current.trace if current is not None else None)
    return here.header if here is not None else None


def apart() -> contextvars.Context:
    """For a task that outlives whoever happens to start it: it is part of nothing."""
    return contextvars.Context()
