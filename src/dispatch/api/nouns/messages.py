"""Messages (通知): one's own inbox, what leaves the house, and how each kind reads."""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry
from graphql import GraphQLResolveInfo

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related
from dispatch.api.nouns.filters import Filter, TextFilter, some, where
from dispatch.api.nouns.lists import OptionalSiteId, SiteId, listed, site_of
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.tickets import Ticket
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.domain.messages import ChannelKind, MessageKind, MessageState
from dispatch.domain.rights import Action, Role
from dispatch.services import channels, visible
from dispatch.store.messages import Message as MessageRow
from dispatch.store.messages import MessageChannel as ChannelRow
from dispatch.texts.messages import message_text, sample_params


async def _text(root: MessageRow, info: Info) -> tuple[str, str]:
    site = await load(info, batches.sites, root.site_id)
    zone = site.time_zone if site is not None else "UTC"
    return message_text(root.kind, info.context.language, root.params, zone=zone)


@strawberry.type(description="Something that one was told (站内消息).")
class Message(OfRow, Node):
    row = MessageRow

    @classmethod
    def is_type_of(cls, value: object, _info: GraphQLResolveInfo) -> bool:
        return isinstance(value, MessageRow) and value.channel_id is None

    kind: str = column("What is told: `OFFER_OPENED`, `ARRIVAL_MOVED` … (通知类型).")
    created_at: datetime = column("When it happened (时间).")
    read_at: datetime | None = column("When it was read (阅读时间); null: not yet.")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    ticket = related(
        batches.tickets, Optional[Ticket], "The ticket it is about (报单).", key="ticket_id"
    )
    work_order = related(
        batches.work_orders,
        Optional[WorkOrder],
        "The order it is about (派工单).",
        key="work_order_id",
    )

    @strawberry.field(description="In one line, in the reader's language (标题).")
    async def subject(root: MessageRow, info: Info) -> str:
        return (await _text(root, info))[0]

    @strawberry.field(description="In full, times in the site's zone (正文).")
    async def body(root: MessageRow, info: Info) -> str:
        return (await _text(root, info))[1]


@strawberry.type(description="A way out of the house that a site set up (通知渠道).")
class MessageChannel(OfRow, Node):
    row = ChannelRow

    name: str = column("What people call it (名称).")
    kind: ChannelKind = column("By what it sends (渠道类型).")
    kinds: list[str] = column("The messages that take it (通知类型); empty: all.")
    is_active: bool = column("Whether it is in use (启用).")
    created_at: datetime = column("When it was set up (创建时间).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")

    @strawberry.field(
        description="The readers who are reached by it (接收角色); empty: all. Technicians and "
        "customers without an account are `TECHNICIAN` and `RESIDENT`."
    )
    def roles(root: ChannelRow) -> list[Role]:
        return [Role(each) for each in root.roles]


@strawberry.type(
    description="A message on its way out of the house, without its words: they are the reader's "
    "(外发通知)."
)
class SentMessage(OfRow, Node):
    row = MessageRow

    @classmethod
    def is_type_of(cls, value: object, _info: GraphQLResolveInfo) -> bool:
        return isinstance(value, MessageRow) and value.channel_id is not None

    kind: str = column("What is told (通知类型).")
    state: MessageState = column("Where it stands (状态).")
    reader: str = column("Who is told: a person, or the channel's group (接收人).")
    created_at: datetime = column("When it happened (时间).")
    next_try_at: datetime | None = column("When it is tried next (下次发送).")
    tries: int = column("Tries so far (发送次数).")
    last_error: str | None = column("Why the last try failed (失败原因).")
    sent_at: datetime | None = column("When the channel took it (发送时间).")
    channel = related(batches.channels, MessageChannel | None, "By what (渠道).", key="channel_id")
    ticket = related(
        batches.tickets, Optional[Ticket], "The ticket it is about (报单).", key="ticket_id"
    )


@strawberry.type(description="How a message reads, with made-up particulars (通知预览).")
class MessagePreview:
    kind: str = column("Which message (通知类型).")
    subject: str = column("In one line (标题).")
    body: str = column("In full (正文).")


@strawberry.input(description="Which messages on their way; all fields given must hold (筛选).")
class SentMessageFilter:
    state: Filter[MessageState] | None = some("Where it stands (状态).")
    kind: TextFilter | None = some("What is told (通知类型).")


@strawberry.type
class MessageQueries:
    @strawberry.field(
        graphql_type=Connection[Message],
        description="What the reader was told, newest first (我的消息).",
    )
    async def my_messages(
        root: None,
        info: Info,
        unread: Annotated[
            bool, strawberry.argument(description="Only what was not read yet (仅未读).")
        ] = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            MessageRow,
            seen=visible.inbox,
            conditions=[MessageRow.read_at.is_(None)] if unread else [],
            order=[Order(MessageRow.created_at, descending=True)],
            page=Page.of(first=first, after=after, last=last, before=before),
        )

    @strawberry.field(
        graphql_type=Connection[SentMessage],
        description="What leaves the sites that the reader sets up, newest first; dead ones are "
        "`state: { eq: DEAD }` (外发通知列表).",
    )
    async def outbox(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            SentMessageFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            MessageRow,
            seen=visible.outbox,
            conditions=[where(filter, MessageRow)],
            order=[Order(MessageRow.created_at, descending=True)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

    @strawberry.field(
        graphql_type=Connection[MessageChannel],
        description="The channels of the sites that the reader sets up (通知渠道列表).",
    )
    async def message_channels(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            ChannelRow,
            seen=visible.channels,
            order=[Order(ChannelRow.name)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

    @strawberry.field(
        description="How every message reads in the reader's language, with made-up particulars; "
        "for who sets the site up (通知预览)."
    )
    async def message_previews(root: None, info: Info, site_id: SiteId) -> list[MessagePreview]:
        row_id = await site_of(info, site_id, Action.SET_POLICY)
        site = await load(info, batches.sites, row_id)
        zone = site.time_zone if site is not None else "UTC"
        language = info.context.language
        previews = []
        for kind in MessageKind:
            params = sample_params(kind.value, language)
            subject, body = message_text(kind.value, language, params, zone=zone)
            previews.append(MessagePreview(kind=kind.value, subject=subject, body=body))
        return previews

    @strawberry.field(
        description="What a web hook signs with, for setting its receiver up; empty for other "
        "kinds (回调密钥)."
    )
    async def web_hook_secret(
        root: None,
        info: Info,
        channel_id: Annotated[strawberry.ID, strawberry.argument(description="Which (渠道).")],
    ) -> str:
        row_id = ids.decode(channel_id, "MessageChannel", field="channel_id")
        async with info.context.reading() as tx:
            return await channels.web_hook_secret(tx, channel_id=row_id)
