"""Runs the optimizer in processes of its own, so that it never stands in the way of a request.

The search holds the interpreter's lock for seconds at a time: a thread would stop the event loop.
Each process is spoken to through one pipe, by a thread that only waits. Plans are made in a pool;
questions about plans in force have a process to themselves, so that they never wait for a plan.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from typing import Any

from dispatch.domain.errors import Code, refuse
from dispatch.planning.in_force import LiveDay
from dispatch.planning.live import KEPT, Missing, Question, WhichPlaces, WhichSlots, WhyNot
from dispatch.planning.solving import Answer, Job
from dispatch.planning.tasks import Ask, Fit, Solve, Task
from dispatch.planning.worker import Worker
from dispatch.telemetry import tracing
from dispatch_solver import Place, Plan, Problem, Progress, Slot, Unplaced, Visit, Window

OnProgress = Callable[[Progress], None]


def default_threads() -> int:
    """As many as there are cores for this process, but no more than two: the API needs one."""
    with suppress(AttributeError):  # macOS does not tell
        return min(2, len(os.sched_getaffinity(0)))
    return min(2, os.cpu_count() or 1)


class Planner:
    """A fixed number of optimizer processes for one event loop.

    `processes` make and repair plans, each on `threads` cores (default: see `default_threads`);
    one more answers questions. A task waits for a free process. A process that dies takes down
    its own task alone (PLAN_RUN_FAILED) and is replaced. When this process is killed, they end by
    themselves.
    """

    def __init__(self, processes: int = 1, *, threads: int | None = None) -> None:
        self._makers = [Worker() for _ in range(processes)]
        self._answerer = Worker()
        self._plan_threads = threads if threads is not None else default_threads()
        self._idle = list(self._makers)
        self._closed = False
        self._free = asyncio.Semaphore(processes)
        self._turn = asyncio.Semaphore(1)
        self._days: OrderedDict[str, asyncio.Task[LiveDay]] = OrderedDict()
        # For each process its task, and one more that may wait until it is warm.
        self._threads = ThreadPoolExecutor(2 * processes + 2, thread_name_prefix="planner")

    async def warm(self) -> None:
        """Starts every process now and lets it load all it needs, so that no request waits.

        On a machine's first start the first of them compiles, and the others find it done.
        """
        loop = asyncio.get_running_loop()
        first, *others = [*self._makers, self._answerer]
        for group in ([first], others):
            if not self._closed:
                await asyncio.gather(
                    *(loop.run_in_executor(self._threads, worker.warm) for worker in group)
                )

    async def solve(
        self,
        problem: Problem,
        *,
        seconds: float,
        in_force: Plan | None = None,
        seed: int = 0,
        on_progress: OnProgress | None = None,
    ) -> Answer:
        """The plan found within `seconds` (± 0.5 s) and what else was considered.

        `in_force`: what stands, to begin from: it is left only for what is better.
        `on_progress` is called on the event loop. Refused with PLAN_RUN_FAILED when the problem
        is not valid, the plan does not pass the independent check, or the process died. When the
        caller is cancelled, the process is ended.
        """
        job = Job(
            problem=problem,
            seconds=seconds,
            seed=seed,
            threads=self._plan_threads,
            in_force=in_force,
        )
        return await self._make(job, on_progress)

    async def repair(
        self,
        problem: Problem,
        in_force: Plan,
        *,
        seconds: float,
        seed: int = 0,
        on_progress: OnProgress | None = None,
    ) -> Answer:
        """The plan in force with the fewest changes that make it fit the problem; else as
        `solve`."""
        job = Job(
            problem=problem,
            seconds=seconds,
            seed=seed,
            threads=self._plan_threads,
            in_force=in_force,
            fewest_changes=True,
        )
        return await self._make(job, on_progress)

    async def fit(self, problem: Problem, in_force: Plan, *, seconds: float) -> Plan:
        """A small problem's plan in force with what was added to it; waits for no plan."""
        return await self._answer(Fit(problem, in_force, seconds))

    async def live_day(self, key: str, prepare: Callable[[], Awaitable[LiveDay]]) -> LiveDay:
        """The day of a key, prepared once however many ask for it; so many are kept.

        The key names everything the day rests on: another state of the site is another key.
        """
        day = self._days.get(key)
        if day is None:
            day = asyncio.ensure_future(prepare())
            self._days[key] = day
        self._days.move_to_end(key)
        while len(self._days) > KEPT:
            self._days.popitem(last=False)
        try:
            return await asyncio.shield(day)
        except BaseException:
            if day.done() and self._days.get(key) is day:
                del self._days[key]
            raise

    async def slots(
        self, live: LiveDay, visit: Visit | str, windows: Sequence[Window]
    ) -> list[Slot]:
        """The windows that the plan in force could keep for a visit, by what that would add."""
        return await self._ask(live, WhichSlots(visit, tuple(windows)))

    async def places(self, live: LiveDay, visit: Visit | str) -> list[Place]:
        """Who could take a visit, one place per shift, least added first."""
        return await self._ask(live, WhichPlaces(visit))

    async def why_not(self, live: LiveDay, visit: str) -> tuple[Unplaced, list[Place]]:
        """Whom what keeps from a visit of the day, and what would place it; who could take it."""
        return await self._ask(live, WhyNot(visit))

    async def close(self) -> None:
        """Ends all processes, also those at work."""
        self._closed = True
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(
                loop.run_in_executor(None, worker.close)
                for worker in (*self._makers, self._answerer)
            )
        )
        self._threads.shutdown(wait=True)

    @property
    def process_ids(self) -> list[int]:
        """Of the processes that run now and make plans."""
        return [found for worker in self._makers if (found := worker.process_id) is not None]

    async def _make(self, job: Job, on_progress: OnProgress | None) -> Answer:
        loop = asyncio.get_running_loop()

        def tell(progress: Progress) -> None:
            if on_progress is not None:
                loop.call_soon_threadsafe(on_progress, progress)

        async with self._free, _span("optimizer"):
            if self._closed:
                raise refuse(Code.PLAN_RUN_FAILED, reason="the service is ending")
            worker = self._idle.pop()
            waiting = self._spoken_to(worker, Solve(job), tell)
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

    def _spoken_to(self, worker: Worker, task: Task, tell: OnProgress) -> asyncio.Future[Any]:
        """What comes of a task; the thread that waits for it is part of what the caller does."""
        loop = asyncio.get_running_loop()
        here = copy_context()
        return loop.run_in_executor(self._threads, lambda: here.run(worker.carry_out, task, tell))

    async def _ask(self, live: LiveDay, question: Question) -> Any:
        answer = await self._answer(Ask(live.key, question))
        if isinstance(answer, Missing):
            answer = await self._answer(Ask(live.key, question, live.in_force))
        return answer

    async def _answer(self, task: Task) -> Any:
        """One question at a time; it is answered in milliseconds, so nobody's leaving ends it."""
        async with self._turn, _span("optimizer question"):
            if self._closed:
                raise refuse(Code.PLAN_RUN_FAILED, reason="the service is ending")
            waiting = self._spoken_to(self._answerer, task, _nobody)
            try:
                return await asyncio.shield(waiting)
            except asyncio.CancelledError:
                await asyncio.wait([waiting])
                waiting.exception()
                raise


@asynccontextmanager
async def _span(name: str) -> AsyncIterator[None]:
    with tracing.span(name):
        yield


def _nobody(_progress: Progress) -> None:
    """Listens to progress where nobody does."""
