"""Log lines: a JSON object each, on standard error, or words for people at a terminal.

Every line says which request, user, site and trace it belongs to, and none says who somebody is:
statements come without values, exceptions without what they quote.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import orjson
import structlog

from dispatch.telemetry.current import doing

Format = Literal["json", "text"]

# What a database says beside an error's first line holds the row's values; so does what stands
# after our statements.
_DETAIL = re.compile(r"(?s)\s*(?:DETAIL:|CONTEXT:|\[parameters:).*")
# Telephones, codes, cards; numbers of rows are shorter.
_DIGITS = re.compile(r"\d{6,}")
_QUOTED = re.compile(r"'(?:[^'\\\n]|\\.)+'|\"(?:[^\"\\\n]|\\.)+\"")
_NAME = re.compile(r"[A-Za-z_/.<][A-Za-z0-9_./:<>$-]*|\d{1,3}(?:\.\d{1,3}){3}")
_TOKEN = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]+")
_MOST = 2_000
_TEXTS = ("error", "detail", "message", "reason", "why")
"""Fields that hold the words of an exception."""


def set_up_logs(form: Format = "json", level: str = "info") -> None:
    """Our own lines and those of libraries, in one form."""
    at_least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            add_current,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without locals: they hold tokens and passwords.
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            without_values,
            *_renderers(form),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(at_least),
        # Asked for at each line: whoever redirects standard error is followed.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    if not any(isinstance(each, _Library) for each in root.handlers):
        root.addHandler(_Library(logging.WARNING))


def add_current(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Says of what the line is a part."""
    current = doing()
    if current is not None:
        for name, value in current.named():
            event.setdefault(name, value)
    return event


def without_values(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Takes out of the words of exceptions what they quote of the world."""
    for name in _TEXTS:
        if isinstance(event.get(name), str):
            event[name] = plain(event[name])
    for each in _exceptions(event.get("exception")):
        each["exc_value"] = plain(str(each.get("exc_value", "")))
        # They were made from the same words.
        each["exc_notes"] = [plain(str(note)) for note in each.get("exc_notes", ())]
    return event


def _exceptions(told: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    level = told if isinstance(told, list) else []
    while level:
        found += level
        # Groups hold others.
        level = [one for each in level for group in each.get("exceptions", ()) for one in group]
    return found


def plain(words: str) -> str:
    """The words of an exception without telephones, codes, tokens and quoted values."""
    kept = _DETAIL.sub("", words)
    kept = _TOKEN.sub(r"\1…", kept)
    kept = _QUOTED.sub(_unless_name, kept)
    return _DIGITS.sub("…", kept)[:_MOST]


def _unless_name(found: re.Match[str]) -> str:
    quoted = found[0]
    return quoted if _NAME.fullmatch(quoted[1:-1]) else f"{quoted[0]}…{quoted[0]}"


def _as_json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _renderers(form: Format) -> list[Any]:
    if form == "json":
        return [structlog.processors.JSONRenderer(_as_json)]
    return [_exception_in_words, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def _exception_in_words(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    told = event.get("exception")
    if isinstance(told, list):
        event["exception"] = "\n".join(line for each in _exceptions(told) for line in _lines(each))
    return event


def _lines(told: dict[str, Any]) -> list[str]:
    frames = [
        f"  {each['filename']}:{each['lineno']} {each['name']}" for each in told.get("frames", ())
    ]
    return [f"{told.get('exc_type')}: {told.get('exc_value')}", *frames]


class _Library(logging.Handler):
    """Passes on what libraries warn of."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        tell = log.error if record.levelno >= logging.ERROR else log.warning
        tell("library", logger=record.name, message=record.getMessage(), exc_info=record.exc_info)
