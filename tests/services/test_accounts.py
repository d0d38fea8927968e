"""Sign-in, tokens, roles."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from dispatch.domain.errors import Refused
from dispatch.domain.rights import Grant, Role
from dispatch.services import accounts
from dispatch.store.users import RoleGrant, Token, User
from tests.factories import World
from tests.services.test_tickets import codes

PASSWORD = "correct horse battery"


async def account(world: World) -> User:
    password = await accounts.hashed(world.root, password=PASSWORD)
    return await world.do(
        world.root, accounts.create_user, username="lin", name="林青", password=password
    )


async def test_a_name_and_a_password_give_a_token_that_stands_for_the_account(
    world: World,
) -> None:
    user = await account(world)
    await world.do(
        world.root,
        accounts.grant_role,
        user_id=user.id,
        role=Role.DISPATCHER,
        site_id=world.site.id,
    )
    signed_in = await accounts.sign_in(world.services, username="lin", password=PASSWORD)
    actor = await accounts.authenticate(world.services, token=signed_in.token, origin="1.2.3.4")
    assert (actor.user_id, actor.name, actor.origin) == (user.id, "林青", "1.2.3.4")
    assert actor.grants == {Grant(Role.DISPATCHER, world.site.id)}
    # Neither token nor password is kept as it is.
    async with world.services.store.reading() as session:
        kept = (await session.execute(select(Token.digest))).scalar_one()
        digest = (
            await session.execute(select(User.password_hash).where(User.id == user.id))
        ).scalar_one()
    assert signed_in.token not in kept
    assert digest is not None
    assert digest.startswith("$argon2")


@pytest.mark.parametrize(
    ("username", "password"), [("lin", "wrong password"), ("nobody", PASSWORD)]
)
async def test_wrong_credentials_do_not_tell_what_was_wrong(
    world: World, username: str, password: str
) -> None:
    await account(world)
    with pytest.raises(Refused) as error:
        await accounts.sign_in(world.services, username=username, password=password)
    assert codes(error) == {"password": "WRONG_CREDENTIALS"}
    assert error.value.refusals[0].params == {}


async def test_a_token_ends_by_time_by_sign_out_and_with_its_account(world: World) -> None:
    user = await account(world)

    async def sign_in() -> str:
        signed_in = await accounts.sign_in(world.services, username="lin", password=PASSWORD)
        return signed_in.token

    async def refused(token: str) -> bool:
        try:
            await accounts.authenticate(world.services, token=token)
        except Refused as error:
            return error.refusals[0].code.value == "UNAUTHENTICATED"
        return False

    old = await sign_in()
    world.clock.forward(days=30)
    assert await refused(old)
    fresh, other = await sign_in(), await sign_in()
    actor = await accounts.authenticate(world.services, token=fresh)
    await world.do(actor, accounts.sign_out, token=fresh)
    assert await refused(fresh)
    assert not await refused(other)
    async with world.services.store.writing() as session:
        row = await session.get_one(User, user.id)
        row.disabled_at = world.clock.now
    assert await refused(other)
    assert await refused("no-such-token")


@pytest.mark.rule("SEC-1")
async def test_rights_are_given_by_who_manages_the_site(world: World) -> None:
    user = await account(world)
    administrator = world.actors[Role.ADMINISTRATOR]
    grant = {"user_id": user.id, "role": Role.DESK}
    with pytest.raises(Refused) as error:
        await world.do(world.dispatcher, accounts.grant_role, **grant, site_id=world.site.id)
    assert codes(error) == {"": "FORBIDDEN"}
    with pytest.raises(Refused) as error:
        await world.do(administrator, accounts.grant_role, **grant, site_id=None)
    assert codes(error) == {"": "FORBIDDEN"}
    for _ in range(2):
        await world.do(administrator, accounts.grant_role, **grant, site_id=world.site.id)
    assert len(await world.rows(RoleGrant, RoleGrant.user_id == user.id)) == 1


async def test_a_short_password_and_a_taken_name_are_refused(world: World) -> None:
    await account(world)
    with pytest.raises(Refused) as error:
        await world.do(world.root, accounts.create_user, name="x", username="lin")
    assert codes(error) == {"username": "ALREADY_EXISTS"}
    with pytest.raises(Refused) as error:
        await accounts.hashed(world.root, password="1234567")
    assert codes(error) == {"password": "OUT_OF_RANGE"}
    with pytest.raises(Refused) as error:
        await accounts.hashed(world.dispatcher, password="a password long enough")
    assert codes(error) == {"": "FORBIDDEN"}


async def test_others_write_while_a_password_is_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await account(world)
    loop, fits = asyncio.get_running_loop(), accounts._fits

    def slowly(password: str, digest: str | None) -> bool:
        asyncio.run_coroutine_threadsafe(world.ticket(), loop).result(timeout=10)
        return fits(password, digest)

    monkeypatch.setattr(accounts, "_fits", slowly)
    assert (await accounts.sign_in(world.services, username="lin", password=PASSWORD)).token


async def test_an_account_that_ends_while_its_password_is_tried_is_not_let_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await account(world)
    loop, fits = asyncio.get_running_loop(), accounts._fits

    async def disable() -> None:
        async with world.services.store.writing() as session:
            (await session.get_one(User, user.id)).disabled_at = world.clock.now

    def slowly(password: str, digest: str | None) -> bool:
        asyncio.run_coroutine_threadsafe(disable(), loop).result(timeout=10)
        return fits(password, digest)

    monkeypatch.setattr(accounts, "_fits", slowly)
    with pytest.raises(Refused) as error:
        await accounts.sign_in(world.services, username="lin", password=PASSWORD)
    assert codes(error) == {"password": "WRONG_CREDENTIALS"}
    assert await world.rows(Token) == []


@pytest.mark.rule("SEC-4")
async def test_a_token_given_is_on_record_and_what_opens_doors_is_not(world: World) -> None:
    user = await account(world)
    signed = await accounts.sign_in(
        world.services, username="lin", password=PASSWORD, origin="1.2.3.4"
    )
    (event,) = await world.events("token.issued")
    assert (event.actor_id, event.origin) == (user.id, "1.2.3.4")
    assert event.after["user_id"] == user.id
    (made,) = await world.events("user.created", subject_id=user.id)
    told = str([event.after, event.data, made.after, made.data])
    assert signed.token not in told
    assert "digest" not in told
    assert "argon2" not in told


async def test_a_key_remembers_nothing_of_a_password(world: World) -> None:
    given: dict[str, Any] = {"username": "mei", "name": "梅"}
    root = world.root
    made = [
        await world.services.perform_once(
            root,
            "once",
            accounts.create_user,
            **given,
            password=await accounts.hashed(root, password=PASSWORD),
        )
        for _ in range(2)
    ]
    assert made[0].id == made[1].id
