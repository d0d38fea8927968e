"""Web push: sealed for one browser, signed by the company, dropped when the browser is gone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from dispatch.domain.errors import Code, Refused
from dispatch.domain.messages import Audience, ChannelKind, MessageKind, MessageState
from dispatch.domain.opaque import pack, unpack
from dispatch.domain.rights import Role
from dispatch.notify import Senders
from dispatch.notify.web_push import public_key, seal
from dispatch.services import channels, outbox, push, users
from dispatch.services.telling import tell
from dispatch.store.messages import Message
from dispatch.store.push import PushSubscription
from tests.api.client import Client
from tests.factories import World
from tests.support.receivers import hook_receiver

ENDPOINT = "https://push.example.com/wpush/v2/gAAAA"


class Browser:
    """What a browser keeps of its subscription, and how it opens what it is sent."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        self.point = self.key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @property
    def given(self) -> dict[str, str]:
        return {"endpoint": ENDPOINT, "p256dh": pack(self.point), "auth": pack(self.auth)}

    def opened(self, body: bytes) -> Any:
        salt, point, record = body[:16], body[21 : 21 + body[20]], body[21 + body[20] :]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self.key.exchange(ec.ECDH(), sender)
        secret = _derived(shared, self.auth, b"WebPush: info\0" + self.point + point, 32)
        key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        text = AESGCM(key).decrypt(nonce, record, None)
        assert text[-1:] == b"\x02"
        return json.loads(text[:-1])


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


async def _channel(world: World, **given: Any) -> Any:
    return await world.do(
        world.actors[Role.PROJECT_MANAGER],
        channels.create,
        site_id=world.site.id,
        name=f"push {world.next()}",
        kind=ChannelKind.WEB_PUSH,
        config=[("contact", "mailto:it@example.com")],
        **given,
    )


async def _tell_the_desk(world: World) -> None:
    async def told(tx: Any) -> Any:
        return await tell(
            tx,
            MessageKind.CLOCK_BREACHED,
            Audience(user_ids=(world.desk.user_id or 0,)),
            site_id=world.site.id,
            number="TK-1",
            clock="ARRIVE",
            due_at=tx.now,
        )

    await world.do(world.root, told)


async def _pushes(world: World) -> list[Message]:
    return list(await world.rows(Message, Message.channel == ChannelKind.WEB_PUSH.value))


async def _point_to(world: World, url: str) -> None:
    """The browser's push service, as far as this machine has one."""
    async with world.services.store.writing() as session:
        (row,) = await world.rows(PushSubscription)
        row = await session.get_one(PushSubscription, row.id)
        row.endpoint = url


def test_the_example_of_the_standard_is_sealed_byte_for_byte() -> None:
    """RFC 8291, appendix A."""
    private = unpack("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        p256dh=unpack(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth=unpack("BTBZMqHH6r4Tts7J_aSIgg"),
        sender=ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1()),
        salt=unpack("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert pack(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWA"
        "mS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxs"
        "j_Qulcy4a-fN"
    )


@pytest.mark.rule("NTF-1")
async def test_a_reader_is_told_on_the_browser_that_asked_for_it(
    world: World, client: Client
) -> None:
    await _channel(world)
    desk = await client.token(world.desk)
    viewer = (await client.gql("{ viewer { pushKey } }", token=desk)).data["viewer"]
    browser = Browser()
    answer = await client.gql(
        "mutation($input: ViewerPushSubscribeInput!) { viewerPushSubscribe(input: $input) "
        "{ user { id } userErrors { code field message } } }",
        {"input": browser.given},
        token=desk,
    )
    assert answer.data["viewerPushSubscribe"]["userErrors"] == []
    with hook_receiver() as service:
        await _point_to(world, service.url)
        await _tell_the_desk(world)
        assert await outbox.deliver_due(world.services, Senders(private=True)) == 1
    ((headers, body),) = service.got
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["ttl"] == "86400"
    scheme, token, key = headers["authorization"].replace(",", "").split()
    assert (scheme, key) == ("vapid", f"k={viewer['pushKey']}")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpack(key[2:]))
    claims = jwt.decode(token[2:], ECKey.import_key(point)).claims
    assert service.url.startswith(claims["aud"])
    assert claims["sub"] == "mailto:it@example.com"
    told = browser.opened(body)
    assert told["kind"] == "CLOCK_BREACHED"
    assert "TK-1" in told["title"] + told["body"]
    (message,) = await _pushes(world)
    assert message.state is MessageState.SENT
    assert message.user_id == world.desk.user_id


