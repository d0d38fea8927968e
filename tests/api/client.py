"""Speaks to the application as any client does: HTTP and JSON, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from dispatch.api.ids import encode
from dispatch.app import create_app
from dispatch.domain.rights import Actor
from dispatch.services import accounts
from dispatch.settings import Settings
from dispatch.store.base import Base
from tests.factories import World

ACCEPT = "application/graphql-response+json"
QUIET = {"sweeper": False, "jobs": False, "courier": False, "solver_warm": False}
"""A service that does nothing by itself."""


@dataclass
class Answer:
    """What came back."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def data(self) -> dict[str, Any]:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def error(self) -> dict[str, Any]:
        """The only error."""
        (error,) = self.body["errors"]
        return error

    @property
    def code(self) -> str:
        """The only error's code; it always says what to do, too."""
        extensions = self.error["extensions"]
        assert self.error["message"]
        assert extensions["remedy"]
        return extensions["code"]


@dataclass
class Client:
    """The application over one world."""

    world: World
    http: httpx.AsyncClient

    async def gql(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        operation: str | None = None,
        language: str = "en",
    ) -> Answer:
        """Sends one operation."""
        sent = {"query": document, "variables": variables, "operationName": operation}
        headers = {"Accept": ACCEPT, "Accept-Language": language}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        response = await self.http.post("/graphql", json=sent, headers=headers)
        return Answer(response.status_code, response.json(), response.headers)

    async def token(self, actor: Actor) -> str:
        return await token_for(self.world, actor)


async def token_for(world: World, actor: Actor) -> str:
    """A token of the actor's account."""
    assert actor.user_id is not None
    signed = await world.services.perform(
        world.root, accounts.issue_token, user_id=actor.user_id, label="test"
    )
    return signed.token


def gid(row: Base) -> str:
    """The global id of a row whose type is named as its class."""
    return encode(type(row).__name__, row.id)


@asynccontextmanager
async def a_client(world: World, **settings: Any) -> AsyncIterator[Client]:
    """A client of an application with these settings, started and stopped with the block."""
    with TemporaryDirectory() as folder:
        app = create_app(
            Settings(
                _env_file=None,  # pyright: ignore[reportCallIssue]
                database_url=world.services.store.url,
                **{**QUIET, "photo_folder": folder, **settings},
            )
        )
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://dispatch.test") as http,
        ):
            yield Client(world=world, http=http)
