"""Each sender against a real receiver: what arrives, what is refused, what never leaves."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from dispatch.domain.messages import ChannelKind
from dispatch.notify import NotSent, Outgoing, Senders
from tests.support.receivers import hook_receiver, mail_server

SECRET = f"whsec_{base64.b64encode(b'x' * 24).decode()}"
OTHER = f"whsec_{base64.b64encode(b'y' * 24).decode()}"


def outgoing(channel: ChannelKind, config: dict[str, Any], **given: Any) -> Outgoing:
    now = datetime.now(UTC)
    return replace(
        Outgoing(
            id="msg_7",
            kind="ARRIVAL_MOVED",
            channel=channel,
            config=config,
            subject="到达时间变更",
            body="师傅改为 10:30 到达。",
            created_at=now,
            at=now,
            data={"ticket": "TK-1"},
        ),
        **given,
    )


@pytest.mark.rule("NTF-1")
async def test_a_mail_reaches_the_readers_address_whole() -> None:
    async with mail_server() as server:
        config = {"host": "127.0.0.1", "port": server.port, "sender": "a@b.cn", "security": "none"}
        mail = outgoing(ChannelKind.EMAIL, config, address="wang@example.com")
        await Senders()(mail)
        server.refuses = "wang@example.com"
        with pytest.raises(NotSent) as refused:
            await Senders()(mail)
    (got,) = server.mails
    assert (got["To"], got["Subject"]) == ("wang@example.com", mail.subject)
    assert got.get_content().strip() == mail.body
    assert got["Message-ID"] == "<msg_7@dispatch.invalid>"
    assert refused.value.is_final
    with pytest.raises(NotSent) as away:
        await Senders()(mail)
    assert not away.value.is_final


@pytest.mark.rule("NTF-3")
async def test_a_web_hook_is_signed_with_every_secret_that_counts() -> None:
    with hook_receiver() as receiver:
        hook = outgoing(ChannelKind.WEB_HOOK, {"url": receiver.url}, secrets=(SECRET, OTHER))
        await Senders(private=True)(hook)
    ((headers, body),) = receiver.got
    for secret in (SECRET, OTHER):
        told = Webhook(secret).verify(body, headers)
        assert told["type"] == "ARRIVAL_MOVED"
        assert told["data"] == {"ticket": "TK-1"}
    assert headers["webhook-id"] == "msg_7"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


@pytest.mark.rule("NTF-3")
@pytest.mark.parametrize(("status", "is_final"), [(500, False), (302, False), (410, True)])
async def test_what_a_receiver_does_not_take_is_told(status: int, is_final: bool) -> None:
    with hook_receiver() as receiver:
        receiver.answers = [status]
        hook = outgoing(ChannelKind.WEB_HOOK, {"url": receiver.url}, secrets=(SECRET,))
        with pytest.raises(NotSent) as error:
            await Senders(private=True)(hook)
    assert error.value.is_final is is_final
    assert len(receiver.got) == 1


@pytest.mark.rule("NTF-1")
@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://localhost:8443/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "ftp://example.com",
        "nonsense",
    ],
)
async def test_a_web_hook_is_no_way_into_the_house(url: str) -> None:
    hook = outgoing(ChannelKind.WEB_HOOK, {"url": url}, secrets=(SECRET,))
    with pytest.raises(NotSent) as error:
        await Senders()(hook)
    assert error.value.is_final


@pytest.mark.rule("NTF-1")
async def test_a_bot_is_told_through_the_library_of_channels() -> None:
    with hook_receiver() as receiver:
        receiver.answers = [200, 500]
        address = receiver.url.replace("http://", "json://")
        bot = outgoing(ChannelKind.OTHER, {"url": address})
        await Senders()(bot)
        with pytest.raises(NotSent):
            await Senders()(bot)
        with pytest.raises(NotSent) as strange:
            await Senders()(outgoing(ChannelKind.OTHER, {"url": "nonsense"}))
    assert bot.body.encode() in receiver.got[0][1] or b"10:30" in receiver.got[0][1]
    assert strange.value.is_final


@pytest.mark.rule("NTF-1")
@pytest.mark.parametrize("kind", [ChannelKind.WECOM, ChannelKind.DINGTALK, ChannelKind.FEISHU])
def test_the_groups_addresses_are_understood(kind: ChannelKind) -> None:
    import apprise

    from dispatch.notify.chat import _ADDRESSES

    config = {"key": "abcdef12-3456", "token": "abcdefgh12345678", "secret": "SECa1b2"}
    assert apprise.Apprise.instantiate(_ADDRESSES[kind](config)) is not None


@pytest.mark.parametrize("kind", [ChannelKind.SMS_ALIYUN, ChannelKind.SMS_TENCENT])
async def test_a_gateway_without_its_library_says_so(kind: ChannelKind) -> None:
    with pytest.raises(NotSent, match="not installed"):
        await Senders()(outgoing(kind, {}, address="13900000000"))
    with pytest.raises(NotSent, match="no phone") as error:
        await Senders()(outgoing(kind, {}))
    assert error.value.is_final
