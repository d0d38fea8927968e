"""Sends what waits in the outbox (NTF-2): at least once, again after a while, at last given up.

A message is claimed by moving its next try ahead; a sender that dies has claimed for a while only.
What is sent is sent outside every transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from opentelemetry.trace import SpanKind
from sqlalchemy import select

from dispatch.domain.messages import ChannelKind, MessageState, next_try
from dispatch.notify import NotSent, Outgoing
from dispatch.services import accounts, push
from dispatch.services.action import Services, Tx
from dispatch.services.policies import policy_of
from dispatch.store.messages import Message, MessageChannel
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from dispatch.telemetry import metrics
from dispatch.telemetry.current import begin, traceparent
from dispatch.telemetry.traces import read_trace
from dispatch.texts.messages import message_text

Send = Callable[[Outgoing], Awaitable[None]]

_LEASE = timedelta(seconds=90)
"""Longer than any sender takes."""
_AT_ONCE = 20
_REASON_MOST = 500


async def deliver_due(services: Services, send: Send, *, most: int = _AT_ONCE) -> int:
    """Sends up to `most` messages whose time has come, side by side; how many there were."""
    nobody = accounts.service_actor(organization_id=0, origin="courier")
    if not await _anything_due(services):
        return 0
    claimed = await services.perform(nobody, claim, most=most)
    await asyncio.gather(*(_deliver(services, send, each) for each in claimed))
    return len(claimed)


async def claim(tx: Tx, *, most: int) -> list[tuple[int, Outgoing]]:
    """Takes messages that are due, the oldest first; others' claims are passed over."""
    statement = (
        select(Message)
        .where(Message.state == MessageState.QUEUED, Message.next_try_at <= tx.now)
        .order_by(Message.next_try_at, Message.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    messages = list((await tx.session.execute(statement)).scalars())
    for message in messages:
        message.tries += 1
        message.next_try_at = tx.now + _LEASE
    await tx.session.flush()
    return [(each.id, await _outgoing(tx, each)) for each in messages]


async def settle(tx: Tx, *, message_id: int, failure: NotSent | None) -> None:
    """Writes down how a try ended: sent, to be tried again, or dead."""
    message = await tx.session.get_one(
        Message, message_id, with_for_update=True, populate_existing=True
    )
    if message.state is not MessageState.QUEUED:
        return
    again = None
    if failure is not None:
        again = await _next_try(tx, message, failure)
    outcome = "sent" if failure is None else "failed" if again is not None else "dead"
    tx.afterwards.append(metrics.MESSAGES.labels(message.channel, outcome).inc)
    if failure is None:
        message.state = MessageState.SENT
        message.sent_at = tx.now
        message.next_try_at = None
        message.last_error = None
        await tx.session.flush()
        return
    if failure.is_final and message.channel == ChannelKind.WEB_PUSH:
        await push.drop(tx, message)
    message.last_error = failure.reason[:_REASON_MOST]
    message.next_try_at = again
    if again is None:
        message.state = MessageState.DEAD
        site = await tx.session.get_one(Site, message.site_id)
        tx.actor = accounts.service_actor(organization_id=site.organization_id, origin="courier")
        await tx.save(message, "message.dead", reason=message.last_error)
    await tx.session.flush()


async def _next_try(tx: Tx, message: Message, failure: NotSent) -> datetime | None:
    numbers = (await policy_of(tx, message.site_id)).messages
    return next_try(
        tries=message.tries,
        most=numbers.tries if not failure.is_final else 0,
        first_s=numbers.first_wait_s,
        longest_s=numbers.longest_wait_s,
        luck=tx.randbelow(1000) / 1000,
        now=tx.now,
    )


async def _deliver(services: Services, send: Send, claimed: tuple[int, Outgoing]) -> None:
    message_id, outgoing = claimed
    parent = read_trace(outgoing.traceparent)
    with begin("send message", kind=SpanKind.PRODUCER, parent=parent, job="message"):
        await _send(services, send, message_id, replace(outgoing, traceparent=traceparent()))


async def _send(services: Services, send: Send, message_id: int, outgoing: Outgoing) -> None:
    failure: NotSent | None = None
    try:
        await send(outgoing)
    except NotSent as error:
        failure = error
    except Exception as error:  # noqa: BLE001
        # Whatever a sender stumbles over, the others must go on, and people must see it.
        failure = NotSent(type(error).__name__)
    nobody = accounts.service_actor(organization_id=0, origin="courier")
    await services.perform(nobody, settle, message_id=message_id, failure=failure)


async def _anything_due(services: Services) -> bool:
    statement = (
        select(Message.id)
        .where(Message.state == MessageState.QUEUED, Message.next_try_at <= services.clock())
        .limit(1)
    )
    async with services.store.reading() as session:
        return (await session.execute(statement)).first() is not None


async def _outgoing(tx: Tx, message: Message) -> Outgoing:
    channel = await tx.session.get_one(MessageChannel, message.channel_id)
    site = await tx.session.get_one(Site, message.site_id)
    subject, body = message_text(
        message.kind, message.language, message.params, zone=site.time_zone
    )
    secrets = [channel.secret]
    if channel.former_until is not None and channel.former_until > tx.now:
        secrets.append(channel.former_secret)
    return Outgoing(
        id=f"msg_{message.id}",
        kind=message.kind,
        channel=channel.kind,
        config={**channel.config, **await _own_way(tx, message, channel, site)},
        subject=subject,
        body=body,
        created_at=message.created_at,
        at=tx.now,
        address=message.address,
        secrets=tuple(each for each in secrets if each is not None),
        traceparent=message.traceparent,
        data={
            "id": f"msg_{message.id}",
            "site": site.code,
            "subject": subject,
            "body": body,
            "params": message.params,
            **await _about(tx, message),
        },
    )


async def _own_way(tx: Tx, message: Message, channel: MessageChannel, site: Site) -> dict[str, Any]:
    """What a channel knows of this one reader beside an address."""
    if channel.kind is not ChannelKind.WEB_PUSH:
        return {}
    keep_s = (await policy_of(tx, site.id)).messages.push_kept_s
    return await push.way_of(tx, message, organization_id=site.organization_id, keep_s=keep_s)


async def _about(tx: Tx, message: Message) -> dict[str, Any]:
    """Numbers by which another program knows the ticket and the order."""
    ticket = await tx.session.get(Ticket, message.ticket_id or 0)
    order = await tx.session.get(WorkOrder, message.work_order_id or 0)
    return {
        "ticket": ticket.number if ticket is not None else None,
        "work_order": order.number if order is not None else None,
    }
