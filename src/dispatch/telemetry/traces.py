"""Where in a trace across services something happens, as W3C Trace Context writes it.

https://www.w3.org/TR/trace-context/
"""

import re
import secrets
from dataclasses import dataclass

_HEADER = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
HEADER_LENGTH = 55


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace, a span of it, and whether whoever began it records it (flags `01`)."""

    trace_id: str
    span_id: str
    flags: str = "00"

    @property
    def header(self) -> str:
        """The value of `traceparent` for whoever is called from here."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def read_trace(header: str | None) -> Trace | None:
    """The trace that a caller named in `traceparent`; None where that says nothing valid."""
    if header is None:
        return None
    found = _HEADER.fullmatch(header.strip())
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return None
    if not int(found["trace"], 16) or not int(found["span"], 16):
        return None
    # Of the flags only the first is known; others must not be handed on.
    return Trace(found["trace"], found["span"], f"{int(found['flags'], 16) & 1:02x}")


def begin_trace(parent: Trace | None = None) -> Trace:
    """A span of its own in the caller's trace, or in a new one."""
    span_id = secrets.token_hex(8)
    if parent is None:
        return Trace(secrets.token_hex(16), span_id)
    return Trace(parent.trace_id, span_id, parent.flags)
