"""Accounts (账号): signing in and out, users, roles, tokens."""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, lazily, related, related_list, shown
from dispatch.api.nouns.parties import Party
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.writes import (
    Result,
    arguments_of,
    filled,
    key_field,
    mutation_field,
    needed,
    optional,
    payload_type,
    perform,
    write,
)
from dispatch.api.user_errors import Payload, mutation, payload
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Role
from dispatch.services import accounts
from dispatch.store import users as store

_TOKEN_DAYS_MOST = 366


@strawberry.type(description="An account (账号).")
class User(OfRow, Node):
    row = store.User

    username: str = column("Name to sign in with (用户名).")
    name: str = column("Name of the person (姓名).")
    language: str = column("Language of messages: `zh-CN` or `en` (语言).")
    disabled_at: datetime | None = column("When it was closed (停用时间); null: it is open.")
    version: int = column("Counts up with each change (版本).")
    roles = related_list(batches.role_grants, lazily("RoleGrant", "accounts"), "Its roles (授权).")
    identities = related_list(
        batches.identities, lazily("Identity", "users"), "Who it is at providers (外部身份)."
    )
    tokens = related_list(
        batches.tokens, lazily("Token", "sign_in"), "Tokens given for it, newest first (令牌)."
    )
    technician = related(
        batches.technicians,
        Optional[Technician],
        "The technician whose account it is (维修人员); or null.",
        key="technician_id",
    )
    party = related(
        batches.parties, Optional[Party], "The customer whose account it is (客户).", key="party_id"
    )


@strawberry.type(description="A role of an account at a site, or at all of the company's (授权).")
class RoleGrant(OfRow, Node):
    row = store.RoleGrant

    role: Role = column("The role (角色).")
    site = related(batches.sites, Site | None, "Where (项目); null: at every site.", key="site_id")


@strawberry.input(description="Name and password (登录信息).")
class SignInInput:
    username: str = needed("Name to sign in with (用户名).")
    password: str = needed("Password (密码).")
    label: str = strawberry.field(
        default="", description="What the token is for, e.g. the device (用途)."
    )


@payload(Code.WRONG_CREDENTIALS, description="A fresh sign-in (登录结果).")
class SignInPayload(Payload):
    token: str | None = strawberry.field(
        default=None,
        description="Send it as `Authorization: Bearer …`; shown this once (令牌).",
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when the token works (有效期至)."
    )
    user: User | None = strawberry.field(default=None, description="Who signed in (账号).")


@payload(description="What came of `signOut` (结果).")
class SignOutPayload(Payload):
    signed_out_at: datetime | None = strawberry.field(
        default=None, description="Since when the token no longer works (退出时间)."
    )


@strawberry.input(description="A token for an account, e.g. of a board or an outer system (令牌).")
class TokenIssueInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")
    label: str = needed("What it is for (用途).")
    days: int = strawberry.field(default=30, description="How many days it works, 1–366 (天数).")


@payload(description="What came of `tokenIssue` (结果).")
class TokenIssuePayload(Payload):
    token: str | None = strawberry.field(
        default=None, description="Send it as `Authorization: Bearer …`; shown this once (令牌)."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when the token works (有效期至)."
    )


@strawberry.input(description="A new account (新账号).")
class UserCreateInput:
    username: str = needed("Name to sign in with, unique everywhere (用户名).")
    name: str = needed("Name of the person (姓名).")
    password: str | None = optional("8–200 characters (密码); without one: by token alone.")
    technician_id: strawberry.ID | None = optional(
        "The technician whose account it is (维修人员).", node="Technician"
    )
    party_id: strawberry.ID | None = optional("The customer whose account it is.", node="Party")
    language: str | None = optional("Language of messages: `zh-CN` (default) or `en` (语言).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A role for an account (授权).")
class RoleGrantInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")
    role: Role = needed("Which (角色).")
    site_id: strawberry.ID | None = optional(
        "Where (项目); left out: at every site of the company.", node="Site"
    )
    idempotency_key: str | None = key_field()


_USER = Result("user", User, "The new account (账号).", store.User.id)
_GRANT = Result("role_grant", RoleGrant, "The role given (授权).")


_UserCreated = payload_type(UserCreateInput, _USER, Code.ALREADY_EXISTS, creates=True)


async def _create_user(root: None, info: Info, input: UserCreateInput) -> Any:
    arguments = arguments_of(input)
    if "password" in arguments:
        arguments["password"] = await accounts.hashed(
            info.context.actor, password=arguments["password"]
        )
    row = await perform(info, accounts.create_user, **arguments)
    return filled(_UserCreated, _USER, row, creates=True)


@strawberry.type
class AccountMutations:
    @mutation(SignInPayload, description="Gives a token for a name and a password (登录).")
    async def sign_in(
        root: None,
        info: Info,
        input: Annotated[SignInInput, strawberry.argument(description="Who (登录信息).")],
    ) -> SignInPayload:
        context = info.context
        signed = await accounts.sign_in(
            context.services,
            username=input.username,
            password=input.password,
            origin=context.origin,
            label=input.label,
            days=context.backing.gate.token_days,
            limits=context.backing.gate.limits,
        )
        return SignInPayload(
            token=signed.token, expires_at=signed.expires_at, user=shown(signed.user)
        )

    @mutation(SignOutPayload, description="Ends the token that the request carries (退出).")
    async def sign_out(root: None, info: Info) -> SignOutPayload:
        context = info.context
        token = await context.services.perform(
            context.actor, accounts.sign_out, token=context.token or ""
        )
        return SignOutPayload(signed_out_at=token.revoked_at)

    @mutation(
        TokenIssuePayload,
        description="Gives a token for another's account; for administrators of the company "
        "(签发令牌).",
    )
    async def token_issue(
        root: None,
        info: Info,
        input: Annotated[TokenIssueInput, strawberry.argument(description="For whom (账号).")],
    ) -> TokenIssuePayload:
        if not 1 <= input.days <= _TOKEN_DAYS_MOST:
            raise refuse(Code.OUT_OF_RANGE, field="days", least=1, most=_TOKEN_DAYS_MOST)
        signed = await info.context.services.perform(
            info.context.actor,
            accounts.issue_token,
            user_id=ids.decode(input.user_id, "User", field="user_id"),
            label=input.label,
            days=input.days,
        )
        return TokenIssuePayload(token=signed.token, expires_at=signed.expires_at)

    user_create = mutation_field(
        _create_user,
        _UserCreated,
        UserCreateInput,
        description="Makes an account; for administrators of the company (新建账号).",
    )
    role_grant = write(
        accounts.grant_role,
        RoleGrantInput,
        _GRANT,
        description="Gives a role at a site, or at all; for administrators (授权).",
    )
