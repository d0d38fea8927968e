"""Fixtures: a world, and workers over it in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.factories import World, a_world


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with a_world(database_url) as built:
        yield built
