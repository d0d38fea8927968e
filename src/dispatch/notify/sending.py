"""Which sender a kind of channel has."""

from collections.abc import Awaitable, Callable, Mapping

from dispatch.domain.messages import ChannelKind
from dispatch.notify import chat, mail, sms, web_hooks, web_push
from dispatch.notify.outgoing import Outgoing
from dispatch.notify.outside import Outside

Send = Callable[[Outgoing], Awaitable[None]]


class Senders:
    """Sends by every kind of channel.

    `private` lets web hooks and pushes reach addresses within the house's own network, and
    without TLS: for tests and closed networks.
    """

    def __init__(self, *, private: bool = False) -> None:
        outside = Outside(private=private)
        self._senders: Mapping[ChannelKind, Send] = {
            ChannelKind.EMAIL: mail.send,
            ChannelKind.SMS_ALIYUN: sms.send_aliyun,
            ChannelKind.SMS_TENCENT: sms.send_tencent,
            ChannelKind.WECOM: chat.send,
            ChannelKind.DINGTALK: chat.send,
            ChannelKind.FEISHU: chat.send,
            ChannelKind.OTHER: chat.send,
            ChannelKind.WEB_HOOK: web_hooks.WebHooks(outside).send,
            ChannelKind.WEB_PUSH: web_push.WebPush(outside).send,
        }

    async def __call__(self, outgoing: Outgoing) -> None:
        """Sends; raises `NotSent`."""
        await self._senders[outgoing.channel](outgoing)
