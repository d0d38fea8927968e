"""Rows that several fields of an answer wait for."""

from __future__ import annotations

import asyncio

from dispatch.api.loaders import Loaders
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
