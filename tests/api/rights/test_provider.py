"""Signing in at an OpenID Connect provider that runs as a process of its own."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from dispatch.services import users
from dispatch.store.identities import Identity, SignInFlow
from dispatch.store.users import RoleGrant, User
from tests.api.client import Client, a_client, gid
from tests.factories import World

PROGRAM = Path(__file__).parents[2] / "support" / "oidc_provider.py"
BACK = "https://board.example/back"
BEGIN = """
mutation($provider: String!, $back: String!) {
  signInBegin(input: {provider: $provider, redirectUri: $back}) {
    authorizationUrl state secret userErrors { code field allowed }
  }
}
"""
FINISH = """
mutation($state: String!, $secret: String!, $code: String!) {
  signInFinish(input: {state: $state, secret: $secret, code: $code}) {
    token expiresAt user { id name } userErrors { code message }
  }
}
"""
VIEWER = "{ viewer { name roles { role } user { id } } }"


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[str]:
    """The address of a running provider."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(sys.executable, str(PROGRAM), str(port))
    address = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while True:
                assert process.returncode is None, "the provider did not start"
                try:
                    await http.get(f"{address}/jwks")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def a_federated(world: World, issuer: str, **given: Any) -> AsyncIterator[Client]:
    provider = {
        "name": "campus",
        "label": "Campus",
        "issuer": issuer,
        "client_id": "dispatch",
        "client_secret": "quiet",
        "organization": "acme",
        "redirect_uris": [BACK],
        **given,
    }
    async with a_client(world, oidc=[provider]) as client:
        yield client


async def begin(client: Client) -> dict[str, Any]:
    answer = await client.gql(BEGIN, {"provider": "campus", "back": BACK})
    return answer.data["signInBegin"]


async def consent(begun: dict[str, Any], subject: str) -> dict[str, str]:
    """What the provider sends the person back with once they have said who they are."""
    async with httpx.AsyncClient() as http:
        sent = await http.post(begun["authorizationUrl"], data={"sub": subject})
    back = sent.headers["location"]
    assert back.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


async def finish(client: Client, begun: dict[str, Any], back: dict[str, str]) -> dict[str, Any]:
    given = {"state": back["state"], "secret": begun["secret"], "code": back["code"]}
    return (await client.gql(FINISH, given)).data["signInFinish"]


def code_of(payload: dict[str, Any]) -> str:
    assert payload["token"] is None
    (error,) = payload["userErrors"]
    return error["code"]


@pytest.mark.rule("SEC-6")
async def test_who_is_linked_signs_in_at_the_provider_and_gets_a_token(
    world: World, issuer: str
) -> None:
    desk = world.users[next(role for role in world.users if role.value == "DESK")]
    await world.do(world.root, users.link, user_id=desk.id, issuer=issuer, subject="mei")
    async with a_federated(world, issuer) as client:
        offered = await client.gql("{ signInProviders { name label issuer } }")
        assert offered.data["signInProviders"] == [
            {"name": "campus", "label": "Campus", "issuer": issuer}
        ]
        begun = await begin(client)
        asked = parse_qs(urlsplit(begun["authorizationUrl"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["state"] == [begun["state"]]
        back = await consent(begun, "mei")
        signed = await finish(client, begun, back)
        assert signed["userErrors"] == []
        viewer = (await client.gql(VIEWER, token=signed["token"])).data["viewer"]
        assert viewer["user"]["id"] == signed["user"]["id"] == gid(desk)
        assert viewer["roles"] == [{"role": "DESK"}]
        # A flow works once.
        assert code_of(await finish(client, begun, back)) == "SIGN_IN_FAILED"
        assert await world.rows(SignInFlow) == []
        (event,) = await world.events("token.issued", actor_id=desk.id)
        assert event.origin


@pytest.mark.rule("SEC-6")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_proves_nothing_lets_nobody_in(world: World, issuer: str) -> None:
    desk = world.users[next(role for role in world.users if role.value == "DESK")]
    await world.do(world.root, users.link, user_id=desk.id, issuer=issuer, subject="mei")
    async with a_federated(world, issuer) as client:
        # Somebody unknown: refused, and no account comes of it.
        count = len(await world.rows(User))
        begun = await begin(client)
        unknown = await finish(client, begun, await consent(begun, "stranger"))
        assert code_of(unknown) == "ACCOUNT_UNKNOWN"
        assert len(await world.rows(User)) == count

        # A code that another began: the verifier of this flow is not its own.
        mine, theirs = await begin(client), await begin(client)
        back = await consent(theirs, "mei")
        stolen = await finish(client, mine, {"state": mine["state"], "code": back["code"]})
        assert code_of(stolen) == "SIGN_IN_FAILED"

        # A person made to come back with another's state: their page has another secret.
        mine, theirs = await begin(client), await begin(client)
        back = await consent(theirs, "mei")
        assert code_of(await finish(client, mine, back)) == "SIGN_IN_FAILED"

        # Somewhere else to be sent back to.
        answer = await client.gql(BEGIN, {"provider": "campus", "back": "https://evil.example"})
        (error,) = answer.data["signInBegin"]["userErrors"]
        assert (error["code"], error["allowed"]) == ("BAD_INPUT", [BACK])

        # A closed account.
        await world.do(world.root, users.disable, user_id=desk.id)
        begun = await begin(client)
        closed = await finish(client, begun, await consent(begun, "mei"))
        assert code_of(closed) == "ACCOUNT_UNKNOWN"
    async with a_federated(world, "http://127.0.0.1:9") as client:
        answer = await client.gql(BEGIN, {"provider": "campus", "back": BACK})
        (error,) = answer.data["signInBegin"]["userErrors"]
        assert error["code"] == "SIGN_IN_FAILED"


@pytest.mark.rule("SEC-6")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_claims_make_accounts_and_roles_where_the_operator_says_so(
    world: World, issuer: str
) -> None:
    roles = {"engineers": ["SUPERVISOR@lake"], "books": ["FINANCE@*"], "far": ["DESK@nowhere"]}
    given = {"provision": True, "role_claim": "groups", "roles": roles}

    async def sign_in(client: Client, groups: list[str]) -> dict[str, Any]:
        async with httpx.AsyncClient() as http:
            claims = {"groups": groups, "name": "陈工", "locale": "en-GB"}
            await http.put(f"{issuer}/users/chen", json=claims)
        begun = await begin(client)
        return await finish(client, begun, await consent(begun, "chen"))

    async def held(user: User) -> set[tuple[str, int | None]]:
        grants = await world.rows(RoleGrant, RoleGrant.user_id == user.id)
        return {(grant.role.value, grant.site_id) for grant in grants}

    async with a_federated(world, issuer, **given) as client:
        assert code_of(await sign_in(client, ["guests", "far"])) == "ACCOUNT_UNKNOWN"
        first = await sign_in(client, ["engineers"])
        assert first["user"]["name"] == "陈工"
        (identity,) = await world.rows(Identity)
        (user,) = await world.rows(User, User.id == identity.user_id)
        assert (user.username, user.language, user.password_hash) == ("campus:chen", "en", None)
        assert await held(user) == {("SUPERVISOR", world.site.id)}
        # The provider's word at each sign-in is all that counts.
        second = await sign_in(client, ["books"])
        assert second["user"] == first["user"]
        assert await held(user) == {("FINANCE", None)}
        viewer = (await client.gql(VIEWER, token=first["token"])).data["viewer"]
        assert viewer["roles"] == [{"role": "FINANCE"}]
        assert await sign_in(client, [])
        assert await held(user) == set()
