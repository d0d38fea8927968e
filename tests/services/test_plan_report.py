"""A plan on the terminal, in both languages and widths."""

import asyncio
from collections.abc import Iterator
from datetime import date

import pytest
from rich.console import Console

from dispatch.commands.plan import show_plan
from dispatch.planning.runner import Planner
from dispatch.services import plans
from dispatch.store.plans import PlanStop
from tests.factories import World


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def printed(world: World, plan_id: int, *, width: int, language: str) -> str:
    console = Console(width=width, record=True, file=None, quiet=False)
    with console.capture() as capture:
        await show_plan(
            world.services, world.dispatcher, plan_id, console=console, language=language
        )
    return capture.get()


@pytest.mark.rule("DSP-4")
async def test_the_table_says_who_goes_where_and_why_the_rest_is_left(
    world: World, planner: Planner
) -> None:
    await world.technician("赵师傅", lunch=True)
    await world.technician("钱师傅", trades={"carpentry": 1})
    placed = await world.order(place_id=world.garden.id)
    left = await world.order(category="breaker_trips")
    plan = await plans.propose(
        world.services,
        planner,
        world.dispatcher,
        site_id=world.site.id,
        day=date(2026, 11, 23),
        seconds=0.3,
    )
    (stop,) = await world.rows(PlanStop)
    chinese = await printed(world, plan.id, width=120, language="zh-CN")
    for told in (plan.number, "赵师傅", placed.number, "中心花园", left.number, "NO_TRADE", "电工"):
        assert told in chinese
    hour = f"{stop.starts_at.hour + 8:02d}:{stop.starts_at.minute:02d}"
    assert hour in chinese
    assert "未派单：钱师傅" in chinese
    assert "2 单中排定 1 单" in chinese
    english = await printed(world, plan.id, width=70, language="en")
    assert "NO_TRADE: Nobody has" in english, english
    assert "中心花园" not in english
    assert max(len(line) for line in english.splitlines()) <= 70
