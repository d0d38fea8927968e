"""Runs the optimizer in processes of its own, so that it never stands in the way of a request.

The search holds the interpreter's lock for seconds at a time: a thread would stop the event loop.
Each process is spoken to through one pipe, by a thread that only waits.
"""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from traceback import format_exception
from typing import Any

import structlog

from dispatch.domain.errors import Code, refuse
from dispatch.planning.solving import Answer, Job, UncheckedPlanError, carry_out
from dispatch_solver import InvalidProblem, Problem, Progress

_log = structlog.get_logger(__name__)

OnProgress = Callable[[Progress], None]

# A process that has not answered this long after its time limit is taken for hung.
_GRACE_S = 60.0
_DETAIL_MOST = 4_000
# Threads and open sockets of this process must not be copied into its children.
_CONTEXT = get_context("spawn")


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a process has no answer: what callers may know, and what is for the log."""

    reason: str
    detail: str


@dataclass(eq=False, slots=True)
class _Worker:
    """One process and this side of its pipe; started when first needed, and again when it died."""

    process: BaseProcess | None = None
    pipe: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def ready(self) -> Any:
        """This side of the pipe to a living process."""
        with self.lock:
            if self.closed:
                raise EOFError
            if self.process is None or self.pipe is None or not self.process.is_alive():
                self._forget()
                self.pipe, theirs = _CONTEXT.Pipe()
                self.process = _CONTEXT.Process(
                    target=_serve, args=(theirs,), name="dispatch-planner", daemon=True
                )
                self.process.start()
                theirs.close()
            return self.pipe

    def kill(self) -> None:
        """Ends the process whatever it does; who waits for it sees the pipe end."""
        with self.lock:
            if self.process is not None and self.process.is_alive():
                self.process.kill()
                self.process.join()

    def close(self) -> None:
        with self.lock:
            self.closed = True
            if self.process is not None and self.process.is_alive():
                self.process.kill()
                self.process.join()

    def _forget(self) -> None:
        if self.process is not None:
            self.process.join(timeout=1)
        if self.pipe is not None:
            self.pipe.close()


class Planner:
    """A fixed number of optimizer processes for one event loop.

    `solve` waits for a free process. A process that dies takes down its own run alone
    (PLAN_RUN_FAILED) and is replaced. When this process is killed, they end by themselves.
    """

    def __init__(self, processes: int = 1) -> None:
        self._workers = [_Worker() for _ in range(processes)]
        self._idle = list(self._workers)
        self._closed = False
        self._free = asyncio.Semaphore(processes)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="planner")

    async def warm(self) -> None:
        """Starts every process now, before the first plan, so that no plan waits for it."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(loop.run_in_executor(self._threads, _greet, worker) for worker in self._workers)
        )

    async def solve(
        self,
        problem: Problem,
        *,
        seconds: float,
        seed: int = 0,
        on_progress: OnProgress | None = None,
    ) -> Answer:
        """The plan found within `seconds` (± 0.5 s) and what else was considered.

        `on_progress` is called on the event loop. Refused with PLAN_RUN_FAILED when the problem
        is not valid, the plan does not pass the independent check, or the process died. When the
        caller is cancelled, the process is ended.
        """
        loop = asyncio.get_running_loop()

        def tell(progress: Progress) -> None:
            if on_progress is not None:
                loop.call_soon_threadsafe(on_progress, progress)

        async with self._free:
            if self._closed:
                raise refuse(Code.PLAN_RUN_FAILED, reason="the service is ending")
            worker = self._idle.pop()
            job = Job(problem=problem, seconds=seconds, seed=seed)
            waiting = loop.run_in_executor(self._threads, _converse, worker, job, tell)
            try:
                return await asyncio.shield(waiting)
            except asyncio.CancelledError:
                # More than once: the process may not have been started yet.
                while not waiting.done():
                    worker.kill()
                    await asyncio.wait([waiting], timeout=0.1)
                waiting.exception()
                raise
            finally:
                self._idle.append(worker)

    async def close(self) -> None:
        """Ends all processes, also those at work."""
        self._closed = True
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(loop.run_in_executor(None, worker.close) for worker in self._workers)
        )
        self._threads.shutdown(wait=True)

    @property
    def process_ids(self) -> list[int]:
        """Of the processes that run now."""
        return [
            worker.process.pid
            for worker in self._workers
            if worker.process is not None and worker.process.is_alive() and worker.process.pid
        ]


def _greet(worker: _Worker) -> None:
    """Waits until the process has loaded all it needs."""
    with contextlib.suppress(EOFError, OSError):
        pipe = worker.ready()
        pipe.send(None)
        pipe.recv()


def _converse(worker: _Worker, job: Job, tell: OnProgress) -> Answer:
    """One job, from this side: sends it and waits for the answer, passing progress on."""
    try:
        pipe = worker.ready()
        pipe.send(job)
        deadline = time.monotonic() + job.seconds + _GRACE_S
        while pipe.poll(max(0.0, deadline - time.monotonic())):
            message = pipe.recv()
            if isinstance(message, Progress):
                tell(message)
            elif isinstance(message, Answer):
                return message
            else:
                _log.error("optimizer_failed", reason=message.reason, detail=message.detail)
                raise refuse(Code.PLAN_RUN_FAILED, reason=message.reason)
    except (EOFError, OSError) as error:
        # Its end of the pipe closes a moment before it is gone: the next job must find it gone.
        worker.kill()
        raise refuse(Code.PLAN_RUN_FAILED, reason="the optimizer's process ended") from error
    worker.kill()
    raise refuse(Code.PLAN_RUN_FAILED, reason="the optimizer did not answer in time")


def _serve(pipe: Any) -> None:
    """The life of an optimizer process: jobs in, progress and one answer or fault each out."""
    # Ctrl-C in a terminal reaches the whole group; the service decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        if job is None:
            pipe.send("ready")
            continue
        try:
            answer: Answer | _Fault = carry_out(job, on_progress=pipe.send)
        except InvalidProblem as error:
            codes = ", ".join(sorted({fault.code for fault in error.faults}))
            answer = _Fault(f"the day's data are not valid: {codes}", str(error)[:_DETAIL_MOST])
        except UncheckedPlanError as error:
            answer = _Fault("the plan did not pass its check", str(error)[:_DETAIL_MOST])
        except Exception as error:  # noqa: BLE001 -- whatever it is, the run has failed, not the pool
            answer = _Fault(
                "the optimizer failed", "".join(format_exception(error))[-_DETAIL_MOST:]
            )
        try:
            pipe.send(answer)
        except (BrokenPipeError, OSError):
            return


def _end_with(parent: int) -> None:
    """A search at work does not notice that nobody waits for it any more: this does."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
