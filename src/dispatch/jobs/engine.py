"""The engine that carries jobs out: DBOS over the service's own database.

It claims jobs in threads of its own; the work itself runs on the process's event loop, with the
same services as requests. Nothing of it listens on a port or calls out of the machine.
"""

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from opentelemetry.trace import SpanKind

from dispatch.jobs.means import Means, Work
from dispatch.services.troubles import TROUBLES
from dispatch.store.jobs import APPLICATION, JOBS_VERSION, TRACEPARENT, JobQueue, plain_url
from dispatch.telemetry import metrics
from dispatch.telemetry.current import begin
from dispatch.telemetry.traces import Trace, read_trace

if TYPE_CHECKING:
    from dbos import DBOSConfig, WorkflowStatus

_log = structlog.get_logger(__name__)

# How often a worker looks for jobs: what a person may wait for, against an idle machine's rest.
_LOOK_S = {JobQueue.PLANS: 0.5, JobQueue.WORK: 1.0}
_WORK_AT_ONCE = 4
_CONNECTIONS = 4
# After a failure the job is tried again so much later; then it is given up and told.
_PAUSES_S = (1.0, 5.0, 15.0, 60.0, 300.0)
_PENDING = "PENDING"
# What its lines have in common, where only a number further back differs.
_ALIKE = 40
_QUIET_S = 60.0
# What the engine says when it cannot reach the database; it tries again by itself.
_AWAY = ("OperationalError", "connection failed", "server closed the connection")
_TOLD_MOST = 100
_WORDS_MOST = 400


class Interrupted(BaseException):
    """This process ends; the job stays begun, and the next worker takes it up."""


class Engine:
    """One per process. Its calls block: they are made in threads, except where said."""

    def __init__(
        self, means: Means, work: Mapping[str, Work], *, executor: str, plans_at_once: int
    ) -> None:
        self._means = means
        self._work = work
        self._executor = executor
        self._at_once = {JobQueue.PLANS: plans_at_once, JobQueue.WORK: _WORK_AT_ONCE}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = threading.Event()
        self._running: set[concurrent.futures.Future[Any]] = set()

    def launch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to take jobs; their work runs on `loop`."""
        from dbos import DBOS

        self._loop = loop
        _quiet()
        try:
            for name, work in self._work.items():
                DBOS.workflow(name=name, max_recovery_attempts=None)(self._job(name, work))
            DBOS(config=self._config())
            DBOS.listen_queues([queue.value for queue in JobQueue])
            DBOS.launch()
            for queue in JobQueue:
                DBOS.register_queue(
                    queue.value,
                    worker_concurrency=self._at_once[queue],
                    polling_interval_sec=_LOOK_S[queue],
                )
        except BaseException:
            # A half-launched engine could not be launched again.
            self._end()
            raise

    def stop(self) -> None:
        """Takes no more jobs and lets go of those at work, which others then find."""
        self._ending.set()
        for future in tuple(self._running):
            future.cancel()
        self._end()

    def executors(self) -> set[str]:
        """The workers that have begun jobs and not ended them."""
        return {each.executor_id for each in _listed(status=_PENDING) if each.executor_id}

    def release(self, executor: str) -> list[str]:
        """Gives the jobs of a worker that is no more back to their queues; the jobs' keys."""
        from dbos import DBOS

        begun = _listed(status=_PENDING, executor_id=executor)
        for queue in JobQueue:
            keys = [each.workflow_id for each in begun if each.queue_name == queue.value]
            if keys:
                DBOS.resume_workflows(keys, queue_name=queue.value)
        return [each.workflow_id for each in begun]

    def _end(self) -> None:
        from dbos import DBOS

        DBOS.destroy(destroy_registry=True)

    def _config(self) -> "DBOSConfig":
        from dbos import DBOSPortableJSONSerializer

        return {
            "name": APPLICATION,
            "system_database_url": plain_url(self._means.services.store.url),
            "sys_db_pool_size": _CONNECTIONS,
            "executor_id": self._executor,
            "application_version": JOBS_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
            # `dispatch migrate` makes the tables, with all others.
            "run_migrations": False,
            "notification_listener_polling_interval_sec": 1.0,
        }

    def _job(self, name: str, work: Work) -> Callable[[dict[str, Any]], None]:
        def job(arguments: dict[str, Any]) -> None:
            given = dict(arguments)
            asked_in = read_trace(given.pop(TRACEPARENT, None))
            for pause in (*_PAUSES_S, None):
                with _seen(name, asked_in):
                    if self._try(name, work, given, pause):
                        return
                if self._ending.wait(pause):
                    raise Interrupted

        return job

    def _try(self, name: str, work: Work, arguments: dict[str, Any], pause: float | None) -> bool:
        """Whether the work was done; what can be tried again after `pause` is logged."""
        began, outcome = time.monotonic(), "interrupted"
        try:
            with metrics.JOBS_RUNNING.labels(name).track_inprogress():
                self._carry_out(work, arguments)
            outcome = "done"
        except Exception as error:
            if pause is None:
                outcome = "given_up"
                _log.exception("job_given_up", arguments=arguments)
                raise
            outcome = "failed"
            _log.warning("job_failed", error=repr(error), again_in_s=pause)
        finally:
            metrics.JOBS.labels(name, outcome).observe(time.monotonic() - began)
        return outcome == "done"

    def _carry_out(self, work: Work, arguments: dict[str, Any]) -> None:
        """Hands the work to the event loop and waits for it, in a thread of the engine."""
        if self._ending.is_set() or self._loop is None:
            raise Interrupted

        async def whole() -> None:
            await work(self._means, **arguments)

        future = asyncio.run_coroutine_threadsafe(whole(), self._loop)
        self._running.add(future)
        if self._ending.is_set():
            future.cancel()
        try:
            future.result()
        except concurrent.futures.CancelledError:
            raise Interrupted from None
        finally:
            self._running.discard(future)


@contextmanager
def _seen(name: str, asked_in: Trace | None) -> Iterator[None]:
    """A job at work is part of the trace of whoever asked for it, on the event loop as here."""
    from dbos import DBOS

    with begin(
        f"job {name}",
        kind=SpanKind.CONSUMER,
        parent=asked_in,
        job=name,
        job_id=DBOS.workflow_id,
    ):
        yield


def _listed(**filters: Any) -> list["WorkflowStatus"]:
    from dbos import DBOS

    return DBOS.list_workflows(**filters, load_input=False, load_output=False)


def _quiet() -> None:
    """Its warnings go where ours go, a JSON object a line; the rest nowhere."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(each, _Handler) for each in logger.handlers):
        logger.addHandler(_Handler())
    logger.propagate = False


class _Handler(logging.Handler):
    """Says the same no more than once a minute: an engine whose database is away tries on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if any(each in words for each in _AWAY):
            TROUBLES.away(words)
            return
        now, begun = time.monotonic(), words[:_ALIKE]
        if now - self._told_at.get(begun, -_QUIET_S) < _QUIET_S:
            return
        if len(self._told_at) >= _TOLD_MOST:
            self._told_at.clear()
        self._told_at[begun] = now
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(_log, level)("jobs_engine", message=words.partition("\n")[0][:_WORDS_MOST])
