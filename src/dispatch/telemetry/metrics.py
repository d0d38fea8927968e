"""Figures for Prometheus, named and measured as its conventions ask: base units, `_total` counters.

https://prometheus.io/docs/practices/naming/

Counting costs a microsecond and goes on whether anybody reads it or not. Labels have few values:
nothing that a client or a person chooses freely becomes one.
"""

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Protocol
from weakref import WeakSet

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dispatch.telemetry.statements import TALLY

# When a series began is of use to nobody here, and would double their number.
disable_created_metrics()

REGISTRY = CollectorRegistry()
for _each in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
    REGISTRY.register(_each)

_SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_LONG = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_LATE = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
_SHARES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)

OTHER = "other"
"""Stands for every operation that is not one of the published documents."""

BUILD = Info("dispatch_build", "What runs.", registry=REGISTRY)
BUILD.info({"version": version("dispatch"), "python": platform.python_version()})

REQUESTS = Histogram(
    "dispatch_http_request_duration_seconds",
    "GraphQL requests over HTTP, until their answer is ready.",
    ("operation", "type", "outcome"),
    buckets=_SHORT,
    registry=REGISTRY,
)
SOCKET_OPERATIONS = Counter(
    "dispatch_socket_operations_total",
    "Operations that ended on web sockets and event streams; subscriptions end when left.",
    ("type", "outcome"),
    registry=REGISTRY,
)
ERRORS = Counter(
    "dispatch_errors_total",
    "Refusals and faults that answers told of, by their code.",
    ("code",),
    registry=REGISTRY,
)
SLOW = Counter(
    "dispatch_slow_operations_total",
    "Requests and operations that took longer than the setting allows.",
    registry=REGISTRY,
)
SOCKETS = Gauge("dispatch_sockets_open", "Web sockets open now.", registry=REGISTRY)
SUBSCRIPTIONS = Gauge("dispatch_subscriptions_open", "Subscriptions open now.", registry=REGISTRY)
PUSHED = Counter(
    "dispatch_subscription_events_total", "Answers sent to subscriptions.", registry=REGISTRY
)
MADE = Counter(
    "dispatch_subscription_answers_made_total",
    "Answers worked out for subscriptions; each goes to all who share it.",
    registry=REGISTRY,
)
LOOP_LAG = Gauge(
    "dispatch_event_loop_lag_seconds",
    "How late the event loop came round when it was last looked at.",
    registry=REGISTRY,
)

GRABS = Counter(
    "dispatch_grabs_total",
    "Attempts to grab an order: won, lost to another, refused.",
    ("outcome",),
    registry=REGISTRY,
)
CLOCKS_FIRED = Counter(
    "dispatch_clocks_fired_total", "Clocks that fired.", ("kind",), registry=REGISTRY
)
CLOCKS_LATE = Histogram(
    "dispatch_clock_lateness_seconds",
    "How long after its time a clock fired.",
    buckets=_LATE,
    registry=REGISTRY,
)
CLOCKS_DUE = Gauge(
    "dispatch_clocks_due", "Clocks whose time has come and that have not fired.", registry=REGISTRY
)
CLOCKS_OLDEST = Gauge(
    "dispatch_clocks_oldest_due_seconds",
    "How long ago the time of the longest waiting of them came; 0 without any.",
    registry=REGISTRY,
)

JOBS_WAITING = Gauge(
    "dispatch_jobs_waiting", "Jobs that no worker has begun.", ("queue",), registry=REGISTRY
)
JOBS_OLDEST = Gauge(
    "dispatch_jobs_oldest_waiting_seconds",
    "How long the longest waiting of them has waited; 0 without any.",
    ("queue",),
    registry=REGISTRY,
)
JOBS_RUNNING = Gauge(
    "dispatch_jobs_running", "Jobs at work in this process.", ("task",), registry=REGISTRY
)
JOBS = Histogram(
    "dispatch_job_duration_seconds",
    "Jobs by how they ended: done, failed (tried again later), given_up, interrupted.",
    ("task", "outcome"),
    buckets=_LONG,
    registry=REGISTRY,
)
PERIODIC_FAILURES = Gauge(
    "dispatch_periodic_work_failing",
    "Periodic works whose last round failed.",
    registry=REGISTRY,
)

PLAN_RUNS = Histogram(
    "dispatch_plan_run_duration_seconds",
    "Runs of the optimizer, with reading the day and storing the plan.",
    ("kind", "outcome"),
    buckets=_LONG,
    registry=REGISTRY,
)
PLAN_UNPLACED = Histogram(
    "dispatch_plan_run_unplaced_ratio",
    "Share of a run's orders that its plan leaves out.",
    buckets=_SHARES,
    registry=REGISTRY,
)

MESSAGES = Counter(
    "dispatch_messages_total",
    "Tries to send a message: sent, failed (tried again later), dead.",
    ("channel", "outcome"),
    registry=REGISTRY,
)
MESSAGES_WAITING = Gauge(
    "dispatch_messages_waiting", "Messages that are to be sent.", registry=REGISTRY
)
MESSAGES_OLDEST = Gauge(
    "dispatch_messages_oldest_waiting_seconds",
    "How long the longest waiting of them has waited; 0 without any.",
    registry=REGISTRY,
)


_last_beat = time.monotonic()


def beat(late_s: float) -> None:
    """The event loop came round, so much later than it was to."""
    global _last_beat  # noqa: PLW0603 -- one loop, one process
    _last_beat = time.monotonic()
    LOOP_LAG.set(max(0.0, late_s))


def silent_s() -> float:
    """How long ago the event loop was last seen to come round."""
    return time.monotonic() - _last_beat


class _Database(Collector):
    """Read when asked for: statements cost nothing more than two additions."""

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "dispatch_database_statements", "Statements sent to the database.", TALLY.count
        )
        yield CounterMetricFamily(
            "dispatch_database_statement_seconds",
            "Time that the database took for them, and the way there.",
            TALLY.seconds,
        )
        yield CounterMetricFamily(
            "dispatch_database_statement_failures",
            "Statements that failed, refused by a constraint included.",
            TALLY.failed,
        )
        pools = [pool.connections() for pool in tuple(_POOLS)]
        in_use = GaugeMetricFamily(
            "dispatch_database_connections_in_use", "Connections that somebody works with."
        )
        in_use.add_metric((), sum(used for used, _ in pools))
        yield in_use
        most = GaugeMetricFamily(
            "dispatch_database_connections_most", "Connections that there may be."
        )
        most.add_metric((), sum(most for _, most in pools))
        yield most


class Pool(Protocol):
    """Holds database connections."""

    def connections(self) -> tuple[int, int]:
        """How many are in use, and how many there may be."""
        ...


_POOLS: WeakSet[Pool] = WeakSet()
REGISTRY.register(_Database())


def show_pool(pool: Pool) -> None:
    """Shows a pool, as long as somebody else holds on to it."""
    _POOLS.add(pool)
