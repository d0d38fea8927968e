"""What is pushed over real web sockets, to whom, and to whom not."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import date
from typing import Any

import pytest
import websockets
from sqlalchemy import select

from dispatch.domain.plans import PlanRunState
from dispatch.domain.rights import Role
from dispatch.domain.tickets import Channel
from dispatch.services import accounts, offers
from dispatch.services.plan_progress import kept_progress
from dispatch.store.plans import PlanRun
from dispatch.store.users import RoleGrant
from dispatch_solver import Progress
from tests.api.client import gid, token_for
from tests.api.server import Server, Socket
from tests.factories import World, another_site

MORNING = False
"""The site stays in Shanghai."""

TICKETS = (
    "subscription($site: ID!) "
    "{ ticketChanged(siteId: $site) { kinds at ticket { id description channel } } }"
)
OFFERS = "subscription { workOrderOffered { id expiresAt workOrder { id number } } }"
BOARD = (
    "subscription($site: ID!, $day: Date!) "
    "{ boardChanged(siteId: $site, day: $day) { kinds workOrders { id state } } }"
)
PROGRESS = (
    "subscription($run: ID!) { planRunProgress(runId: $run) { phase unplaced run { state } } }"
)
# Longer than any push may take: what has not come by then does not come.
SILENCE_S = 1.5
# A subscription stands when the server has looked up who asks; nothing tells a client so.
STANDING_S = 2.0


def code_of(message: dict[str, Any]) -> str:
    """The code of a message's only error."""
    payload = message["payload"]
    (error,) = payload if message["type"] == "error" else payload["errors"]
    return error["extensions"]["code"]


async def _silent(socket: Socket) -> bool:
    try:
        message = await socket.receive(seconds=SILENCE_S)
    except TimeoutError:
        return True
    pytest.fail(f"heard {message}")


@pytest.mark.rule("INT-4")
async def test_the_desk_sees_a_wechat_ticket_within_a_second(server: Server, world: World) -> None:
    desk, resident = await token_for(world, world.desk), world.resident
    async with server.socket(desk) as socket:
        await socket.acknowledged()
        await socket.subscribe(TICKETS, {"site": gid(world.site)})
        await listening(world, socket)
        took: list[float] = []
        for _ in range(3):
            begun = time.monotonic()
            ticket = await world.ticket(resident, channel=Channel.WECHAT)
            message = await socket.receive()
            took.append(time.monotonic() - begun)
            seen = message["payload"]["data"]["ticketChanged"]
            assert seen["kinds"] == ["ticket.created", "guess.made"]
            assert seen["ticket"] == {
                "id": gid(ticket),
                "description": "厨房水龙头漏水",
                "channel": "WECHAT",
            }
        # The others may have met a busy machine.
        assert min(took) < 1.0


async def listening(world: World, socket: Socket) -> None:
    """Returns when the subscription hears: what is sent before it stands is not meant for it."""
    for _ in range(50):
        await world.ticket(world.desk, description="ping")
        try:
            await socket.receive(seconds=0.5)
        except TimeoutError:
            continue
        while True:
            try:
                await socket.receive(seconds=0.5)
            except TimeoutError:
                return
    pytest.fail("the subscription hears nothing")


async def test_a_reader_hears_of_their_own_tickets_alone(server: Server, world: World) -> None:
    other_site = await another_site(world.services, world.root, code="hill")
    _, stranger = await world.user(Role.RESIDENT)
    _, elsewhere = await world.user(Role.DESK, site_id=other_site.id)
    variables = {"site": gid(world.site)}
    async with (
        server.socket(await token_for(world, world.resident)) as own,
        server.socket(await token_for(world, stranger)) as foreign,
        server.socket(await token_for(world, elsewhere)) as outside,
    ):
        for socket in (own, foreign, outside):
            await socket.acknowledged()
            await socket.subscribe(TICKETS, variables)
        assert code_of(await outside.receive()) == "NOT_FOUND"
        await asyncio.sleep(STANDING_S)
        ticket = await world.ticket(world.resident, channel=Channel.WECHAT)
        heard = await own.receive()
        assert heard["payload"]["data"]["ticketChanged"]["ticket"]["id"] == gid(ticket)
        assert await _silent(foreign)


