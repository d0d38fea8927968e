"""Accounts: who am I, sign in, sign out."""

from datetime import datetime

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.base import Node, OfRow, column
from dispatch.api.user_errors import Payload, mutation, payload
from dispatch.domain.errors import Code
from dispatch.services import accounts
from dispatch.store.users import User as UserRow


@strawberry.type(description="An account (账号).")
class User(OfRow, Node):
    row = UserRow

    username: str = column("Name to sign in with (用户名).")
    name: str = column("Name of the person (姓名).")
    language: str = column("Language of messages: `zh-CN` or `en` (语言).")


@strawberry.input(description="Name and password (登录信息).")
class SignInInput:
    username: str = strawberry.field(description="Name to sign in with (用户名).")
    password: str = strawberry.field(description="Password (密码).")
    label: str = strawberry.field(
        description="What the token is for, e.g. the device (用途).", default=""
    )


@payload(Code.WRONG_CREDENTIALS, description="A fresh sign-in (登录结果).")
class SignInPayload(Payload):
    token: str | None = strawberry.field(
        description="Send it as `Authorization: Bearer …`; shown this once (令牌).", default=None
    )
    expires_at: datetime | None = strawberry.field(
        description="Until when the token works (有效期至).", default=None
    )
    user: User | None = strawberry.field(description="Who signed in (账号).", default=None)


@strawberry.type
class AccountQueries:
    @strawberry.field(graphql_type=User, description="Who is asking (当前用户).")
    async def viewer(self, info: Info) -> UserRow:
        actor = info.context.actor
        async with info.context.reading() as tx:
            return await tx.session.get_one(UserRow, actor.user_id)


@strawberry.type
class AccountMutations:
    @mutation(SignInPayload, description="Gives a token for a name and a password (登录).")
    async def sign_in(self, info: Info, input: SignInInput) -> SignInPayload:
        signed = await info.context.services.perform(
            accounts.service_actor(organization_id=0, origin=info.context.origin),
            accounts.sign_in,
            username=input.username,
            password=input.password,
            label=input.label,
            days=info.context.backing.token_days,
        )
        return SignInPayload(token=signed.token, expires_at=signed.expires_at, user=signed.user)
