"""Documents by their hash: over HTTP and web sockets, beside others and alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dispatch.api.trusted import Trust, digest, manifest, trusted
from tests.api.client import Answer, Client, a_client, token_for
from tests.api.server import a_server
from tests.api.test_subscriptions import code_of
from tests.factories import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PUBLISHED = Path(__file__).resolve().parents[2] / "schema" / "trusted.json"
BY_NAME = {each.name: each for each in trusted().values()}
START = BY_NAME["DeskStart"]
OWN = "{ viewer { name } }"


def by_hash(value: str) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": value}}}


async def post(client: Client, sent: dict[str, Any]) -> Answer:
    headers = {"Authorization": f"Bearer {await client.token(client.world.desk)}"}
    response = await client.http.post("/graphql", json=sent, headers=headers)
    return Answer(response.status_code, response.json(), response.headers)


def test_the_published_list_is_that_of_the_documents() -> None:
    text = PUBLISHED.read_text("utf-8")
    assert text == manifest(), "run `make schema`, look at the change"
    listed = json.loads(text)["operations"]
    assert all(each["id"] == digest(each["body"]) for each in listed)
    assert {each["type"] for each in listed} == {"query", "mutation", "subscription"}


@SQLITE
async def test_a_known_document_is_asked_for_by_its_hash(client: Client) -> None:
    for sent in (
        by_hash(START.hash),
        by_hash(START.hash.upper()),
        {"documentId": START.hash},
        {"documentId": f"sha256:{START.hash}"},
        {**by_hash(START.hash), "query": START.text},
    ):
        assert (await post(client, sent)).data["viewer"]["name"] == client.world.desk.name
    token = await client.token(client.world.desk)
    params = {"extensions": json.dumps(by_hash(START.hash)["extensions"])}
    got = await client.http.get(
        "/graphql", params=params, headers={"Authorization": f"Bearer {token}"}
    )
    assert got.json()["data"]["viewer"]["name"] == client.world.desk.name


@SQLITE
async def test_what_is_wrong_with_a_hash_is_said(client: Client) -> None:
    for sent, code in (
        (by_hash("0" * 64), "PERSISTED_QUERY_NOT_FOUND"),
        ({"documentId": "x"}, "PERSISTED_QUERY_NOT_FOUND"),
        ({**by_hash(START.hash), "query": OWN}, "BAD_INPUT"),
        ({"documentId": 7}, "BAD_INPUT"),
        ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "x"}}}, "BAD_INPUT"),
        ({"extensions": {"persistedQuery": 7}}, "BAD_INPUT"),
        ({}, "REQUIRED"),
    ):
        assert (await post(client, sent)).code == code, sent


@SQLITE
async def test_a_service_may_take_known_documents_alone_or_none(world: World) -> None:
    async with a_client(world, trusted_documents=Trust.ONLY.value) as client:
        for sent in (by_hash(START.hash), {"query": START.text}):
            assert (await post(client, sent)).data["viewer"]["name"] == world.desk.name
        for query in (OWN, "{ __schema { types { name } } }", START.text + " "):
            assert (await post(client, {"query": query})).code == "DOCUMENT_NOT_TRUSTED"
    async with a_client(world, trusted_documents=Trust.OFF.value) as client:
        assert (await post(client, by_hash(START.hash))).code == "PERSISTED_QUERY_NOT_SUPPORTED"
        assert (await post(client, {"query": OWN})).data["viewer"]["name"] == world.desk.name


@SQLITE
async def test_a_web_socket_is_no_way_round(world: World) -> None:
    token = await token_for(world, world.desk)
    known = {"type": "subscribe", "payload": {"documentId": START.hash}}
    async with (
        a_server(world.services.store.url, DISPATCH_TRUSTED_DOCUMENTS="only") as server,
        server.socket(token) as socket,
    ):
        await socket.acknowledged()
        await socket.send({"id": "a", **known})
        assert (await socket.receive())["payload"]["data"]["viewer"]["name"] == world.desk.name
        assert (await socket.receive())["type"] == "complete"
        await socket.subscribe(OWN)
        assert code_of(await socket.receive()) == "DOCUMENT_NOT_TRUSTED"
        unknown = {"type": "subscribe", "payload": by_hash("0" * 64)}
        await socket.send({"id": "b", **unknown})
        assert code_of(await socket.receive()) == "PERSISTED_QUERY_NOT_FOUND"
