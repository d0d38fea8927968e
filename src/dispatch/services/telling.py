"""Tells people, in the transaction of the change that they are told of (NTF-2)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from dispatch.domain.messages import (
    PERSONAL,
    SECRET_KINDS,
    Audience,
    ChannelKind,
    MessageKind,
    MessageState,
)
from dispatch.services import push
from dispatch.services.action import Tx, plain
from dispatch.services.readers import Reader, readers_of
from dispatch.store.messages import Message, MessageChannel
from dispatch.store.push import PushSubscription
from dispatch.telemetry.current import traceparent

INBOX = "INBOX"

_CHANNELS = (
    select(MessageChannel)
    .where(MessageChannel.site_id == bindparam("site"), MessageChannel.is_active)
    .order_by(MessageChannel.id)
)


async def tell(
    tx: Tx,
    kind: MessageKind,
    to: Audience,
    *,
    site_id: int,
    ticket_id: int | None = None,
    work_order_id: int | None = None,
    **params: Any,
) -> list[Message]:
    """Writes a message to everybody meant: into each reader's inbox, and by each channel that the
    site chose for it. It is sent later; the change never waits for it."""
    readers = await readers_of(tx, to, site_id=site_id, ticket_id=ticket_id)
    if not readers:
        return []
    channels = await _channels(tx, kind, site_id, means=to.means)
    browsers = await _browsers(tx, channels, readers)
    about = {
        "site_id": site_id,
        "kind": kind.value,
        "ticket_id": ticket_id,
        "work_order_id": work_order_id,
        "params": plain(params),
        "created_at": tx.now,
        "traceparent": traceparent(),
    }
    messages = [
        *(_to(reader, about, channel=INBOX, state=MessageState.KEPT) for reader in readers),
        *(each for channel in channels for each in _by(channel, readers, about, browsers)),
    ]
    # Written with the next flush: a sweep tells a thousand people in one go.
    tx.session.add_all(messages)
    return messages


async def _channels(
    tx: Tx, kind: MessageKind, site_id: int, *, means: Sequence[str]
) -> list[MessageChannel]:
    """The channels that a message takes; `means` name some, whatever else goes by them."""
    key = ("channels", site_id)
    if key not in tx.memo:
        tx.memo[key] = (await tx.session.execute(_CHANNELS, {"site": site_id})).scalars().all()
    return [each for each in tx.memo[key] if _carries(each, kind, means)]


def _carries(channel: MessageChannel, kind: MessageKind, means: Sequence[str]) -> bool:
    """Whether a channel takes what is told; a reader's secret never goes to a group, and to
    another program only where that is named."""
    if kind in SECRET_KINDS and channel.kind not in PERSONAL:
        return channel.kind is ChannelKind.WEB_HOOK and kind.value in channel.kinds
    if means:
        return channel.kind.value in means or channel.name in means
    return not channel.kinds or kind.value in channel.kinds


async def _browsers(
    tx: Tx, channels: Sequence[MessageChannel], readers: Sequence[Reader]
) -> Mapping[int, Sequence[PushSubscription]]:
    """The readers' browsers, where anything goes to them."""
    if not any(each.kind is ChannelKind.WEB_PUSH for each in channels):
        return {}
    return await push.browsers_of(tx, {each.user_id for each in readers if each.user_id})


def _by(
    channel: MessageChannel,
    readers: Sequence[Reader],
    about: dict[str, Any],
    browsers: Mapping[int, Sequence[PushSubscription]],
) -> Iterable[Message]:
    """One message for each reader who has an address there, or one for the whole group."""
    meant = [each for each in readers if not channel.roles or each.roles & set(channel.roles)]
    given = {**about, "channel_id": channel.id, "next_try_at": about["created_at"]}
    if channel.kind not in PERSONAL:
        if meant:
            yield Message(
                **given,
                state=MessageState.QUEUED,
                channel=channel.kind.value,
                reader=channel.name,
                language=meant[0].language,
            )
        return
    for reader in meant:
        for address in _addresses(reader, channel.kind, browsers):
            yield _to(
                reader,
                given,
                channel=channel.kind.value,
                state=MessageState.QUEUED,
                address=address,
            )


def _addresses(
    reader: Reader, kind: ChannelKind, browsers: Mapping[int, Sequence[PushSubscription]]
) -> list[str]:
    if kind is ChannelKind.WEB_PUSH:
        return [str(each.id) for each in browsers.get(reader.user_id or 0, ())]
    address = reader.email if kind is ChannelKind.EMAIL else reader.phone
    return [address] if address else []


def _to(
    reader: Reader,
    about: dict[str, Any],
    *,
    channel: str,
    state: MessageState,
    address: str | None = None,
) -> Message:
    return Message(
        **about,
        state=state,
        channel=channel,
        user_id=reader.user_id,
        technician_id=reader.technician_id,
        party_id=reader.party_id,
        reader=reader.name,
        address=address,
        language=reader.language,
    )