@pytest.mark.rule("GRAB-1")
async def test_an_offer_is_pushed_to_who_qualifies_and_to_nobody_else(
    server: Server, world: World
) -> None:
    # Noon in Shanghai, when everybody's shift is on; the server's own clock does not matter here.
    noon = world.clock.now = world.clock.now.replace(hour=4, minute=0)
    far = await another_site(world.services, world.root, code="hill")
    plumbers = [await world.technician(trades={"plumbing": 2}) for _ in range(2)]
    others = [
        await world.technician(trades={"electrical": 3}),
        await world.technician(trades={"plumbing": 2}, site_ids=[far.id]),
        await world.technician(trades={"plumbing": 2}, weekdays=[(noon.weekday() + 3) % 7]),
        await world.technician(trades={"plumbing": 2}, expires_on=date(2020, 1, 1)),
    ]
    order = await world.order(category="tap_leak", level=2)
    junior = await world.technician(trades={"plumbing": 1})
    people = [*plumbers, *others, junior]
    sockets: list[Socket] = []
    async with AsyncExitStack() as stack:
        for _, actor in people:
            token = await token_for(world, actor)
            socket = await stack.enter_async_context(server.socket(token))
            await socket.acknowledged()
            await socket.subscribe(OFFERS)
            sockets.append(socket)
        await asyncio.sleep(STANDING_S)
        await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
        for socket in sockets[: len(plumbers)]:
            pushed = (await socket.receive())["payload"]["data"]["workOrderOffered"]
            assert pushed["workOrder"] == {"id": gid(order), "number": order.number}
        silent = await asyncio.gather(*map(_silent, sockets[len(plumbers) :]))
        assert silent == [True] * (len(others) + 1)


async def test_who_is_no_technician_may_not_listen_for_offers(server: Server, world: World) -> None:
    async with server.socket(await token_for(world, world.desk)) as socket:
        await socket.acknowledged()
        await socket.subscribe(OFFERS)
        assert code_of(await socket.receive()) == "FORBIDDEN"


async def test_the_board_hears_of_its_day(server: Server, world: World) -> None:
    today = world.today().isoformat()
    variables = {"site": gid(world.site)}
    async with server.socket(await token_for(world, world.dispatcher)) as socket:
        await socket.acknowledged()
        await socket.subscribe(BOARD, {**variables, "day": today})
        past = await socket.subscribe(BOARD, {**variables, "day": "2020-01-01"})
        await asyncio.sleep(STANDING_S)
        order = await world.order()
        message = await socket.receive()
        assert message["id"] != past
        changed = message["payload"]["data"]["boardChanged"]
        assert "work_order.created" in changed["kinds"]
        assert changed["workOrders"] == [{"id": gid(order), "state": "QUEUED"}]


async def test_a_board_where_much_happens_is_told_of_it_together(
    server: Server, world: World
) -> None:
    variables = {"site": gid(world.site), "day": world.today().isoformat()}
    async with server.socket(await token_for(world, world.dispatcher)) as socket:
        await socket.acknowledged()
        await socket.subscribe(BOARD, variables)
        await asyncio.sleep(STANDING_S)
        begun = time.monotonic()
        orders = [gid(await world.order()) for _ in range(8)]
        told: list[str] = []
        pushes = 0
        while set(told) != set(orders):
            changed = (await socket.receive())["payload"]["data"]["boardChanged"]
            told += [each["id"] for each in changed["workOrders"]]
            pushes += 1
        # A fifth of a second apart: the first comes at once, the last when its time has come.
        assert pushes <= (time.monotonic() - begun) / 0.2 + 1


