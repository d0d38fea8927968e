"""Messages: stored with their change, sent at least once, tried again, given up in the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.messages import (
    Audience,
    ChannelKind,
    MessageKind,
    MessageState,
    next_try,
)
from dispatch.domain.rights import Role
from dispatch.notify import NotSent, Outgoing
from dispatch.services import channels, outbox
from dispatch.services.action import Tx
from dispatch.services.telling import tell
from dispatch.store.messages import Message, MessageChannel
from dispatch.store.users import User
from tests.factories import MONDAY, World
from tests.support.receivers import hook_receiver


async def _tell(tx: Tx, *, site_id: int, ticket_id: int, roles: Sequence[Role] = ()) -> None:
    await tell(
        tx,
        MessageKind.CLOCK_BREACHED,
        Audience(roles=tuple(roles), reporter=True),
        site_id=site_id,
        ticket_id=ticket_id,
        number="TK-1",
        clock="ARRIVE",
        due_at=tx.now,
    )


async def _a_hook(world: World, url: str = "https://example.com/hook", **given: Any) -> Any:
    return await world.do(
        world.actors[Role.PROJECT_MANAGER],
        channels.create,
        site_id=world.site.id,
        name=f"hook {world.next()}",
        kind=ChannelKind.WEB_HOOK,
        config=[("url", url)],
        **given,
    )


async def _told(world: World) -> Message:
    """A message that waits to be sent by the site's only channel."""
    ticket = await world.ticket(party_id=world.party.id)
    await world.do(world.root, _tell, site_id=world.site.id, ticket_id=ticket.id)
    (message,) = await world.rows(Message, Message.channel_id.is_not(None))
    return message


class Sender:
    """Keeps what it is given, and fails as it is told to."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.sent: list[Outgoing] = []

    async def __call__(self, outgoing: Outgoing) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append(outgoing)


@pytest.mark.rule("NTF-2")
async def test_a_message_comes_and_goes_with_its_change(world: World) -> None:
    await _a_hook(world)
    ticket = await world.ticket()

    async def fails(tx: Tx) -> None:
        await _tell(tx, site_id=world.site.id, ticket_id=ticket.id, roles=[Role.DESK])
        raise refuse(Code.BUSY)

    before = len(await world.rows(Message))
    with pytest.raises(Refused):
        await world.do(world.root, fails)
    assert len(await world.rows(Message)) == before


@pytest.mark.rule("NTF-1")
async def test_a_site_chooses_what_goes_to_whom_by_what(world: World) -> None:
    manager = world.actors[Role.PROJECT_MANAGER]
    every = await _a_hook(world)
    await _a_hook(world, kinds=[MessageKind.OFFER_OPENED.value])
    await _a_hook(world, roles=[Role.SUPERVISOR])
    off = await _a_hook(world)
    await world.do(manager, channels.update, channel_id=off.id, is_active=False)
    await world.do(
        manager,
        channels.create,
        site_id=world.site.id,
        name="mail",
        kind=ChannelKind.EMAIL,
        config=[("host", "mail.example.com"), ("sender", "desk@example.com")],
        roles=[Role.DESK],
    )
    for role in (Role.DESK, Role.SUPERVISOR):
        await world.do(world.actors[role], channels.set_email, email=f"{role.lower()}@example.com")
    ticket = await world.ticket(party_id=world.party.id)
    arguments = {"site_id": world.site.id, "ticket_id": ticket.id}
    await world.do(world.root, _tell, **arguments, roles=[Role.DESK])
    out = await world.rows(Message, Message.channel_id.is_not(None))
    names = {each.id: each.name for each in await world.rows(MessageChannel)}
    assert [(names[each.channel_id], each.address) for each in out] == [
        (every.name, None),
        ("mail", "desk@example.com"),
    ]
    inbox = await world.rows(Message, Message.channel_id.is_(None))
    assert {each.reader for each in inbox} >= {world.party.name}
    await world.do(world.root, _tell, **arguments, roles=[Role.SUPERVISOR])
    newer = (await world.rows(Message, Message.channel_id.is_not(None)))[2:]
    assert len(newer) == 2


@pytest.mark.rule("NTF-2")
async def test_a_failed_message_is_tried_again_ever_later_and_given_up_at_last(
    world: World,
) -> None:
    await _a_hook(world)
    message = await _told(world)
    sender = Sender(*(NotSent("away") for _ in range(8)))
    waits = []
    for _ in range(8):
        assert await outbox.deliver_due(world.services, sender) == 1
        (message,) = await world.rows(Message, Message.id == message.id)
        assert await outbox.deliver_due(world.services, sender) == 0
        if message.next_try_at is not None:
            waits.append((message.next_try_at - world.clock.now).total_seconds())
            world.clock.now = message.next_try_at
    assert (message.state, message.tries, message.last_error) == (MessageState.DEAD, 8, "away")
    assert all(later > 1.5 * sooner for sooner, later in pairwise(waits))
    assert await world.events("message.dead")
    manager = world.actors[Role.PROJECT_MANAGER]
    await world.do(manager, channels.send_again, message_id=message.id)
    assert await outbox.deliver_due(world.services, sender) == 1
    assert [each.id for each in sender.sent] == [f"msg_{message.id}"]


@pytest.mark.rule("NTF-2")
async def test_what_can_never_arrive_is_given_up_at_once(world: World) -> None:
    await _a_hook(world)
    message = await _told(world)
    await outbox.deliver_due(world.services, Sender(NotSent("gone", is_final=True)))
    (message,) = await world.rows(Message, Message.id == message.id)
    assert message.state is MessageState.DEAD


@pytest.mark.rule("NTF-2")
async def test_many_couriers_send_each_message_once(world: World) -> None:
    await _a_hook(world)
    for _ in range(12):
        ticket = await world.ticket(party_id=world.party.id)
        await world.do(world.root, _tell, site_id=world.site.id, ticket_id=ticket.id)
    sender = Sender()
    await asyncio.gather(*(outbox.deliver_due(world.services, sender, most=4) for _ in range(6)))
    sent = [each.id for each in sender.sent]
    assert len(sent) == len(set(sent)) == 12


_KILLED = """
import asyncio, os, signal, sys
from datetime import datetime
from dispatch.notify import Senders
from dispatch.services.action import Services
from dispatch.services.outbox import deliver_due
from dispatch.store.engine import Store

