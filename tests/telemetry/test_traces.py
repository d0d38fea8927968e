"""The header that carries a trace from one service to the next."""

from __future__ import annotations

import pytest

from dispatch.telemetry.traces import begin_trace, read_trace

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def test_a_caller_s_trace_is_gone_on_with() -> None:
    parent = read_trace(f" 00-{TRACE}-{SPAN}-01")
    assert parent is not None
    mine = begin_trace(parent)
    assert (mine.trace_id, mine.flags) == (TRACE, "01")
    assert mine.span_id != SPAN
    assert read_trace(mine.header) == mine


def test_a_new_trace_is_nobody_else_s() -> None:
    one, other = begin_trace(), begin_trace()
    assert one.trace_id != other.trace_id
    assert read_trace(one.header) == one
    assert one.flags == "00"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}",
    ],
)
def test_what_is_no_trace_is_passed_over(header: str | None) -> None:
    assert read_trace(header) is None


def test_later_versions_are_read_as_far_as_they_are_known() -> None:
    read = read_trace(f"cc-{TRACE}-{SPAN}-ff-what-comes")
    assert read is not None
    assert read.header == f"00-{TRACE}-{SPAN}-01"
