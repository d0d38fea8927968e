"""Setting channels up, sending again, reading one's messages."""

from typing import Optional

import strawberry

from dispatch.api.nouns.accounts import User
from dispatch.api.nouns.messages import MessageChannel, SentMessage
from dispatch.api.nouns.writes import Result, key_field, needed, optional, version_field, write
from dispatch.domain.errors import Code
from dispatch.domain.messages import ChannelKind
from dispatch.domain.rights import Role
from dispatch.services import channels, inbox, push
from dispatch.store.messages import MessageChannel as ChannelRow

_CHANNEL = Result("channel", Optional[MessageChannel], "The channel (渠道).", ChannelRow.id)
_SENT = Result("message", Optional[SentMessage], "The message (通知).")
_USER = Result("user", Optional[User], "The reader's account (账号).")


@strawberry.input(description="One setting of a channel (渠道参数).")
class ChannelSetting:
    name: str = needed("Its name: `host`, `sender`, `key`, `token`, `url` … (参数名).")
    value: str = needed("Its value; never shown again (参数值).")

    def argument(self) -> tuple[str, str]:
        return self.name, self.value


@strawberry.input(description="Sets a channel up (新建通知渠道).")
class MessageChannelCreateInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    name: str = needed("What people call it (名称).")
    kind: ChannelKind = needed("By what it sends (渠道类型).")
    config: list[ChannelSetting] = needed(
        "What the kind needs. EMAIL: host, sender, and port, user, password, security "
        "(tls, starttls, none). WECOM: key. DINGTALK: token, and secret. FEISHU: token. WEB_HOOK: "
        "url. WEB_PUSH: contact, a mailto: or https: address for push services. OTHER: url as "
        "apprise writes it. SMS_ALIYUN: access_key_id, access_key_secret, sign_name, "
        "template_code. SMS_TENCENT: secret_id, secret_key, app_id, sign_name, template_id (参数)."
    )
    kinds: list[str] | None = optional("The messages that take it (通知类型); default: all.")
    roles: list[Role] | None = optional("The readers reached by it (接收角色); default: all.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Changes a channel (修改通知渠道).")
class MessageChannelUpdateInput:
    channel_id: strawberry.ID = needed("Which (渠道).", node="MessageChannel")
    version: int | None = version_field()
    config: list[ChannelSetting] | None = optional("All its settings anew (参数).")
    kinds: list[str] | None = optional("The messages that take it; empty: all (通知类型).")
    roles: list[Role] | None = optional("The readers reached by it; empty: all (接收角色).")
    is_active: bool | None = optional("Whether it is in use (启用).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Gives a web hook a new secret (更换密钥).")
class MessageChannelRotateSecretInput:
    channel_id: strawberry.ID = needed("Which (渠道).", node="MessageChannel")
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Sends a message once more (重新发送).")
class MessageSendAgainInput:
    message_id: strawberry.ID = needed("Which (通知).", node="SentMessage")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Notes that messages were read (标记已读).")
class MessagesMarkReadInput:
    message_ids: list[strawberry.ID] | None = optional(
        "Which (消息); default: all of the reader's.", node="Message"
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="Sets where one's own mail goes (设置邮箱).")
class ViewerSetEmailInput:
    email: str = needed("The address (邮箱).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Asks to be told on this browser (订阅浏览器推送).")
class ViewerPushSubscribeInput:
    endpoint: str = needed("Where its pushes go: `endpoint` of the subscription (推送地址).")
    p256dh: str = needed("Its public key: `getKey('p256dh')`, base64url (公钥).")
    auth: str = needed("Its secret: `getKey('auth')`, base64url (认证密钥).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Asks not to be told on this browser any more (取消浏览器推送).")
class ViewerPushUnsubscribeInput:
    endpoint: str = needed("Where its pushes go (推送地址).")
    idempotency_key: str | None = key_field()


@strawberry.type
class MessageMutations:
    message_channel_create = write(
        channels.create,
        MessageChannelCreateInput,
        _CHANNEL,
        Code.ALREADY_EXISTS,
        description="Sets up a way out of the house: which messages go to whom by what. A web "
        "hook's secret is asked for with `webHookSecret` (新建通知渠道).",
    )
    message_channel_update = write(
        channels.update,
        MessageChannelUpdateInput,
        _CHANNEL,
        description="Changes a channel's settings, messages or readers, or switches it off "
        "(修改通知渠道).",
    )
    message_channel_rotate_secret = write(
        channels.rotate_secret,
        MessageChannelRotateSecretInput,
        _CHANNEL,
        description="Gives a web hook a new secret; for a while it signs with both (更换密钥).",
    )
    message_send_again = write(
        channels.send_again,
        MessageSendAgainInput,
        _SENT,
        Code.WRONG_STEP,
        description="Tries a dead message anew, or sends a sent one again under the same id "
        "(重新发送).",
    )
    messages_mark_read = write(
        inbox.mark_read,
        MessagesMarkReadInput,
        _USER,
        description="Notes that messages of the reader's inbox were read (标记已读).",
    )
    viewer_set_email = write(
        channels.set_email,
        ViewerSetEmailInput,
        _USER,
        description="Sets the address to which the reader's messages go by mail (设置邮箱).",
    )
    viewer_push_subscribe = write(
        push.subscribe,
        ViewerPushSubscribeInput,
        _USER,
        description="Tells the reader on this browser, too: by what each site sends there. The "
        "browser subscribes with `viewer.pushKey` first (订阅浏览器推送).",
    )
    viewer_push_unsubscribe = write(
        push.unsubscribe,
        ViewerPushUnsubscribeInput,
        _USER,
        description="Tells the reader on this browser no more (取消浏览器推送).",
    )
