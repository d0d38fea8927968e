"""The optimizer in processes of its own: time, progress, crashes, endings."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest
import pytest_asyncio

from dispatch.domain.errors import Code, Refused
from dispatch.planning.in_force import LiveDay
from dispatch.planning.live import KEPT, InForce
from dispatch.planning.places import Places
from dispatch.planning.runner import Planner
from dispatch_solver import (
    Need,
    Plan,
    Problem,
    Progress,
    Shift,
    Technician,
    TravelMatrix,
    Visit,
    Window,
    check,
    compare,
    slots,
)
from tests.planning.test_problem import a_day


def a_problem(*, technicians: int = 4, visits: int = 30) -> Problem:
    points = np.random.default_rng(1).integers(0, 5_000, size=(visits + 1, 2))
    metres = np.abs(points[:, None, :] - points[None, :, :]).sum(axis=2).astype(np.int64)
    places = tuple(f"p{i}" for i in range(visits + 1))
    return Problem(
        places=places,
        travel={"CAR": TravelMatrix(metres // 8, metres)},
        technicians=tuple(
            Technician(
                id=str(i),
                shifts=(Shift(id="0", start=0, end=36_000, from_place="p0", to_place="p0"),),
                skills={"plumbing": 2},
                travel="CAR",
            )
            for i in range(technicians)
        ),
        visits=tuple(
            Visit(id=str(i), place=places[i + 1], duration=1800, needs=(Need({"plumbing": 1}),))
            for i in range(visits)
        ),
    )


@pytest_asyncio.fixture
async def planner() -> AsyncIterator[Planner]:
    planner = Planner(1)
    yield planner
    await planner.close()


async def test_the_event_loop_goes_on_while_the_optimizer_works(planner: Planner) -> None:
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    seen: list[Progress] = []
    problem = a_problem()
    answer = await planner.solve(problem, seconds=2.0, seed=3, on_progress=seen.append)
    ticking.cancel()
    assert check(problem, answer.plan) == []
    assert sum(len(route.stops) for route in answer.plan.routes) == 30
    # A loop held for the search would have ticked a few times in all.
    assert len(ticks) > 60
    assert all(one.elapsed_s <= other.elapsed_s for one, other in pairwise(seen))


async def test_two_runs_in_one_process_wait_for_each_other(planner: Planner) -> None:
    problem = a_problem(visits=8)
    first, second = await asyncio.gather(
        planner.solve(problem, seconds=0.3), planner.solve(problem, seconds=0.3)
    )
    assert len(planner.process_ids) == 1
    assert first.plan.terms.unserved == second.plan.terms.unserved == 0


async def test_a_process_that_dies_fails_its_run_alone_and_is_replaced(planner: Planner) -> None:
    await planner.warm()
    (victim,) = planner.process_ids
    running = asyncio.create_task(planner.solve(a_problem(), seconds=30.0))
    await asyncio.sleep(0.5)
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(Refused) as error:
        await running
    assert error.value.refusals[0].code is Code.PLAN_RUN_FAILED
    answer = await planner.solve(a_problem(visits=5), seconds=0.3)
    assert answer.plan.terms.unserved == 0
    assert planner.process_ids != [victim]


async def test_an_invalid_problem_is_a_failed_run_not_a_dead_process(planner: Planner) -> None:
    await planner.warm()
    before = planner.process_ids
    broken = a_problem(visits=2)
    broken.travel["CAR"].durations[0, 1] = -5
    with pytest.raises(Refused) as error:
        await planner.solve(broken, seconds=0.3)
    assert "MATRIX_VALUE" in error.value.refusals[0].params["reason"]
    assert planner.process_ids == before


async def test_a_caller_who_leaves_ends_the_work(planner: Planner) -> None:
    await planner.warm()
    running = asyncio.create_task(planner.solve(a_problem(), seconds=60.0))
    await asyncio.sleep(0.3)
    (process,) = planner.process_ids
    started = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - started < 30
    assert not is_running(process)


async def test_close_ends_the_processes_even_at_work() -> None:
    planner = Planner(2)
    await planner.warm()
    processes = planner.process_ids
    assert len(processes) == 2
    running = asyncio.create_task(planner.solve(a_problem(), seconds=60.0))
    await asyncio.sleep(0.3)
    await planner.close()
    with pytest.raises(Refused):
        await running
    assert not any(is_running(each) for each in processes)


def a_live_day(problem: Problem, plan: Plan, key: str = "day") -> LiveDay:
    promised = frozenset(stop.visit for route in plan.routes for stop in route.stops)
    return LiveDay(
        key=key,
        day=a_day(),
        in_force=InForce(problem, plan, promised),
        places=Places(),
        not_planned=(),
    )


WINDOWS = [Window(hour * 3600, (hour + 2) * 3600) for hour in range(0, 10, 2)]


async def test_a_question_does_not_wait_for_a_plan(planner: Planner) -> None:
    problem = a_problem(visits=12)
    plan = (await planner.solve(problem, seconds=0.3)).plan
    live = a_live_day(problem, plan)
    found = await planner.slots(live, "3", WINDOWS)
    assert [slot.window for slot in found] == [
        slot.window for slot in slots(problem, plan, "3", WINDOWS)
    ]
    running = asyncio.create_task(planner.solve(a_problem(), seconds=30.0))
    await asyncio.sleep(0.3)
    assert await planner.slots(live, "3", WINDOWS) == found
    unplaced, places = await planner.why_not(live, "3")
    assert unplaced.visit == "3"
    assert {place.technician for place in places} == {"0", "1", "2", "3"}
    assert not running.done()
    running.cancel()


async def test_a_plan_that_its_process_lost_is_made_ready_again(planner: Planner) -> None:
    problem = a_problem(visits=8)
    plan = (await planner.solve(problem, seconds=0.3)).plan
    live = a_live_day(problem, plan)
    found = await planner.slots(live, "3", WINDOWS)
    (victim,) = set(children()) - set(planner.process_ids)
    os.kill(victim, signal.SIGKILL)
    for _ in range(100):
        if not is_running(victim):
            break
        await asyncio.sleep(0.05)
    assert await planner.slots(live, "3", WINDOWS) == found


async def test_few_plans_are_held_and_the_newest_of_them(planner: Planner) -> None:
    made: list[int] = []
    problem = a_problem(visits=2)
    plan = (await planner.solve(problem, seconds=0.2)).plan

    async def day(number: int) -> LiveDay:
        async def prepare() -> LiveDay:
            made.append(number)
            return a_live_day(problem, plan, key=str(number))

        return await planner.live_day(str(number), prepare)

    for number in range(KEPT + 1):
        await day(number)
    await day(KEPT)
    assert made == list(range(KEPT + 1))
    await day(0)
    assert made == [*range(KEPT + 1), 0]


async def test_a_day_that_could_not_be_prepared_is_tried_again(planner: Planner) -> None:
    async def fail() -> LiveDay:
        raise LookupError("gone")

    problem = a_problem(visits=1)

    async def succeed() -> LiveDay:
        return a_live_day(problem, Plan(routes=()))

    with pytest.raises(LookupError):
        await planner.live_day("k", fail)
    assert (await planner.live_day("k", succeed)).key == "day"


async def test_a_repair_keeps_what_can_be_kept(planner: Planner) -> None:
    problem = a_problem(visits=8)
    plan = (await planner.solve(problem, seconds=0.3)).plan
    same = (await planner.repair(problem, plan, seconds=0.3)).plan
    assert compare(problem, plan, same).moves == ()
    assert same.engine == "repair"


def children() -> list[int]:
    """Optimizer processes of this one."""
    return [each.pid for each in multiprocessing.active_children() if each.pid is not None]


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
