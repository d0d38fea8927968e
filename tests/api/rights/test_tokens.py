"""Tokens after they were given, and how often one may try to get one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from limits import parse

from dispatch.domain.errors import Refused
from dispatch.domain.rights import Role
from dispatch.services import accounts
from dispatch.store.attempts import Attempt
from dispatch.store.users import Token, User
from tests.api.client import Client, a_client, gid
from tests.factories import World

VIEWER = "{ viewer { username } }"
ROTATE = "mutation { tokenRotate { token expiresAt userErrors { code } } }"
SIGN_IN = """
mutation($name: String!, $password: String!) {
  signIn(input: {username: $name, password: $password}) { token userErrors { code } }
}
"""
PASSWORD = "correct horse battery"


def by_id(mutation: str, name: str) -> str:
    return (
        f"mutation($id: ID!) {{ {mutation}(input: {{{name}: $id}}) {{ userErrors {{ code }} }} }}"
    )


async def account(world: World, username: str = "lin") -> User:
    password = await accounts.hashed(world.root, password=PASSWORD)
    return await world.do(
        world.root, accounts.create_user, username=username, name="林", password=password
    )


async def works(client: Client, token: str) -> bool:
    answer = await client.gql(VIEWER, token=token)
    if "errors" not in answer.body:
        return True
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    return False


@pytest.mark.rule("SEC-6")
async def test_a_token_is_rotated_and_the_old_one_ends(client: Client) -> None:
    world = client.world
    old = await client.token(world.desk)
    fresh = (await client.gql(ROTATE, token=old)).data["tokenRotate"]
    assert not await works(client, old)
    assert await works(client, fresh["token"])
    assert (await client.gql(ROTATE, token=old)).code == "UNAUTHENTICATED"


@pytest.mark.rule("SEC-6")
async def test_rotating_does_not_put_the_next_sign_in_off_for_ever(world: World) -> None:
    user = await account(world)
    world.clock.now -= timedelta(days=25)
    signed = await accounts.sign_in(world.services, username="lin", password=PASSWORD, days=30)
    world.clock.now += timedelta(days=25)
    async with a_client(world, session_days=40) as client:
        fresh = (await client.gql(ROTATE, token=signed.token)).data["tokenRotate"]
        (row,) = await world.rows(Token, Token.user_id == user.id, Token.revoked_at.is_(None))
        assert row.signed_in_at == signed.expires_at - timedelta(days=30)
        assert row.expires_at == row.signed_in_at + timedelta(days=40)
        assert fresh["expiresAt"]


@pytest.mark.rule("SEC-6")
async def test_one_token_or_all_are_revoked_by_owner_and_administrator(client: Client) -> None:
    world = client.world
    everywhere = await world.do(
        world.root,
        accounts.grant_role,
        user_id=world.users[Role.ADMINISTRATOR].id,
        role=Role.ADMINISTRATOR,
        site_id=None,
    )
    assert everywhere.site_id is None
    boss = await client.token(world.actors[Role.ADMINISTRATOR])
    user, actor = await world.user(Role.DESK)
    one, two, three = [await client.token(actor) for _ in range(3)]
    listed = "{ viewer { user { tokens { id label } } } }"
    mine = (await client.gql(listed, token=one)).data["viewer"]["user"]["tokens"]
    assert len(mine) == 3

    stranger = await client.token(world.actors[Role.SUPERVISOR])
    revoke = by_id("tokenRevoke", "tokenId")
    answer = await client.gql(revoke, {"id": mine[0]["id"]}, token=stranger)
    assert answer.data["tokenRevoke"]["userErrors"] == [{"code": "NOT_FOUND"}]
    assert await works(client, three)
    await client.gql(revoke, {"id": mine[0]["id"]}, token=one)
    assert [await works(client, each) for each in (one, two, three)] == [True, True, False]

    every = by_id("tokenRevokeAll", "userId")
    answer = await client.gql(every, {"id": gid(user)}, token=stranger)
    assert answer.data["tokenRevokeAll"]["userErrors"] == [{"code": "NOT_FOUND"}]
    answer = await client.gql(every, {"id": gid(user)}, token=boss)
    assert answer.data["tokenRevokeAll"]["userErrors"] == []
    assert [await works(client, each) for each in (one, two)] == [False, False]

    again = await client.token(actor)
    answer = await client.gql(by_id("userDisable", "userId"), {"id": gid(user)}, token=boss)
    assert answer.data["userDisable"]["userErrors"] == []
    assert not await works(client, again)
    kinds = {event.kind for event in await world.events(subject="user_account")}
    assert "user.disabled" in kinds


@pytest.mark.rule("SEC-6")
async def test_a_new_password_ends_what_the_old_one_gave(client: Client) -> None:
    await account(client.world)
    change = """
    mutation($old: String!, $new: String!) {
      passwordChange(input: {currentPassword: $old, password: $new}) { userErrors { code } }
    }
    """
    signed = await client.gql(SIGN_IN, {"name": "lin", "password": PASSWORD})
    token = signed.data["signIn"]["token"]
    wrong = await client.gql(change, {"old": "a guess", "new": "a long new one"}, token=token)
    assert wrong.data["passwordChange"]["userErrors"] == [{"code": "WRONG_CREDENTIALS"}]
    assert await works(client, token)
    right = await client.gql(change, {"old": PASSWORD, "new": "a long new one"}, token=token)
    assert right.data["passwordChange"]["userErrors"] == []
    assert not await works(client, token)
    signed = await client.gql(SIGN_IN, {"name": "lin", "password": "a long new one"})
    assert signed.data["signIn"]["token"]


async def guess(client: Client, name: str, password: str = "a guess") -> Any:
    return await client.gql(SIGN_IN, {"name": name, "password": password})


@pytest.mark.rule("SEC-6")
async def test_who_guesses_waits_alike_for_names_that_exist_or_not(world: World) -> None:
    await account(world)
    rates = {"sign_in_per_account_and_address": "3/10 minute"}
    async with a_client(world, **rates) as client, a_client(world, **rates) as other_process:
        answers = {}
        for name in ("lin", "nobody"):
            told = []
            for number in range(5):
                # Processes share the count.
                answer = await guess((client, other_process)[number % 2], name)
                told.append(answer.status if "errors" in answer.body else answer.data["signIn"])
            answers[name] = told
        assert answers["lin"] == answers["nobody"]
        wrong = {"token": None, "userErrors": [{"code": "WRONG_CREDENTIALS"}]}
        assert answers["lin"] == [wrong, wrong, wrong, 429, 429]
        # The right password does not help who guessed: nobody learns that it is right.
        refused = await guess(client, "lin", PASSWORD)
        assert refused.code == "RATE_LIMITED"
        wait = refused.error["extensions"]["retryAfter"]
        assert 0 < wait <= 600
        assert refused.headers["retry-after"] == str(wait)
        # What was typed is kept nowhere.
        kept = [each.key for each in await world.rows(Attempt)]
        assert kept
        assert not any("lin" in key for key in kept)


@pytest.mark.rule("SEC-6")
async def test_nobody_locks_another_out(world: World) -> None:
    """A storm on an account from everywhere leaves its owner's own address free."""
    await account(world)
    limits = accounts.SignInLimits(account=parse("4/15 minute"), pair=parse("2/15 minute"))

    async def sign_in(origin: str, password: str) -> str:
        try:
            await accounts.sign_in(
                world.services, username="lin", password=password, origin=origin, limits=limits
            )
        except Refused as refused:
            return refused.refusals[0].code.value
        return "in"

    assert await sign_in("home", PASSWORD) == "in"
    storm = [await sign_in(f"bot-{number}", "guess") for number in range(6)]
    assert storm == ["WRONG_CREDENTIALS"] * 4 + ["RATE_LIMITED"] * 2
    assert await sign_in("bot-9", PASSWORD) == "RATE_LIMITED"
    assert await sign_in("home", PASSWORD) == "in"
    world.clock.forward(minutes=16)
    assert await sign_in("bot-9", PASSWORD) == "in"
    # What went well is not counted.
    for _ in range(5):
        assert await sign_in("home", PASSWORD) == "in"
