"""The query page is served whole by this process."""

from __future__ import annotations

import re

import pytest

from dispatch.api.graphiql import STATIC, documents_by_name
from tests.api.client import Client, a_client
from tests.factories import World
from tools.vendor_graphiql import differing

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_a_browser_gets_the_page_and_all_that_it_loads(client: Client) -> None:
    page = await client.http.get("/graphql", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    loaded = [
        address
        for address in re.findall(r'(?:src|href)="([^"]+)"', page.text)
        if not address.startswith("data:")
    ]
    assert len(loaded) == 5
    for address in loaded:
        assert "//" not in address
        assert (await client.http.get(f"/{address}")).status_code == 200


async def test_the_bare_address_leads_to_the_page(client: Client) -> None:
    answer = await client.http.get("/", headers=BROWSER)
    assert answer.is_redirect
    assert answer.headers["location"] == "graphql"


async def test_the_pages_own_code_names_no_other_host(client: Client) -> None:
    page = await client.http.get("/graphql", headers=BROWSER)
    own = page.text + (STATIC / "page.js").read_text("utf-8")
    assert re.findall(r"https?://[\w.]+", own) == []


async def test_the_page_holds_the_shipped_documents(client: Client) -> None:
    page = await client.http.get("/graphql", headers=BROWSER)
    documents = documents_by_name()
    assert "desk" in documents
    assert all(f'"{name}":' in page.text for name in documents)


async def test_the_page_can_be_left_out(world: World) -> None:
    async with a_client(world, graphiql=False) as client:
        answer = await client.http.get("/graphql", headers=BROWSER)
        assert answer.status_code == 400
        assert (await client.http.get("/graphiql/page.js")).status_code == 404


async def test_vendored_files_are_unchanged(database_url: str) -> None:
    assert differing() == []


async def test_health_and_readiness(client: Client) -> None:
    assert (await client.http.get("/healthz")).text == "ok\n"
    ready = await client.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "schema": "newest"})