async def test_a_run_of_the_optimizer_tells_how_far_it_is(server: Server, world: World) -> None:
    run = await _running(world)
    async with server.socket(await token_for(world, world.dispatcher)) as socket:
        await socket.acknowledged()
        await socket.subscribe(PROGRESS, {"run": gid(run)})
        first = (await socket.receive())["payload"]["data"]["planRunProgress"]
        assert first == {"phase": None, "unplaced": None, "run": {"state": "RUNNING"}}
        async with kept_progress(world.services, run.id, None) as tell:
            tell(Progress(elapsed_s=1.0, phase="search", unplaced=3, cost=7.5, tiers=(0, 0, 7.5)))
            second = (await socket.receive())["payload"]["data"]["planRunProgress"]
        assert second == {"phase": "search", "unplaced": 3, "run": {"state": "RUNNING"}}
        async with world.services.writing(world.root) as tx:
            row = await tx.session.get_one(PlanRun, run.id)
            row.state = PlanRunState.DONE
            row.figures = {}
            await tx.session.flush()
        last = (await socket.receive())["payload"]["data"]["planRunProgress"]
        assert last["run"] == {"state": "DONE"}
        assert (await socket.receive())["type"] == "complete"


async def _running(world: World) -> PlanRun:
    now = world.clock.now
    run = PlanRun(
        site_id=world.site.id,
        day=now.date(),
        state=PlanRunState.RUNNING,
        requested_by_name="test",
        starts_at=now,
        ends_at=now,
        started_at=now,
        seconds=5.0,
        seed=0,
        engine="auto",
    )
    async with world.services.writing(world.root) as tx:
        tx.session.add(run)
        await tx.session.flush()
    return run


async def test_a_withdrawn_token_hears_no_more(server: Server, world: World) -> None:
    token = await token_for(world, world.desk)
    async with server.socket(token) as socket:
        await socket.acknowledged()
        await socket.subscribe(TICKETS, {"site": gid(world.site)})
        await listening(world, socket)
        await world.do(world.desk, accounts.sign_out, token=token)
        await world.ticket()
        assert code_of(await socket.receive()) == "UNAUTHENTICATED"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_socket_needs_a_token_the_protocol_and_a_known_origin(
    server: Server, world: World
) -> None:
    for token in (None, "wrong"):
        async with server.socket(token) as socket:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403
    good = await token_for(world, world.desk)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        async with server.socket(good, subprotocols=["graphql-ws"]) as socket:
            await socket.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4406
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with server.socket(good, origin="https://elsewhere.example"):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.rule("SEC-2")
async def test_a_right_taken_away_ends_what_it_let_through(server: Server, world: World) -> None:
    user, actor = await world.user(Role.DISPATCHER)
    token = await token_for(world, actor)
    run = await _running(world)
    async with server.socket(token) as board, server.socket(token) as progress:
        for socket in (board, progress):
            await socket.acknowledged()
        await board.subscribe(BOARD, {"site": gid(world.site), "day": run.day.isoformat()})
        await progress.subscribe(PROGRESS, {"run": gid(run)})
        first = await progress.receive()
        assert first["payload"]["data"]["planRunProgress"]["run"]["state"] == "RUNNING"
        await asyncio.sleep(STANDING_S)
        await world.do(
            world.root, accounts.grant_role, user_id=user.id, role=Role.FINANCE, site_id=None
        )
        async with world.services.writing(world.root) as tx:
            grant = (
                await tx.session.execute(
                    select(RoleGrant).where(
                        RoleGrant.user_id == user.id, RoleGrant.role == Role.DISPATCHER
                    )
                )
            ).scalar_one()
            await tx.session.delete(grant)
        assert code_of(await progress.receive()) == "NOT_FOUND"
        await world.public_order()
        assert code_of(await board.receive()) == "FORBIDDEN"


async def test_a_token_that_ends_ends_the_progress_it_showed(server: Server, world: World) -> None:
    token = await token_for(world, world.dispatcher)
    run = await _running(world)
    async with server.socket(token) as socket:
        await socket.acknowledged()
        await socket.subscribe(PROGRESS, {"run": gid(run)})
        await socket.receive()
        await world.do(world.dispatcher, accounts.sign_out, token=token)
        assert code_of(await socket.receive()) == "UNAUTHENTICATED"
