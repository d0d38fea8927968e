"""Making the machine ready: everything compiled before the first question comes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dispatch_solver import search
from dispatch_solver.bound import bound
from dispatch_solver.compiled import available, cache_folder
from dispatch_solver.live import LivePlan
from dispatch_solver.problem import Need, Problem, Shift, Technician, TravelMatrix, Visit, Window
from dispatch_solver.repair import repair
from dispatch_solver.solve import solve


def make_ready() -> bool:
    """Compile what `solve`, `repair`, the live calls and `bound` use; False: nothing compiles.

    Takes a minute or two the first time on a machine and a moment after that, as compiled code is
    kept. To be called where a service starts or is installed, not where somebody waits.
    """
    if not available():
        return False
    problem = _tiny()
    with _one_at_a_time():
        plan = solve(problem, seconds=60.0, iterations=1)
        plan = repair(problem, plan, seconds=60.0, iterations=1)
        live = LivePlan(problem, plan)
        live.insert("a")
        live.slots("a", [Window(0, 7200)])
        live.why_not("b")
        bound(problem, seconds=60.0)
    return True


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Who comes second loads what the first has compiled instead of compiling it again."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (cache_folder(Path(search.__file__).parent) / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tiny() -> Problem:
    """One person, a visit that fits and one that does not."""
    seconds = np.array([[0, 600], [600, 0]], np.int64)
    shift = Shift("day", 0, 7200, "here", "here")
    visits = (
        Visit("a", "there", 1800, needs=(Need({"any": 1}),)),
        Visit("b", "there", 7200, needs=(Need({"any": 1}),)),
    )
    return Problem(
        ("here", "there"),
        {"car": TravelMatrix(seconds, 10 * seconds)},
        (Technician("someone", (shift,), {"any": 1}),),
        visits,
    )