url, now = sys.argv[1], datetime.fromisoformat(sys.argv[2])

async def send(outgoing):
    await Senders(private=True)(outgoing)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(deliver_due(Services(Store(url), lambda: now, lambda most: 0), send))
"""


@pytest.mark.rule("NTF-2", "NTF-3")
async def test_a_sender_killed_after_sending_leaves_a_message_that_comes_again_under_its_id(
    world: World, database_url: str
) -> None:
    with hook_receiver() as receiver:
        await _a_hook(world, receiver.url)
        message = await _told(world)
        arguments = [sys.executable, "-c", _KILLED, database_url, world.clock.now.isoformat()]
        killed = await asyncio.to_thread(subprocess.run, arguments, check=False)
        assert killed.returncode == -9
        assert len(receiver.got) == 1
        sender = Sender()
        assert await outbox.deliver_due(world.services, sender) == 0
        world.clock.forward(minutes=2)
        assert await outbox.deliver_due(world.services, sender) == 1
    ((headers, _),) = receiver.got
    assert [each.id for each in sender.sent] == [headers["webhook-id"]]
    (message,) = await world.rows(Message, Message.id == message.id)
    assert message.state is MessageState.SENT


@pytest.mark.rule("NTF-3")
async def test_a_new_secret_signs_beside_the_former_for_a_while(world: World) -> None:
    hook = await _a_hook(world)
    first = hook.secret
    manager = world.actors[Role.PROJECT_MANAGER]
    hook = await world.do(manager, channels.rotate_secret, channel_id=hook.id)
    assert hook.secret != first
    sender = Sender()
    for _ in range(2):
        await _told_again(world)
        await outbox.deliver_due(world.services, sender)
        world.clock.forward(days=2)
    assert [each.secrets for each in sender.sent] == [(hook.secret, first), (hook.secret,)]


async def _told_again(world: World) -> None:
    ticket = await world.ticket(party_id=world.party.id)
    await world.do(world.root, _tell, site_id=world.site.id, ticket_id=ticket.id)


@pytest.mark.rule("NTF-1")
async def test_no_secret_of_a_channel_enters_the_record(world: World) -> None:
    hook = await _a_hook(world, "https://example.com/very-secret-path")
    text = str([(each.before, each.after, each.data) for each in await world.events()])
    assert "very-secret-path" not in text
    assert hook.secret not in text
    assert (await world.rows(User))[0].email is None


@pytest.mark.rule("NTF-2")
def test_the_wait_doubles_up_to_its_longest_and_ends() -> None:
    def wait(tries: int, luck: float = 0.5) -> float | None:
        at = next_try(tries=tries, most=8, first_s=10, longest_s=100, luck=luck, now=MONDAY)
        return (at - MONDAY).total_seconds() if at is not None else None

    assert [wait(tries) for tries in range(1, 9)] == [10, 20, 40, 80, 100, 100, 100, None]
    assert wait(1, luck=0.0) == 9
    assert wait(1, luck=1.0) == 11


@pytest.mark.rule("EXE-2")
async def test_a_door_code_goes_to_no_group_and_to_a_program_only_by_name(world: World) -> None:
    await _a_hook(world)
    order = await world.order(party_id=world.party.id)
    told = await world.rows(Message, Message.kind == "DOOR_CODE")
    assert [(each.channel, each.channel_id) for each in told] == [("INBOX", None)]
    assert told[0].params["code"] == order.door_code
    named = await _a_hook(world, kinds=["DOOR_CODE"])
    await world.order(party_id=world.party.id)
    told = await world.rows(Message, Message.kind == "DOOR_CODE", Message.channel_id.is_not(None))
    assert [each.channel_id for each in told] == [named.id]
