"""Counts and times the statements of an engine, for log, traces and figures. Never their values."""

import time
from dataclasses import dataclass
from typing import Any

from opentelemetry.trace import SpanKind
from sqlalchemy import Engine, event

from dispatch.telemetry import tracing
from dispatch.telemetry.current import doing

_TEXT_MOST = 2_000
_SYSTEMS = {"postgresql": "postgresql", "sqlite": "sqlite"}


@dataclass(slots=True)
class Tally:
    """All statements of this process."""

    count: int = 0
    seconds: float = 0.0
    failed: int = 0


TALLY = Tally()


def watch(engine: Engine) -> None:
    """Counts the engine's statements from now on."""
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine, "handle_error", _fail)


def _begin(
    _connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool
) -> None:
    context.dispatch_began = time.perf_counter()


def _end(
    _connection: Any, cursor: Any, statement: str, _values: Any, context: Any, _many: bool
) -> None:
    seconds = time.perf_counter() - context.dispatch_began
    TALLY.count += 1
    TALLY.seconds += seconds
    current = doing()
    if current is None:
        return
    current.statements += 1
    current.statements_s += seconds
    current.rows += _rows(cursor)
    if seconds > current.slowest_s:
        current.slowest_s, current.slowest = seconds, statement
    if tracing.is_recording():
        _tell(statement, seconds, context)


def _fail(failure: Any) -> None:
    TALLY.failed += 1
    context = failure.execution_context
    began = getattr(context, "dispatch_began", None)
    if began is not None and failure.statement and tracing.is_recording():
        kind = type(failure.original_exception)
        seconds = time.perf_counter() - began
        _tell(failure.statement, seconds, context, f"{kind.__module__}.{kind.__qualname__}")


def _rows(cursor: Any) -> int:
    # The driver for SQLite does not count; its rows are all here already.
    count = cursor.rowcount
    return count if count >= 0 else len(getattr(cursor, "_rows", ()))


def _tell(statement: str, seconds: float, context: Any, error: str | None = None) -> None:
    now = time.time_ns()
    verb = statement.lstrip().split(None, 1)[0].upper() if statement.strip() else "SQL"
    tracing.past_span(
        verb,
        began_ns=now - round(seconds * 1e9),
        ended_ns=now,
        kind=SpanKind.CLIENT,
        db__system__name=_SYSTEMS.get(context.dialect.name, "other_sql"),
        db__operation__name=verb,
        db__query__text=short(statement),
        error__type=error,
    )


def short(statement: str) -> str:
    """A statement's text for people: of one line, and not endless."""
    text = " ".join(statement.split())
    return text if len(text) <= _TEXT_MOST else f"{text[:_TEXT_MOST]}…"
