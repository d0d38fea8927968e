"""The engine that carries jobs out: DBOS over the service's own database.

It claims jobs in threads of its own; the work itself runs on the process's event loop, with the
same services as requests. Nothing of it listens on a port or calls out of the machine.
"""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from dispatch.jobs.means import Means, Work
from dispatch.store.jobs import APPLICATION, JOBS_VERSION, JobQueue, plain_url

if TYPE_CHECKING:
    from dbos import DBOSConfig, WorkflowStatus

_log = structlog.get_logger(__name__)

# How often a worker looks for jobs: what a person may wait for, against an idle machine's rest.
_LOOK_S = {JobQueue.PLANS: 0.5, JobQueue.WORK: 1.0}
_WORK_AT_ONCE = 4
_CONNECTIONS = 4
# After a failure the job is tried again so much later; then it is given up and told.
_PAUSES_S = (1.0, 5.0, 15.0, 60.0, 300.0)
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_PENDING = "PENDING"


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
            for pause in (*_PAUSES_S, None):
                try:
                    return self._carry_out(work, arguments)
                except Exception as error:
                    if pause is None:
                        _log.exception("job_given_up", job=name, arguments=arguments)
                        raise
                    _log.warning("job_failed", job=name, error=repr(error), again_in_s=pause)
                if self._ending.wait(pause):
                    raise Interrupted
            return None

        return job

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


def forget(*, before: datetime, most: int = 1000) -> int:
    """Deletes jobs that ended before a time, the oldest first; how many. Blocks."""
    from dbos import DBOS

    ended = _listed(status=_ENDED, completed_before=before.isoformat(), limit=most)
    keys = [each.workflow_id for each in ended]
    if keys:
        DBOS.delete_workflows(keys)
    return len(keys)


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
    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warning"
        if record.levelno >= logging.WARNING:
            getattr(_log, level)("jobs_engine", message=record.getMessage())
