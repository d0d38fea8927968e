"""Spans for OpenTelemetry. Off unless `OTEL_…` names somebody to send them to; then almost free.

Spans say what was called, how long it took and with which codes it ended; never with which values,
nor the text of an exception, since both hold what people said.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from typing import Any

import structlog
from opentelemetry import context as contexts
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
    get_current_span,
    set_span_in_context,
)

from dispatch.domain.errors import Refused
from dispatch.telemetry.traces import Trace

_log = structlog.get_logger(__name__)

_WANTED = (
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)
_NOTHING: AbstractContextManager[Span] = nullcontext(INVALID_SPAN)

_provider: TracerProvider | None = None
_tracer: Tracer | None = None


def is_on() -> bool:
    """Whether spans are recorded in this process."""
    return _tracer is not None


def start(provider: TracerProvider) -> None:
    """Records spans with the provider from now on."""
    global _provider, _tracer  # noqa: PLW0603 -- one for the process, like its log
    _provider = provider
    _tracer = provider.get_tracer("dispatch", version("dispatch"))


def stop() -> None:
    """Sends what is still to be sent, and records nothing more."""
    global _provider, _tracer
    ended, _provider, _tracer = _provider, None, None
    shutdown = getattr(ended, "shutdown", None)
    if shutdown is not None:
        shutdown()


def start_by_environment(service: str) -> None:
    """Starts where the standard variables of OpenTelemetry ask for it.

    They also say where to (`OTEL_EXPORTER_OTLP_…`), which share (`OTEL_TRACES_SAMPLER`), and under
    which name (`OTEL_SERVICE_NAME`, else `service`). What keeps from it is logged, once: tracing
    never stands in the way of the service.
    """
    if is_on() or not _is_wanted():
        return
    try:
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
        from opentelemetry.sdk.trace import TracerProvider as Provider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _log.warning("tracing_unavailable", remedy="pip install 'dispatch[tracing]'")
        return
    try:
        exporter = _exporter()
    except (ImportError, ValueError) as error:
        _log.warning("tracing_unavailable", reason=type(error).__name__)
        return
    if exporter is None:
        return
    named = os.environ.get("OTEL_SERVICE_NAME") or service
    about = {SERVICE_NAME: named, SERVICE_VERSION: version("dispatch"), "process.pid": os.getpid()}
    provider = Provider(resource=Resource.create(about), shutdown_on_exit=True)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    start(provider)
    _log.info("tracing_on", service=named)


def _is_wanted() -> bool:
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(os.environ.get(name) for name in _WANTED)


def _exporter() -> Any:
    wanted = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() or "otlp"
    if wanted == "none":
        return None
    if wanted != "otlp":
        _log.warning("tracing_unavailable", reason="OTEL_TRACES_EXPORTER must be otlp or none")
        return None
    name = "OTEL_EXPORTER_OTLP_PROTOCOL"
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get(name)
    if protocol not in (None, "", "http/protobuf"):
        _log.warning("tracing_unavailable", reason=f"{name} must be http/protobuf")
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def span(
    name: str, *, kind: SpanKind = SpanKind.INTERNAL, parent: Trace | None = None, **about: Any
) -> AbstractContextManager[Span]:
    """A span round the block, under the one round it, or under `parent` of another process."""
    if _tracer is None:
        return _NOTHING
    return _span(_tracer, name, kind, parent, about)


@contextmanager
def _span(
    tracer: Tracer, name: str, kind: SpanKind, parent: Trace | None, about: dict[str, Any]
) -> Iterator[Span]:
    above = _above(parent) if parent is not None else None
    made = tracer.start_span(name, above, kind, attributes=_named(about))
    token = contexts.attach(set_span_in_context(made, above))
    try:
        yield made
    except BaseException as error:
        tell_end(made, error)
        raise
    finally:
        contexts.detach(token)
        # What goes on for hours had its span ended when it stood.
        if made.is_recording():
            made.end()


def tell_end(made: Span, error: BaseException) -> None:
    """What a span says of an exception: codes of a refusal, else its type alone."""
    if isinstance(error, Refused):
        made.set_attribute("dispatch.refused", [each.code.value for each in error.refusals])
    elif isinstance(error, Exception):
        made.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
        made.set_status(Status(StatusCode.ERROR))


def past_span(
    name: str, *, began_ns: int, ended_ns: int, kind: SpanKind = SpanKind.INTERNAL, **about: Any
) -> None:
    """A span of what has already ended, under the one round the caller; none without such."""
    if _tracer is not None and get_current_span().is_recording():
        made = _tracer.start_span(name, kind=kind, attributes=_named(about), start_time=began_ns)
        if about.get("error__type"):
            made.set_status(Status(StatusCode.ERROR))
        made.end(ended_ns)


def is_recording() -> bool:
    """Whether there is a span here under which others would stand."""
    return _tracer is not None and get_current_span().is_recording()


def trace_here() -> Trace | None:
    """The span that stands round the caller; None where none is recorded or handed on."""
    if _tracer is None:
        return None
    return trace_of(get_current_span())


def trace_of(made: Span) -> Trace | None:
    """What of a span is told to others."""
    known = made.get_span_context()
    if not known.is_valid:
        return None
    flags = f"{known.trace_flags & TraceFlags.SAMPLED:02x}"
    return Trace(f"{known.trace_id:032x}", f"{known.span_id:016x}", flags)


def _above(parent: Trace) -> contexts.Context:
    known = SpanContext(
        int(parent.trace_id, 16),
        int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(parent.flags, 16)),
    )
    return set_span_in_context(NonRecordingSpan(known))


def _named(about: dict[str, Any]) -> dict[str, Any]:
    # Keyword arguments cannot hold the dots of the conventions' names.
    return {name.replace("__", "."): value for name, value in about.items() if value is not None}
