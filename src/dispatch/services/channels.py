"""Ways out of the house that a site sets up (NTF-1): which messages go to whom by what."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.messages import ChannelKind, MessageKind, MessageState, check_config
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import check_count, demand_text
from dispatch.services import accounts, push, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.policies import policy_of
from dispatch.store.messages import Message, MessageChannel
from dispatch.store.users import User

_SECRET_BYTES = 24
_CHANNELS_MOST = 50
_ADDRESS_MOST = 2_000


async def create(
    tx: Tx,
    *,
    site_id: int,
    name: str,
    kind: ChannelKind,
    config: Sequence[tuple[str, str]],
    kinds: Sequence[str] = (),
    roles: Sequence[Role] = (),
) -> MessageChannel:
    """Sets up a channel. What is in `config` is never shown again; a web hook gets its secret."""
    await visible.find_site(tx, site_id, Action.SET_POLICY)
    demand_text("name", name)
    settings = dict(config)
    _check(kind, settings, kinds)
    others = (
        (
            await tx.session.execute(
                select(MessageChannel.name).where(MessageChannel.site_id == site_id)
            )
        )
        .scalars()
        .all()
    )
    if name in others:
        raise refuse(Code.ALREADY_EXISTS, field="name", name=name)
    check_count("name", others, most=_CHANNELS_MOST - 1)
    channel = MessageChannel(
        site_id=site_id,
        name=name,
        kind=kind,
        config=settings,
        kinds=list(dict.fromkeys(kinds)),
        roles=[role.value for role in dict.fromkeys(roles)],
        secret=_secret(tx) if kind is ChannelKind.WEB_HOOK else None,
        created_at=tx.now,
    )
    if kind is ChannelKind.WEB_PUSH:
        await push.open_key(tx)
    await tx.save(channel, "message_channel.created")
    return channel


async def update(
    tx: Tx,
    *,
    channel_id: int,
    version: int | None = None,
    config: Sequence[tuple[str, str]] | None = None,
    kinds: Sequence[str] | None = None,
    roles: Sequence[Role] | None = None,
    is_active: bool | None = None,
) -> MessageChannel:
    """Changes what is given; `config` as a whole."""
    channel = await _find(tx, channel_id)
    expect_version(channel, version)
    settings = dict(config) if config is not None else channel.config
    _check(channel.kind, settings, kinds or ())
    channel.config = settings
    if kinds is not None:
        channel.kinds = list(dict.fromkeys(kinds))
    if roles is not None:
        channel.roles = [role.value for role in dict.fromkeys(roles)]
    if is_active is not None:
        channel.is_active = is_active
    await tx.save(channel, "message_channel.changed", config_changed=config is not None)
    return channel


async def rotate_secret(tx: Tx, *, channel_id: int, version: int | None = None) -> MessageChannel:
    """A web hook's new secret; for the policy's time it signs with the former one, too."""
    channel = await _find(tx, channel_id)
    expect_version(channel, version)
    if channel.kind is not ChannelKind.WEB_HOOK:
        raise refuse(
            Code.BAD_INPUT,
            field="channel_id",
            given=channel.kind.value,
            allowed=(ChannelKind.WEB_HOOK.value,),
        )
    policy = await policy_of(tx, channel.site_id)
    channel.former_secret = channel.secret
    channel.former_until = tx.now + timedelta(seconds=policy.messages.rotation_s)
    channel.secret = _secret(tx)
    await tx.save(channel, "message_channel.secret_rotated")
    return channel


async def web_hook_secret(tx: Tx, *, channel_id: int) -> str:
    """What a web hook signs with, for whoever sets the receiver up."""
    channel = await visible.find(
        tx, MessageChannel, channel_id, visible.channels(tx.actor), field="channel_id"
    )
    return channel.secret or ""


async def send_again(tx: Tx, *, message_id: int) -> Message:
    """A dead message is tried anew, a sent one goes out once more under the same id (NTF-3)."""
    message = await visible.find(
        tx, Message, message_id, visible.outbox(tx.actor), field="message_id", lock=True
    )
    if message.channel_id is None or message.state is MessageState.QUEUED:
        raise refuse(
            Code.WRONG_STEP,
            field="message_id",
            allowed=(MessageState.SENT.value, MessageState.DEAD.value),
            noun="message",
            step="SEND_AGAIN",
            state=message.state.value,
        )
    message.state = MessageState.QUEUED
    message.tries = 0
    message.next_try_at = tx.now
    await tx.save(message, "message.sent_again")
    return message


async def set_email(tx: Tx, *, email: str) -> User:
    """Where one's own messages go by mail."""
    user = await accounts.own_account(tx, lock=True)
    name, at, host = email.strip().partition("@")
    if not (name and at and "." in host) or any(each.isspace() for each in email.strip()):
        raise refuse(Code.BAD_INPUT, field="email", given=email[:80])
    user.email = email.strip()
    await tx.save(user, "user.email_set")
    return user


async def _find(tx: Tx, channel_id: int) -> MessageChannel:
    return await visible.find(
        tx,
        MessageChannel,
        channel_id,
        visible.channels(tx.actor),
        field="channel_id",
        lock=True,
    )


def _check(kind: ChannelKind, config: Mapping[str, str], kinds: Sequence[str]) -> None:
    check_config(kind, config)
    faults = [
        Refusal(Code.TOO_LONG, ("config", name), {"most": _ADDRESS_MOST})
        for name, value in config.items()
        if len(str(value)) > _ADDRESS_MOST
    ]
    known = {each.value for each in MessageKind}
    faults += [
        Refusal(Code.BAD_INPUT, ("kinds",), {"given": each[:80]}, allowed=tuple(sorted(known)))
        for each in kinds
        if each not in known
    ]
    if faults:
        raise Refused(*faults)


def _secret(tx: Tx) -> str:
    # As the Standard Webhooks specification writes secrets.
    drawn = bytes(tx.randbelow(256) for _ in range(_SECRET_BYTES))
    return f"whsec_{base64.b64encode(drawn).decode()}"
