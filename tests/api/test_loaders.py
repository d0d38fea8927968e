"""Rows that several fields of an answer wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from dispatch.api.loaders import Loaders
from dispatch.services.action import Tx
from dispatch.store.sites import Site
from tests.factories import World


async def test_a_field_given_up_takes_nothing_from_the_others(world: World) -> None:
    loader = Loaders(lambda: world.services.reading(world.desk)).row(Site)

    async def wait() -> Site | None:
        return await loader.load(world.site.id)

    first, second = asyncio.create_task(wait()), asyncio.create_task(wait())
    await asyncio.sleep(0)
    first.cancel()
    found = await second
    assert found is not None
    assert found.id == world.site.id
    assert first.cancelled()


async def test_what_is_wanted_while_something_is_read_is_asked_for_with_what_comes_of_it(
    world: World,
) -> None:
    """Whoever is answered first: one batch."""
    loaders = Loaders(lambda: world.services.reading(world.desk))
    asked: list[list[int]] = []

    async def read(_tx: Tx, keys: Sequence[int]) -> dict[int, int]:
        asked.append(sorted(keys))
        return {key: -key for key in keys if key != 4}

    def doubled(key: int) -> Awaitable[int]:
        return loaders.keyed("doubled", read, missing=lambda: 0).load(key)

    async def later(key: int, turns: int) -> int:
        async with loaders.reading():
            for _ in range(turns):
                await asyncio.sleep(0)
        return await doubled(key)

    found = await asyncio.gather(doubled(1), doubled(1), later(2, 50), later(3, 5), later(4, 0))
    assert found == [-1, -1, -2, -3, 0]
    assert asked == [[1, 2, 3, 4]]
    assert await asyncio.gather(doubled(2), later(5, 9)) == [-2, -5]
    assert asked[1:] == [[5]]


async def test_everyone_who_waits_is_told_that_a_batch_failed(world: World) -> None:
    loaders = Loaders(lambda: world.services.reading(world.desk))

    async def read(_tx: Tx, keys: Sequence[int]) -> dict[int, int]:
        raise ValueError(f"cannot read {len(keys)}")

    loader = loaders.keyed("broken", read, missing=lambda: 0)
    found = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert [str(each) for each in found] == ["cannot read 2"] * 2