@pytest.mark.rule("NTF-1")
async def test_a_site_chooses_what_is_pushed_and_to_whom(world: World) -> None:
    await world.do(world.desk, push.subscribe, **Browser().given)
    await _tell_the_desk(world)
    await _channel(world, roles=[Role.SUPERVISOR])
    await _tell_the_desk(world)
    await _channel(world, kinds=[MessageKind.DUTY_GAP.value])
    await _tell_the_desk(world)
    assert await _pushes(world) == []
    await _channel(world, roles=[Role.DESK], kinds=[MessageKind.CLOCK_BREACHED.value])
    await _tell_the_desk(world)
    assert len(await _pushes(world)) == 1


@pytest.mark.rule("NTF-2")
async def test_a_browser_that_is_gone_is_told_no_more(world: World) -> None:
    await _channel(world)
    await world.do(world.desk, push.subscribe, **Browser().given)
    with hook_receiver() as service:
        await _point_to(world, service.url)
        service.answers = [503, 410]
        await _tell_the_desk(world)
        await outbox.deliver_due(world.services, Senders(private=True))
        (message,) = await _pushes(world)
        assert message.state is MessageState.QUEUED, "the service was away for a moment"
        world.clock.forward(hours=1)
        await outbox.deliver_due(world.services, Senders(private=True))
    (message,) = await _pushes(world)
    assert message.state is MessageState.DEAD
    assert await world.rows(PushSubscription) == []
    await _tell_the_desk(world)
    assert len(await _pushes(world)) == 1


@pytest.mark.rule("SEC-4")
async def test_a_browser_belongs_to_who_said_so_last_and_to_nobody_whose_account_is_closed(
    world: World,
) -> None:
    await _channel(world)
    given = Browser().given
    await world.do(world.desk, push.subscribe, **given)
    await _tell_the_desk(world)
    await world.do(world.dispatcher, push.subscribe, **given)
    (row,) = await world.rows(PushSubscription)
    assert row.user_id == world.dispatcher.user_id
    # What was on its way to the one before must not reach the next.
    await outbox.deliver_due(world.services, Senders(private=True))
    (message,) = await _pushes(world)
    assert message.state is MessageState.DEAD
    assert "browser" in (message.last_error or "")
    await world.do(world.desk, push.unsubscribe, endpoint=given["endpoint"])
    assert len(await world.rows(PushSubscription)) == 1, "another's is not one's own"
    _, boss = await world.user(Role.ADMINISTRATOR)
    await world.do(world.root, users.disable, user_id=world.dispatcher.user_id)
    assert await world.rows(PushSubscription) == []
    assert boss.user_id is not None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example.com/1"},
        {"p256dh": pack(b"\x04" + b"\x01" * 64)},
        {"p256dh": "not base64!"},
        {"auth": pack(b"short")},
    ],
)
async def test_what_is_no_browser_is_refused(world: World, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        await world.do(world.desk, push.subscribe, **{**Browser().given, **wrong})
    (fault,) = refused.value.refusals
    assert (fault.code, fault.field) == (Code.BAD_INPUT, tuple(wrong))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_pushes_reach_no_address_within_the_house(world: World) -> None:
    await _channel(world)
    await world.do(world.desk, push.subscribe, **Browser().given)
    await _point_to(world, "https://127.0.0.1:9/x")
    await _tell_the_desk(world)
    await asyncio.wait_for(outbox.deliver_due(world.services, Senders()), 30)
    (message,) = await _pushes(world)
    assert message.state is MessageState.DEAD


def test_the_public_key_is_the_private_ones_own() -> None:
    private = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    assert public_key(private) == (
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    )
