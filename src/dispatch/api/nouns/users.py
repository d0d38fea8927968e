"""Accounts of the company (账号管理), for who manages it: find, close, link, take roles away."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.accounts import User
from dispatch.api.nouns.base import Node, OfRow, column
from dispatch.api.nouns.filters import TextFilter, TimeFilter, some, where
from dispatch.api.nouns.lists import listed
from dispatch.api.nouns.writes import Result, needed, optional, write
from dispatch.domain.errors import Code
from dispatch.domain.rights import Role
from dispatch.services import tokens, users, visible
from dispatch.store import users as store
from dispatch.store.identities import Identity as IdentityRow


@strawberry.type(description="Who a provider says somebody is (外部身份).")
class Identity(OfRow, Node):
    row = IdentityRow

    issuer: str = column("The provider's OpenID Connect issuer (签发方).")
    subject: str = column("Who, in its words; never given to another (标识).")
    created_at: datetime = column("When it was linked (关联时间).")


@strawberry.input(description="Which accounts; all fields given must hold (筛选).")
class UserFilter:
    username: TextFilter | None = some("Name to sign in with (用户名).")
    name: TextFilter | None = some("Name of the person (姓名).")
    disabled_at: TimeFilter | None = some("When it was closed (停用时间).")


@strawberry.input(description="Which account (账号).")
class UserDisableInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")


@strawberry.input(description="Which account (账号).")
class UserEnableInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")


@strawberry.input(description="Whose tokens (令牌).")
class TokenRevokeAllInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")


@strawberry.input(description="A role to be taken away (取消授权).")
class RoleRevokeInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")
    role: Role = needed("Which (角色).")
    site_id: strawberry.ID | None = optional(
        "Where (项目); left out: the one held at every site of the company.", node="Site"
    )


@strawberry.input(description="Who at a provider an account belongs to (关联身份).")
class IdentityLinkInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")
    issuer: str = needed("The provider's issuer (签发方).")
    subject: str = needed("The `sub` of its tokens (标识).")


@strawberry.input(description="Who at a provider no longer signs in (取消关联).")
class IdentityUnlinkInput:
    user_id: strawberry.ID = needed("Whose (账号).", node="User")
    issuer: str = needed("The provider's issuer (签发方).")
    subject: str = needed("The `sub` of its tokens (标识).")


_USER = Result("user", User, "The account as it is now (账号).")
_IDENTITY = Result("identity", Identity, "The identity linked (外部身份).")


@strawberry.type
class UserQueries:
    @strawberry.field(
        graphql_type=Connection[User],
        description="Accounts of the company, by name to sign in with; others than its "
        "administrators see their own alone (账号列表).",
    )
    async def users(
        root: None,
        info: Info,
        filter: Annotated[
            UserFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            store.User,
            seen=visible.users,
            conditions=[where(filter, store.User)],
            order=[Order(store.User.username)],
            page=Page.of(first=first, after=after, last=last, before=before),
        )


@strawberry.type
class UserMutations:
    user_disable = write(
        users.disable,
        UserDisableInput,
        _USER,
        description="Closes an account; whoever holds it is out at once (停用账号).",
    )
    user_enable = write(
        users.enable, UserEnableInput, _USER, description="Opens a closed account again (启用账号)."
    )
    token_revoke_all = write(
        tokens.revoke_all,
        TokenRevokeAllInput,
        _USER,
        description="Ends every token of an account: one's own, or any for administrators of the "
        "company (全部退出).",
    )
    role_revoke = write(
        users.revoke_role,
        RoleRevokeInput,
        _USER,
        description="Takes a role away, at once (取消授权).",
    )
    identity_link = write(
        users.link,
        IdentityLinkInput,
        _IDENTITY,
        Code.ALREADY_EXISTS,
        description="Lets who a provider knows sign in to an account (关联身份).",
    )
    identity_unlink = write(
        users.unlink,
        IdentityUnlinkInput,
        _USER,
        description="Ends that, and every token of the account (取消关联).",
    )
