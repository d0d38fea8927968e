"""Sign-in, tokens, roles."""

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
    return await world.do(
        world.root, accounts.create_user, username="lin", name="林青", password=PASSWORD
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
    nobody = accounts.service_actor(organization_id=0, origin="test")
    signed_in = await world.do(nobody, accounts.sign_in, username="lin", password=PASSWORD)
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
    nobody = accounts.service_actor(organization_id=0, origin="test")
    with pytest.raises(Refused) as error:
        await world.do(nobody, accounts.sign_in, username=username, password=password)
    assert codes(error) == {"password": "WRONG_CREDENTIALS"}
    assert error.value.refusals[0].params == {}


async def test_a_token_ends_by_time_by_sign_out_and_with_its_account(world: World) -> None:
    user = await account(world)
    nobody = accounts.service_actor(organization_id=0, origin="test")

    async def sign_in() -> str:
        signed_in = await world.do(nobody, accounts.sign_in, username="lin", password=PASSWORD)
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
    for fields, expected in (
        ({"username": "lin"}, {"username": "ALREADY_EXISTS"}),
        ({"username": "mei", "password": "1234567"}, {"password": "OUT_OF_RANGE"}),
    ):
        with pytest.raises(Refused) as error:
            await world.do(world.root, accounts.create_user, name="x", **fields)
        assert codes(error) == expected
