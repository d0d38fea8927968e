"""Other ways in than a name and a password (单点登录), and keeping what one got: rotate, revoke."""

from datetime import datetime
from typing import Annotated

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns.accounts import User
from dispatch.api.nouns.base import Node, OfRow, column, shown
from dispatch.api.nouns.writes import needed
from dispatch.api.user_errors import Payload, mutation, payload
from dispatch.domain.errors import Code, refuse
from dispatch.services import federation, tokens, users
from dispatch.store import users as store


@strawberry.type(description="Where one may sign in besides the service's own accounts (登录方式).")
class SignInProvider:
    name: str = column("Short name, for `signInBegin` (名称).")
    label: str = column("What people call it (显示名称).")
    issuer: str = column("Its OpenID Connect issuer (签发方).")


@strawberry.input(description="Where to sign in (登录方式).")
class SignInBeginInput:
    provider: str = needed("Which, by its name in `signInProviders` (登录方式).")
    redirect_uri: str = needed(
        "Where the provider sends the person back to; one that the operator has listed (回调地址)."
    )


@payload(Code.SIGN_IN_FAILED, description="A sign-in that goes on at the provider (登录跳转).")
class SignInBeginPayload(Payload):
    authorization_url: str | None = strawberry.field(
        default=None, description="Send the person there (授权地址)."
    )
    state: str | None = strawberry.field(
        default=None, description="Comes back with the person; compare it (状态)."
    )
    secret: str | None = strawberry.field(
        default=None, description="Keep it where the person's page alone can read it (凭据)."
    )


@strawberry.input(description="What the provider sent the person back with (登录回调).")
class SignInFinishInput:
    state: str = needed("The `state` that came back (状态).")
    secret: str = needed("The `secret` of `signInBegin` (凭据).")
    code: str = needed("The `code` that came back (授权码).")
    label: str = strawberry.field(
        default="", description="What the token is for, e.g. the device (用途)."
    )


@payload(Code.SIGN_IN_FAILED, Code.ACCOUNT_UNKNOWN, description="A fresh sign-in (登录结果).")
class SignInFinishPayload(Payload):
    token: str | None = strawberry.field(
        default=None,
        description="Send it as `Authorization: Bearer …`; shown this once (令牌).",
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when the token works (有效期至)."
    )
    user: User | None = strawberry.field(default=None, description="Who signed in (账号).")


@payload(description="What came of `tokenRotate` (结果).")
class TokenRotatePayload(Payload):
    token: str | None = strawberry.field(
        default=None, description="The new one; the old one has ended (新令牌)."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when it works (有效期至)."
    )


@strawberry.type(description="A token that was given; never the token itself (令牌记录).")
class Token(OfRow, Node):
    row = store.Token

    label: str = column("What it is for (用途).")
    origin: str | None = column("From which address its owner signed in (登录地址).")
    created_at: datetime = column("When it was given (签发时间).")
    expires_at: datetime = column("Until when it works (有效期至).")
    revoked_at: datetime | None = column("When it was ended (撤销时间); null: it was not.")


@strawberry.input(description="Which token (令牌).")
class TokenRevokeInput:
    token_id: strawberry.ID = needed("Which (令牌).", node="Token")


@payload(description="What came of `tokenRevoke` (结果).")
class TokenRevokePayload(Payload):
    token: Token | None = strawberry.field(default=None, description="The token as it is now.")


@strawberry.input(description="A new password (修改密码).")
class PasswordChangeInput:
    current_password: str = needed("The one in force (当前密码).")
    password: str = needed("The new one, 8–200 characters (新密码).")


@payload(Code.WRONG_CREDENTIALS, description="What came of `passwordChange` (结果).")
class PasswordChangePayload(Payload):
    user: User | None = strawberry.field(default=None, description="Whose (账号).")


@strawberry.type
class SignInQueries:
    @strawberry.field(description="Where one may sign in; open to everybody (登录方式).")
    def sign_in_providers(root: None, info: Info) -> list[SignInProvider]:
        return [
            SignInProvider(name=each.name, label=each.label or each.name, issuer=each.issuer)
            for each in info.context.backing.gate.providers.all
        ]


@strawberry.type
class SignInMutations:
    @mutation(
        SignInBeginPayload,
        description="Begins a sign-in at a provider: authorization code with PKCE (单点登录).",
    )
    async def sign_in_begin(
        root: None,
        info: Info,
        input: Annotated[SignInBeginInput, strawberry.argument(description="Where (登录方式).")],
    ) -> SignInBeginPayload:
        gate = info.context.backing.gate
        begun = await federation.begin(
            info.context.services,
            gate.providers,
            provider=input.provider,
            redirect_uri=input.redirect_uri,
            origin=info.context.origin,
            limits=gate.limits,
            flow_s=gate.flow_s,
        )
        return SignInBeginPayload(
            authorization_url=begun.address, state=begun.state, secret=begun.secret
        )

    @mutation(
        SignInFinishPayload,
        description="Gives a token for whom the provider names (单点登录完成).",
    )
    async def sign_in_finish(
        root: None,
        info: Info,
        input: Annotated[SignInFinishInput, strawberry.argument(description="What came back.")],
    ) -> SignInFinishPayload:
        gate = info.context.backing.gate
        signed = await federation.finish(
            info.context.services,
            gate.providers,
            state=input.state,
            secret=input.secret,
            code=input.code,
            origin=info.context.origin,
            limits=gate.limits,
            label=input.label,
            days=gate.token_days,
        )
        return SignInFinishPayload(
            token=signed.token, expires_at=signed.expires_at, user=shown(signed.user)
        )

    @mutation(
        TokenRotatePayload,
        description="A fresh token for the one that the request carries, which ends (更换令牌).",
    )
    async def token_rotate(root: None, info: Info) -> TokenRotatePayload:
        context = info.context
        signed = await context.services.perform(
            context.actor,
            tokens.rotate,
            token=context.token or "",
            session_days=context.backing.gate.session_days,
        )
        return TokenRotatePayload(token=signed.token, expires_at=signed.expires_at)

    @mutation(
        TokenRevokePayload,
        description="Ends a token: one's own, or any for administrators of the company (撤销令牌).",
    )
    async def token_revoke(
        root: None,
        info: Info,
        input: Annotated[TokenRevokeInput, strawberry.argument(description="Which (令牌).")],
    ) -> TokenRevokePayload:
        row = await info.context.services.perform(
            info.context.actor,
            tokens.revoke,
            token_id=ids.decode(input.token_id, "Token", field="token_id"),
        )
        return TokenRevokePayload(token=shown(row))

    @mutation(
        PasswordChangePayload,
        description="A new password for one's own account; every token of it ends (修改密码).",
    )
    async def password_change(
        root: None,
        info: Info,
        input: Annotated[PasswordChangeInput, strawberry.argument(description="Which (密码).")],
    ) -> PasswordChangePayload:
        if info.context.actor.user_id is None:
            raise refuse(Code.UNAUTHENTICATED)
        user = await users.change_password(
            info.context.services,
            info.context.actor,
            current_password=input.current_password,
            password=input.password,
            limits=info.context.backing.gate.limits,
        )
        return PasswordChangePayload(user=shown(user))
