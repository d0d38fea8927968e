"""Who was away gets what they missed, once and in order, and then what happens now."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from dispatch.domain.clocks import ClockKind
from dispatch.domain.rights import Role
from dispatch.services import accounts, offers
from dispatch.store.clocks import Clock
from dispatch.store.events import Event
from tests.api.client import gid, token_for
from tests.api.documents import documents
from tests.api.server import Server, Socket, a_server
from tests.api.test_subscriptions import code_of
from tests.factories import World

TICKETS = (
    "subscription($site: ID!, $since: String) { ticketChanged(siteId: $site, since: $since) "
    "{ cursor kinds ticket { id } } }"
)
OFFERS = "subscription($since: String) { workOrderOffered(since: $since) { workOrder { id } } }"
MESSAGES = "subscription($since: String) { messageReceived(since: $since) { id kind } }"
CURSOR = documents()["EventCursor"]

Told = list[tuple[str, str]]
"""Ticket and kind, in the order of the record."""


async def cursor_now(server: Server, token: str) -> str:
    """Where the record stands."""
    answer = await server.gql(CURSOR, token=token)
    return answer["data"]["eventCursor"]


def _payload(message: Mapping[str, Any]) -> dict[str, Any]:
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    return message["payload"]


async def _record(world: World, after_id: int) -> dict[str, list[str]]:
    """What happened to each ticket, by the record itself."""
    async with world.services.store.reading() as session:
        statement = (
            select(Event.ticket_id, Event.kind)
            .where(Event.id > after_id, Event.ticket_id.is_not(None))
            .order_by(Event.id)
        )
        kinds: defaultdict[str, list[str]] = defaultdict(list)
        for ticket_id, kind in (await session.execute(statement)).all():
            kinds[str(ticket_id)].append(kind)
        return kinds


async def _newest(world: World) -> int:
    async with world.services.store.reading() as session:
        found = await session.execute(select(Event.id).order_by(Event.id.desc()).limit(1))
        return found.scalar_one()


def _by_ticket(told: Told) -> dict[str, list[str]]:
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for ticket, kind in told:
        kinds[ticket].append(kind)
    return kinds


class Listener:
    """A client that loses its connection again and again, and goes on where it was."""

    def __init__(self, server: Server, token: str, variables: dict[str, Any]) -> None:
        self.servers = [server]
        self.cursor: str | None = None
        self.told: Told = []
        self._token = token
        self._variables = variables

    async def hear(self, random: Random, *, most: int, silence_s: float) -> bool:
        """Listens anew, for some payloads; False when nothing came for so long."""
        server = random.choice(self.servers)
        async with server.socket(self._token) as socket:
            await socket.acknowledged()
            await socket.subscribe(TICKETS, {**self._variables, "since": self.cursor})
            for _ in range(random.randint(0, most)):
                try:
                    message = await socket.receive(seconds=silence_s)
                except TimeoutError:
                    return False
                change = _payload(message)["data"]["ticketChanged"]
                assert message["payload"]["extensions"]["cursor"] == change["cursor"]
                self.cursor = change["cursor"]
                self.told += [(change["ticket"]["id"], kind) for kind in change["kinds"]]
            if random.random() < 0.5:
                # As a phone in a lift: no word of farewell.
                socket.raw.transport.abort()
        return True


async def _write(world: World, count: int, random: Random) -> list[str]:
    ids = []
    for _ in range(count):
        ids.append(gid(await world.ticket()))
        await asyncio.sleep(random.random() / 50)
    return ids


async def _cut_again_and_again(
    world: World, servers: list[Server], *, writers: int, tickets: int, seed: int
) -> None:
    """Whatever is cut off when: everything is told once, and what happened to one in order."""
    random = Random(seed)
    token = await token_for(world, world.desk)
    client = Listener(servers[0], token, {"site": gid(world.site)})
    client.servers = servers
    client.cursor = await cursor_now(servers[0], token)
    before = await _newest(world)
    writing = [asyncio.create_task(_write(world, tickets, random)) for _ in range(writers)]
    while not all(task.done() for task in writing):
        await client.hear(random, most=6, silence_s=0.7)
    created = [ticket for task in writing for ticket in await task]
    kinds = await _record(world, before)
    wanted = sum(map(len, kinds.values()))
    for _ in range(100):
        if len(client.told) >= wanted:
            break
        await client.hear(random, most=60, silence_s=0.7)
    # And nothing more.
    assert not await client.hear(Random(0), most=1_000_000, silence_s=0.7)
    told = _by_ticket(client.told)
    assert sorted(told) == sorted(created)
    assert sorted(map(tuple, told.values())) == sorted(map(tuple, kinds.values()))


async def test_a_client_cut_off_at_random_hears_everything_once(
    server: Server, world: World
) -> None:
    await _cut_again_and_again(world, [server], writers=2, tickets=5, seed=1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_client_may_come_back_to_another_worker(server: Server, world: World) -> None:
    async with a_server(world.services.store.url) as other:
        await _cut_again_and_again(world, [server, other], writers=2, tickets=5, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 16))
async def test_many_cuts_on_two_workers(server: Server, world: World, seed: int) -> None:
    async with a_server(world.services.store.url) as other:
        await _cut_again_and_again(world, [server, other], writers=4, tickets=60, seed=seed)


async def test_what_one_worker_s_clients_hear_does_not_end_with_another_worker(
    world: World,
) -> None:
    token = await token_for(world, world.desk)
    variables = {"site": gid(world.site)}
    url = world.services.store.url
    async with a_server(url) as first, a_server(url) as second, AsyncExitStack() as stack:
        sockets: list[Socket] = []
        since = await cursor_now(first, token)
        for each in (first, second):
            socket = await stack.enter_async_context(each.socket(token))
            await socket.acknowledged()
            await socket.subscribe(TICKETS, {**variables, "since": since})
            sockets.append(socket)
        ticket = gid(await world.ticket())
        for socket in sockets:
            change = _payload(await socket.receive())["data"]["ticketChanged"]
            assert change["ticket"]["id"] == ticket
        # The first one numbered, where that is needed; it dies without a word.
        assert first.process.pid is not None
        os.kill(first.process.pid, signal.SIGKILL)
        seen = [gid(await world.ticket()) for _ in range(3)]
        for ticket in seen:
            change = _payload(await sockets[1].receive())["data"]["ticketChanged"]
            assert (change["ticket"]["id"], change["kinds"]) == (
                ticket,
                ["ticket.created", "guess.made"],
            )


@pytest.mark.rule("GRAB-1")
async def test_a_phone_that_was_away_gets_the_offers_it_missed(
    server: Server, world: World
) -> None:
    _, actor = await world.technician(trades={"plumbing": 2})
    token = await token_for(world, actor)
    since = await cursor_now(server, token)
    open_order, gone = await world.order(), await world.order()
    for order in (open_order, gone):
        await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    await world.do(world.dispatcher, offers.withdraw, work_order_id=gone.id)
    async with server.socket(token) as socket:
        await socket.acknowledged()
        await socket.subscribe(OFFERS, {"since": since})
        payload = _payload(await socket.receive())
        assert payload["data"]["workOrderOffered"]["workOrder"]["id"] == gid(open_order)
        await socket.subscribe(MESSAGES, {"since": since})
        told = [_payload(await socket.receive()) for _ in range(2)]
        kinds = [each["data"]["messageReceived"]["kind"] for each in told]
        assert kinds == ["OFFER_OPENED", "OFFER_OPENED"]
    async with server.socket(token) as socket:
        await socket.acknowledged()
        # From between the two: the second alone.
        await socket.subscribe(MESSAGES, {"since": told[0]["extensions"]["cursor"]})
        again = _payload(await socket.receive())
        assert again["data"] == told[1]["data"]
        # A cursor of another subscription says nothing here.
        await socket.subscribe(OFFERS, {"since": told[0]["extensions"]["cursor"]})
        assert code_of(await socket.receive()) == "BAD_INPUT"


async def test_a_cursor_that_is_none_or_too_old_is_refused_with_a_code(
    server: Server, world: World
) -> None:
    token = await token_for(world, world.desk)
    variables = {"site": gid(world.site)}
    async with server.socket(token) as socket:
        await socket.acknowledged()
        for since, code in (
            ("nonsense", "BAD_INPUT"),
            ("", "BAD_INPUT"),
            ("ZTk5OTk5OTk5", "CURSOR_TOO_OLD"),
        ):
            await socket.subscribe(TICKETS, {**variables, "since": since})
            message = await socket.receive()
            while message["type"] == "complete":
                message = await socket.receive()
            assert code_of(message) == code


async def test_a_breach_is_pushed_to_who_sees_the_clocks(server: Server, world: World) -> None:
    document = documents()["BreachesOfSite"]
    token = await token_for(world, world.dispatcher)
    variables = {"siteId": gid(world.site), "since": await cursor_now(server, token)}
    ticket = await world.ticket()
    async with world.services.writing(world.root) as tx:
        clock = (
            await tx.session.execute(
                select(Clock).where(
                    Clock.ticket_id == ticket.id, Clock.kind == ClockKind.FIRST_ANSWER
                )
            )
        ).scalar_one()
        tx.note(clock, "clock.fired", clock=clock.kind, step=0)
        tx.note(clock, "clock.fired", clock=ClockKind.OFFER_WIDENS, step=0)
    async with server.socket(token) as socket:
        await socket.acknowledged()
        await socket.subscribe(document, variables)
        breach = _payload(await socket.receive())["data"]["clockBreached"]
        assert breach["clock"]["id"] == gid(clock)
        assert breach["step"] == 0
        # A reminder is none.
        with pytest.raises(TimeoutError):
            await socket.receive(seconds=0.5)
    async with server.socket(await token_for(world, world.resident)) as socket:
        await socket.acknowledged()
        await socket.subscribe(document, variables)
        with pytest.raises(TimeoutError):
            await socket.receive(seconds=0.5)


async def test_rights_given_while_one_listens_count_from_then_on(
    server: Server, world: World
) -> None:
    user, actor = await world.user(Role.RESIDENT)
    token = await token_for(world, actor)
    since = await cursor_now(server, token)
    async with server.socket(token) as socket:
        await socket.acknowledged()
        await socket.subscribe(TICKETS, {"site": gid(world.site), "since": since})
        await world.ticket()
        # So long a subscription may take until it stands; nothing tells that it does.
        with pytest.raises(TimeoutError):
            await socket.receive(seconds=3.0)
        await world.do(
            world.root,
            accounts.grant_role,
            user_id=user.id,
            role=Role.DESK,
            site_id=world.site.id,
        )
        ticket = await world.ticket()
        change = _payload(await socket.receive())["data"]["ticketChanged"]
        assert change["ticket"]["id"] == gid(ticket)
