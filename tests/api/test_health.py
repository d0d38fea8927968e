"""What an orchestrator is told while the database comes and goes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, text

from tests.api.client import Client
from tests.api.server import a_server
from tests.factories import World
from tests.support.doors import Door


async def test_a_service_with_a_database_is_ready(client: Client) -> None:
    alive = await client.http.get("/healthz")
    ready = await client.http.get("/readyz")
    assert (alive.status_code, alive.text) == (200, "ok\n")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "schema": "newest"})


async def test_a_service_is_not_ready_for_older_tables(client: Client) -> None:
    async with client.world.services.store.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    ready = await client.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "schema": "outdated"})
    assert (await client.http.get("/healthz")).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_database_that_goes_and_comes_back(world: World, tmp_path: Path) -> None:
    url = make_url(world.services.store.url)
    door = Door(url.port or 0)
    await door.open()
    log = tmp_path / "service.log"
    through = url.set(port=door.port).render_as_string(hide_password=False)
    everything = {"DISPATCH_SWEEPER": "true", "DISPATCH_JOBS": "true"}
    async with (
        a_server(through, SERVER_LOG=str(log), **everything) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as http,
    ):

        async def told(event: str) -> list[dict[str, object]]:
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            return [each for each in lines if each["event"] == event]

        async def until(event: str) -> None:
            async with asyncio.timeout(30):
                while True:
                    if await told(event):
                        return
                    await asyncio.sleep(0.05)

        await until("worker_runs")
        await door.close()
        away = await http.get("/readyz")
        assert (away.status_code, away.json()) == (
            503,
            {"ready": False, "database": "unreachable"},
        )
        assert (await http.get("/healthz")).status_code == 200
        await until("database_unreachable")
        headers = {"Authorization": "Bearer x"}
        for _ in range(5):
            answer = await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
            assert answer.status_code == 503
            assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        file = await http.get("/exports/secret.csv")
        assert (file.status_code, "UNAVAILABLE" in file.text) == (503, True)
        # Every task that looks once a second has by then met a closed door, some of them often.
        await asyncio.sleep(3)
        said = log.read_text()
        assert len(await told("database_unreachable")) == 1
        assert "Traceback" not in said
        assert max(map(len, said.splitlines())) < 1_000
        assert len(said.splitlines()) < 12 + len(await told("request"))

        await door.open()
        await until("database_back")
        assert (await http.get("/readyz")).status_code == 200
    await door.close()
