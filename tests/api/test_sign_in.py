"""Who is asking: sign-in, tokens, and what is open to nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dispatch.services import accounts
from tests.api.client import Client

SIGN_IN = """
mutation($name: String!, $password: String!) {
  signIn(input: {username: $name, password: $password}) {
    token expiresAt user { id username }
    userErrors { __typename code field message remedy allowed }
  }
}
"""
VIEWER = "{ viewer { username } }"


async def _account(client: Client) -> None:
    root = client.world.root
    password = await accounts.hashed(root, password="a long password")
    await client.world.do(root, accounts.create_user, username="li", name="李", password=password)


async def test_sign_in_gives_a_token_that_works(client: Client) -> None:
    await _account(client)
    variables = {"name": "li", "password": "a long password"}
    signed = (await client.gql(SIGN_IN, variables)).data["signIn"]
    assert signed["userErrors"] == []
    assert signed["user"]["username"] == "li"
    assert (await client.gql(VIEWER, token=signed["token"])).data["viewer"]


@pytest.mark.parametrize("name", ["li", "nobody"])
async def test_wrong_password_and_unknown_name_look_alike(client: Client, name: str) -> None:
    await _account(client)
    before = await client.world.counts()
    signed = (await client.gql(SIGN_IN, {"name": name, "password": "guess"})).data["signIn"]
    assert signed["token"] is None
    (error,) = signed["userErrors"]
    assert error == {
        "__typename": "SignInUserError",
        "code": "WRONG_CREDENTIALS",
        "field": ["input", "password"],
        "message": "User name or password is wrong.",
        "remedy": "Check both and try again. If you forgot the password, ask an administrator.",
        "allowed": [],
    }
    # Nothing but the count of tries.
    assert await client.world.counts() == {**before, "attempt": 3}


async def test_a_wrong_token_is_refused_at_once(client: Client) -> None:
    answer = await client.gql("{ __typename }", token="wrong")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_another_scheme_than_bearer_is_refused(client: Client) -> None:
    headers = {"Authorization": "Basic bGk6cGFzc3dvcmQ="}
    response = await client.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_ends_when_it_is_revoked_or_expires(client: Client) -> None:
    world = client.world
    first = await client.token(world.desk)
    await world.do(world.desk, accounts.sign_out, token=first)
    assert (await client.gql(VIEWER, token=first)).code == "UNAUTHENTICATED"
    world.clock.now -= timedelta(days=31)
    second = await client.token(world.desk)
    assert (await client.gql(VIEWER, token=second)).code == "UNAUTHENTICATED"


async def test_without_a_token_only_signing_in_is_open(client: Client) -> None:
    assert (await client.gql("{ __typename }")).data == {"__typename": "Query"}
    assert (await client.gql("{ __schema { queryType { name } } }")).data
    answer = await client.gql(VIEWER)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    hidden = "query { ...A } fragment A on Query { ... on Query { viewer { name } } }"
    assert (await client.gql(hidden)).code == "UNAUTHENTICATED"
    many = " ".join(
        f'a{n}: signIn(input: {{username: "li", password: "{n}"}}) {{ token }}' for n in range(10)
    )
    assert (await client.gql(f"mutation {{ {many} }}")).code == "UNAUTHENTICATED"
