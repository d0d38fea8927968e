"""Fixtures: a world, and the service over it, in this process or as a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from tests.api.client import Client, a_client
from tests.api.lived import Lived, a_lived_world
from tests.api.server import Server, a_server
from tests.factories import World, a_world, move_to_morning


@pytest_asyncio.fixture
async def world(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A fresh world; its clock stands at the moment the test began, since tokens expire, and it
    lies where that is in the morning, so that the day has room whenever the test runs. A module
    whose expectations are in Shanghai's time says `MORNING = False`."""
    async with a_world(database_url, now=datetime.now(UTC)) as built:
        if getattr(request.module, "MORNING", True):
            await move_to_morning(built)
        yield built


@pytest_asyncio.fixture
async def client(world: World) -> AsyncIterator[Client]:
    """Calls the application in this process, as HTTP."""
    async with a_client(world) as made:
        yield made


@pytest_asyncio.fixture
async def lived(database_url: str) -> AsyncIterator[Lived]:
    """A world with two lived days."""
    async with a_lived_world(database_url) as made:
        yield made


@pytest_asyncio.fixture
async def lived_client(lived: Lived) -> AsyncIterator[Client]:
    """Calls the application over the lived days."""
    async with a_client(lived.world) as made:
        yield made


@pytest_asyncio.fixture
async def working_client(world: World) -> AsyncIterator[Client]:
    """Calls the application in this process, which carries out jobs, too: plans need it."""
    async with a_client(world, jobs=True) as made:
        yield made


@pytest_asyncio.fixture
async def server(world: World) -> AsyncIterator[Server]:
    """A process of its own that serves the world's database."""
    async with a_server(world.services.store.url) as started:
        yield started
