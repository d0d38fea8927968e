"""One run in a process of its own: no run finds another's memory, and none outlives its time."""

import multiprocessing
import os
import resource
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.arenas import ARENAS, Case
from benchmarks.entrant import Entrant, Measure, NoAnswer

# Reading, checking: long enough for the largest day on a busy machine.
AROUND = 900.0
# Above this share of the time, and a second more, an answer is late.
LATEST = 1.1
# Who has not answered by then is stopped.
PATIENCE = 3.0
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one entrant on one case with one seed. Times in seconds.

    `measure` is None when there is nothing to compare; `why` then says why (`skipped`: because
    the entrant cannot take part). A peer's late answer is compared all the same, ours is not: then
    what is said of us holds against peers that had more time than we took.
    """

    case: str
    entrant: str
    seed: int
    seconds: float
    ours: bool = False
    elapsed_s: float | None = None
    cpu_s: float | None = None
    first_s: float | None = None
    peak_mb: int | None = None
    late: bool = False
    blind: tuple[str, ...] = ()
    skipped: bool = False
    why: str | None = None
    measure: Measure | None = None

    @property
    def value(self) -> float | None:
        """The number to compare; None unless the answer kept every rule (and, ours, the time)."""
        if self.measure is None or self.measure.faults or (self.late and self.ours):
            return None
        return self.measure.value


class Pipe(Protocol):
    """What both ends of a pipe have, whatever the system calls them."""

    def send(self, obj: Any, /) -> None: ...
    def recv(self) -> Any: ...
    def poll(self, timeout: float = ..., /) -> bool: ...


def run(case: Case, entrant: Entrant, seed: int) -> Run:
    """Let an entrant solve a case in a fresh process and measure what it answers."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    os.environ.update(dict.fromkeys(THREADS, "1"))
    process = context.Process(target=_work, args=(theirs, case, entrant.name, seed), daemon=True)
    process.start()
    theirs.close()
    told: dict[str, Any] = {}
    try:
        told = _listen(ours, case)
    finally:
        process.terminate()
        process.join()
        ours.close()
    return Run(
        case=case.name,
        entrant=entrant.name,
        seed=seed,
        seconds=case.seconds,
        ours=entrant.ours,
        **told,
    )


def _listen(pipe: Pipe, case: Case) -> dict[str, Any]:
    """Gather the child's three messages: ready, answered, measured."""
    told: dict[str, Any] = {}
    for wait in (AROUND, PATIENCE * case.seconds + 10, AROUND):
        if not pipe.poll(wait):
            return {**told, "late": True, "why": f"no answer after {wait:.0f} s, stopped"}
        try:
            news = pipe.recv()
        except EOFError:
            return {**told, "why": "its process ended"}
        told |= news
        if "why" in news:
            return told
    return told


def _work(pipe: Pipe, case: Case, name: str, seed: int) -> None:
    """The child: a failure of an entrant is a result, so every exception is told as one."""
    try:
        entrant = next(e for e in ARENAS[case.arena].entrants if e.name == name)
        if entrant.installed() is None:
            pipe.send({"skipped": True, "why": f"{entrant.package} is not installed"})
            return
        instance = case.load(seed)
        reason = entrant.refuses(instance)
        if reason is not None:
            pipe.send({"skipped": True, "why": reason})
            return
        entrant.prepare()
        pipe.send({"blind": tuple(entrant.blind(instance))})
        _solve(pipe, case, entrant, instance, seed)
    except NoAnswer as error:
        pipe.send({"why": str(error)})
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        pipe.send({"why": f"{type(error).__name__}: {error}"[:300]})


def _solve(pipe: Pipe, case: Case, entrant: Entrant, instance: Any, seed: int) -> None:
    begun, used = time.monotonic(), time.process_time()
    answer = entrant.solve(instance, case.seconds, seed)
    elapsed = time.monotonic() - begun
    told = {
        "elapsed_s": round(elapsed, 3),
        "cpu_s": round(time.process_time() - used, 3),
        "first_s": None if answer.first_s is None else round(answer.first_s, 3),
        "peak_mb": _peak_mb(),
        "late": elapsed > LATEST * case.seconds + 1.0,
    }
    pipe.send(told)
    pipe.send({"measure": ARENAS[case.arena].measure(instance, answer.result)})


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak >> (20 if sys.platform == "darwin" else 10)
