"""The figures as Prometheus reads them: names and units by its conventions, labels with few
values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from dispatch.telemetry import metrics

# What `promtool check metrics` refuses in names: units that are not base units, and shortened.
NOT_BASE = {
    *("milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks"),
    *("kilobytes", "kibibytes", "megabytes", "mebibytes", "gigabytes", "gibibytes", "bits"),
    *("kilometers", "centimeters", "percent", "percents", "fahrenheit", "grams"),
}
SHORTENED = {"s", "ms", "us", "ns", "sec", "secs", "b", "kb", "mb", "gb", "m", "h", "d", "pct"}
# What a name must not say, since the type does.
OF_TYPES = {"gauge", "counter", "histogram", "summary", "count", "sum", "bucket"}
RESERVED = {"le", "quantile", "job", "instance"}
OURS = "dispatch_"


def shown() -> Iterator[Metric]:
    text = generate_latest(metrics.REGISTRY).decode()
    return iter(text_string_to_metric_families(text))


@pytest.fixture(autouse=True)
def one_of_each() -> None:
    """Figures with labels show once they have been counted."""
    metrics.REQUESTS.labels("other", "query", "ok").observe(0.1)
    metrics.SOCKET_OPERATIONS.labels("query", "ok").inc()
    metrics.ERRORS.labels("NOT_FOUND").inc()
    metrics.GRABS.labels("won").inc()
    metrics.CLOCKS_FIRED.labels("ACCEPT").inc()
    metrics.JOBS_WAITING.labels("plans").set(0)
    metrics.JOBS_OLDEST.labels("plans").set(0)
    metrics.JOBS_RUNNING.labels("plan_run").set(0)
    metrics.JOBS.labels("plan_run", "done").observe(1)
    metrics.PLAN_RUNS.labels("PLAN", "done").observe(1)
    metrics.MESSAGES.labels("EMAIL", "sent").inc()


def ours() -> list[Metric]:
    return [each for each in shown() if each.name.startswith(OURS)]


def test_every_figure_has_a_type_a_help_and_a_name_of_ours() -> None:
    known = [each.name for each in shown()]
    assert len(known) == len(set(known))
    assert len(ours()) > 25
    for each in shown():
        assert each.type in ("counter", "gauge", "histogram"), each.name
        assert each.documentation, each.name
        assert re.fullmatch(r"[a-z][a-z0-9_]*", each.name), each.name
        assert each.name.startswith((OURS, "process_", "python_")), each.name


def test_counters_and_nothing_else_end_in_total() -> None:
    for each in ours():
        names = {sample.name for sample in each.samples}
        totals = {name for name in names if name.endswith("_total")}
        assert totals == (names if each.type == "counter" else set()), each.name
        infos = {name for name in names if name.endswith("_info")}
        assert not infos or infos == names


def test_units_are_base_units_at_the_end_of_names() -> None:
    for each in ours():
        words = each.name.split("_")
        assert not set(words) & (NOT_BASE | SHORTENED | OF_TYPES), each.name
        for unit in ("seconds", "bytes", "ratio"):
            assert unit not in words[:-1], each.name
        if each.type == "histogram":
            assert words[-1] in ("seconds", "ratio"), each.name


def test_labels_are_words_of_ours_and_few() -> None:
    allowed = {"operation", "type", "outcome", "code", "channel", "kind", "queue", "task"}
    for each in ours():
        labels = {name for sample in each.samples for name in sample.labels}
        if each.type == "histogram":
            assert "le" in labels
            labels -= {"le"}
        assert not labels & RESERVED, each.name
        assert labels <= allowed | {"version", "python"}, each.name


def test_buckets_rise_to_infinity() -> None:
    for each in ours():
        if each.type != "histogram":
            continue
        series: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for sample in each.samples:
            if sample.name.endswith("_bucket"):
                about = tuple(kv for kv in sorted(sample.labels.items()) if kv[0] != "le")
                series.setdefault(about, []).append(float(sample.labels["le"]))
        for edges in series.values():
            assert edges == sorted(edges)
            assert edges[-1] == float("inf")
