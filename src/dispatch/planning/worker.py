"""One optimizer process, and this side of the pipe it is spoken to through."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from traceback import format_exception
from typing import Any

import structlog

from dispatch.domain.errors import Code, refuse
from dispatch.planning.live import LivePlans
from dispatch.planning.phases import Phase, Phases, tell_phases
from dispatch.planning.solving import UncheckedPlanError
from dispatch.planning.tasks import Task
from dispatch_solver import InvalidProblem, Progress, make_ready

_log = structlog.get_logger(__name__)

# A process that has not answered this long after its time limit is taken for hung.
_GRACE_S = 60.0
# On a machine's first start the search is compiled, which takes minutes where much else goes on.
_START_S = 900.0
_DETAIL_MOST = 4_000


def _context() -> ForkServerContext | SpawnContext:
    """How processes are started: threads and open sockets of this one must not be copied into them.

    They are forked by one that has done nothing but load what they need, so that all but the first
    start at once.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["dispatch.planning.worker", "dispatch.planning.warmed"])
    return context


_CONTEXT = _context()


@dataclass(frozen=True, slots=True)
class _Ready:
    """The process has loaded, or compiled, all that tasks need."""

    compiled: bool


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a task, and what of it took how long."""

    value: Any
    phases: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why nothing came of it: what callers may know, and what is for the log."""

    reason: str
    detail: str


@dataclass(eq=False, slots=True)
class Worker:
    """One process and this side of its pipe; started when first needed, and again when it died."""

    process: BaseProcess | None = None
    pipe: Any = None
    is_ready: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    turn: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def carry_out(self, task: Task, tell: Callable[[Progress], None]) -> Any:
        """One task: sends it and waits for what comes of it, passing progress on.

        Tasks take turns. Refused with PLAN_RUN_FAILED when nothing comes of it.
        """
        with self.turn:
            return self._converse(task, tell)

    def warm(self) -> None:
        """Starts the process, if need be, and waits until it is ready for tasks."""
        with self.turn, suppress(EOFError, OSError):
            self._started()

    def _converse(self, task: Task, tell: Callable[[Progress], None]) -> Any:
        try:
            pipe = self._started()
            pipe.send(task)
            deadline = time.monotonic() + task.seconds + _GRACE_S
            while pipe.poll(max(0.0, deadline - time.monotonic())):
                message = pipe.recv()
                if isinstance(message, Progress):
                    tell(message)
                elif isinstance(message, _Done):
                    tell_phases(message.phases, process=self.process_id)
                    return message.value
                else:
                    _log.error("optimizer_failed", reason=message.reason, detail=message.detail)
                    raise refuse(Code.PLAN_RUN_FAILED, reason=message.reason)
        except (EOFError, OSError) as error:
            # Its end of the pipe closes a moment before it is gone: the next task must find it
            # gone.
            self.kill()
            raise refuse(
                Code.PLAN_RUN_FAILED, reason="the optimizer's process ended", lost=True
            ) from error
        self.kill()
        raise refuse(Code.PLAN_RUN_FAILED, reason="the optimizer did not answer in time")

    def kill(self) -> None:
        """Ends the process whatever it does; who waits for it sees the pipe end."""
        with self.lock:
            if self.process is not None and self.process.is_alive():
                self.process.kill()
                self.process.join()

    def close(self) -> None:
        """Ends the process for good."""
        self.closed = True
        self.kill()

    @property
    def process_id(self) -> int | None:
        """Of the process, while it runs."""
        alive = self.process is not None and self.process.is_alive()
        return self.process.pid if alive and self.process is not None else None

    def _started(self) -> Any:
        """This side of the pipe to a process that is ready."""
        pipe = self._running()
        if not self.is_ready:
            if not pipe.poll(_START_S):
                raise EOFError
            if not pipe.recv().compiled:
                _log.warning("optimizer_not_compiled", effect="plans are made, but slowly")
            self.is_ready = True
        return pipe

    def _running(self) -> Any:
        """This side of the pipe to a living process."""
        with self.lock:
            if self.closed:
                raise EOFError
            if self.process is None or self.pipe is None or not self.process.is_alive():
                self._forget()
                self.is_ready = False
                self.pipe, theirs = _CONTEXT.Pipe()
                self.process = _CONTEXT.Process(
                    target=_serve, args=(theirs,), name="dispatch-planner", daemon=True
                )
                self.process.start()
                theirs.close()
            return self.pipe

    def _forget(self) -> None:
        if self.process is not None:
            self.process.join(timeout=1)
        if self.pipe is not None:
            self.pipe.close()


def _serve(pipe: Any) -> None:
    """The life of an optimizer process: tasks in, progress and one answer or fault each out."""
    # Ctrl-C in a terminal reaches the whole group; the service decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    held = LivePlans()
    try:
        compiled = make_ready()
        # What lives as long as the process is not looked through while somebody waits.
        gc.collect()
        gc.freeze()
        pipe.send(_Ready(compiled=compiled))
    except (BrokenPipeError, OSError):
        # Whoever started it was killed meanwhile.
        return
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            phases = Phases()
            value = task.run(held, pipe.send, phases)
            answer: _Done | _Fault = _Done(value, tuple(phases.ended))
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


def _end_with_parent() -> None:
    """A search at work does not notice that nobody waits for it any more: this does."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
