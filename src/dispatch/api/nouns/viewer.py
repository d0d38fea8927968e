"""The viewer: who am I, what may I do, where."""

from typing import Annotated, Optional

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.accounts import User
from dispatch.api.nouns.base import by_id, load
from dispatch.api.nouns.parties import Party
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.domain.rights import RIGHTS, Action, Actor, Grant, Role, Scope
from dispatch.services import inbox, push
from dispatch.store import users as store
from dispatch.store.parties import Party as PartyRow
from dispatch.store.sites import Site as SiteRow
from dispatch.store.technicians import Technician as TechnicianRow

_users = by_id(store.User)


@strawberry.type(description="A right and how far it reaches (权限).")
class ViewerRight:
    action: Action = strawberry.field(description="What (权限).")
    scope: Scope = strawberry.field(description="One's own, the site's, the company's (范围).")


@strawberry.type(description="A role that the reader holds (我的角色).")
class ViewerRole:
    grant: strawberry.Private[Grant]

    @strawberry.field(description="The role (角色).")
    def role(self) -> Role:
        return self.grant.role

    @strawberry.field(
        graphql_type=Optional[Site],
        description="Where (项目); null: at every site of the company.",
    )
    async def site(self, info: Info) -> SiteRow | None:
        site_id = self.grant.site_id
        return None if site_id is None else await load(info, batches.sites, site_id)

    @strawberry.field(description="The rights it carries (权限).")
    def actions(self) -> list[Action]:
        return sorted(RIGHTS[self.grant.role])

    @strawberry.field(description="The rights it carries, and how far each reaches (权限范围).")
    def rights(self) -> list[ViewerRight]:
        held = sorted(RIGHTS[self.grant.role].items())
        return [ViewerRight(action=action, scope=scope) for action, scope in held]


@strawberry.type(description="Who asks (当前用户).")
class Viewer:
    actor: strawberry.Private[Actor]

    @strawberry.field(description="Name (姓名).")
    def name(self) -> str:
        return self.actor.name

    @strawberry.field(description="Language of the answers: `zh-CN` or `en` (语言).")
    def language(self, info: Info) -> str:
        return info.context.language

    @strawberry.field(graphql_type=Optional[User], description="Their account (账号).")
    async def user(self, info: Info) -> store.User | None:
        return await load(info, _users, self.actor.user_id or 0)

    @strawberry.field(description="Name they sign in with (用户名).")
    async def username(self, info: Info) -> str | None:
        user = await load(info, _users, self.actor.user_id or 0)
        return None if user is None else user.username

    @strawberry.field(description="Their roles (角色).")
    def roles(self) -> list[ViewerRole]:
        grants = sorted(self.actor.grants, key=lambda each: (each.site_id or 0, each.role))
        return [ViewerRole(grant=grant) for grant in grants]

    @strawberry.field(
        graphql_type=Optional[Technician],
        description="The technician they are (维修人员); null for others.",
    )
    async def technician(self, info: Info) -> TechnicianRow | None:
        own = self.actor.technician_id
        return None if own is None else await load(info, batches.technicians, own)

    @strawberry.field(
        graphql_type=Optional[Party], description="The customer they are (客户); null for others."
    )
    async def party(self, info: Info) -> PartyRow | None:
        own = self.actor.party_id
        return None if own is None else await load(info, batches.parties, own)

    @strawberry.field(description="Messages in their inbox that wait to be read (未读通知数).")
    async def unread_messages(self, info: Info) -> int:
        async with info.context.reading() as tx:
            return await inbox.unread(tx)

    @strawberry.field(
        description="What a browser subscribes to pushes with, as `applicationServerKey` "
        "(浏览器推送公钥); null: no site of their company sends any."
    )
    async def push_key(self, info: Info) -> str | None:
        async with info.context.reading() as tx:
            return await push.key_for_browsers(tx)

    @strawberry.field(
        description="Whether they may do something at a site (是否有权); false for a site that is "
        "not there."
    )
    async def may(
        self,
        info: Info,
        action: Annotated[Action, strawberry.argument(description="What (权限).")],
        site_id: Annotated[strawberry.ID, strawberry.argument(description="Where (项目).")],
        own: Annotated[
            bool,
            strawberry.argument(description="With what is their own at least (仅限本人事项)."),
        ] = False,
    ) -> bool:
        # Who holds a role everywhere would else be told yes for a site of another company.
        site = await load(info, batches.sites, ids.decode(site_id, "Site", field="site_id"))
        return site is not None and self.actor.may(action, site_id=site.id, own=own)


@strawberry.type
class ViewerQueries:
    @strawberry.field(
        description="Who asks, with their roles (当前用户); refused with UNAUTHENTICATED before "
        "signing in."
    )
    def viewer(root: None, info: Info) -> Viewer:
        return Viewer(actor=info.context.actor)
