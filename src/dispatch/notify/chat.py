"""Group bots of WeCom, DingTalk and Feishu, and every other service that apprise knows."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from dispatch.domain.messages import ChannelKind
from dispatch.notify.outgoing import NotSent, Outgoing


def _part(value: Any) -> str:
    return quote(str(value), safe="")


_ADDRESSES: Mapping[ChannelKind, Callable[[Mapping[str, Any]], str]] = {
    ChannelKind.WECOM: lambda config: f"wecombot://{_part(config['key'])}/",
    ChannelKind.DINGTALK: lambda config: (
        f"dingtalk://{_part(config['secret'])}@{_part(config['token'])}/"
        if config.get("secret")
        else f"dingtalk://{_part(config['token'])}/"
    ),
    ChannelKind.FEISHU: lambda config: f"feishu://{_part(config['token'])}/",
    ChannelKind.OTHER: lambda config: str(config["url"]),
}


async def send(outgoing: Outgoing) -> None:
    """One message into the channel's group."""
    await asyncio.to_thread(_send, outgoing)


def _send(outgoing: Outgoing) -> None:
    # Knows some hundred services: too long to load where nothing is sent.
    import apprise

    service = apprise.Apprise.instantiate(
        _ADDRESSES[outgoing.channel](outgoing.config), suppress_exceptions=True
    )
    if service is None:
        raise NotSent("the channel's address is not understood", is_final=True)
    if not service.notify(body=outgoing.body, title=outgoing.subject):
        raise NotSent("the service did not take it")
