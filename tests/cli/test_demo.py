"""The demo's days, and the command that shows them."""

from __future__ import annotations

import random
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from dispatch.commands import demo as demo_command
from dispatch.commands import service
from dispatch.commands.words import Complaint
from dispatch.demo.days import load_estate, make_after_plan, make_day, moment_of
from dispatch.demo.estate import Estate
from dispatch.demo.watch import keep_watch
from dispatch.domain.callbacks import CallbackState
from dispatch.domain.rights import Role
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import ENDED_STATES, WorkOrderState
from dispatch.services import offers
from dispatch.services.action import Services
from dispatch.store.base import Base
from dispatch.store.callbacks import Callback
from dispatch.store.engine import Store
from dispatch.store.events import Event
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.technicians import Leave, ShiftException
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.cli.conftest import Run

DAY = date(2026, 11, 22)


class Demo:
    """A demo's database, and the services as they stand on a day of it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def on(self, day: date) -> Services:
        return Services(self.store, lambda: moment_of(day), random.Random(1).randrange)

    async def rows(self, row: type[Base], *conditions: object) -> list:
        async with self.store.reading() as session:
            statement = select(row).where(*conditions).order_by(row.id)  # type: ignore[arg-type]
            return list((await session.execute(statement)).scalars())


@pytest_asyncio.fixture
async def demo(database_url: str) -> AsyncIterator[Demo]:
    store = Store(database_url)
    yield Demo(store)
    await store.close()


@pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)
async def test_a_day_has_orders_in_every_state_and_some_to_grab_at_any_hour(demo: Demo) -> None:
    services = demo.on(DAY)
    assert await make_day(services, day=DAY, seed=1)
    estate = await load_estate(services)
    await make_after_plan(services, estate, day=DAY, seed=1)
    begins = moment_of(DAY) - timedelta(hours=15)
    orders = await demo.rows(WorkOrder, WorkOrder.created_at >= begins)
    assert 80 <= len(orders) <= 100
    # Approval is a step of a later policy; all others are there.
    assert {order.state for order in orders} == set(WorkOrderState) - {
        WorkOrderState.AWAITING_APPROVAL
    }
    tickets = await demo.rows(Ticket)
    assert {ticket.state for ticket in tickets} == set(TicketState) - {TicketState.MERGED}
    past = await demo.rows(Ticket, Ticket.closed_at < begins, Ticket.state == TicketState.CLOSED)
    assert len({ticket.closed_at.date() for ticket in past}) >= 2
    called = await demo.rows(Callback, Callback.state == CallbackState.ANSWERED)
    assert {callback.satisfied for callback in called} == {True, False}
    await _holds_together(demo)
    # The same again changes nothing.
    assert not await make_day(services, day=DAY, seed=1)
    await make_after_plan(services, estate, day=DAY, seed=1)
    assert len(await demo.rows(Ticket)) == len(tickets)
    await _can_be_grabbed_in_the_evening_and_at_night(demo, estate)


async def _holds_together(demo: Demo) -> None:
    """Nobody acts after the moment shown, nor out of the order of time."""
    times = [event.at for event in await demo.rows(Event)]
    assert times == sorted(times)
    assert max(times) <= moment_of(DAY) + timedelta(minutes=10)
    for order in await demo.rows(WorkOrder):
        assert (order.ended_at is not None) == (order.state in ENDED_STATES)
    assert len(await demo.rows(Leave)) == 1


async def _can_be_grabbed_in_the_evening_and_at_night(demo: Demo, estate: Estate) -> None:
    midnight = moment_of(DAY).replace(hour=0, minute=0)
    shown = estate.roles[Role.TECHNICIAN]
    for hour in (3, 22):
        now = midnight + timedelta(hours=hour)
        services = Services(demo.store, lambda now=now: now, random.Random(1).randrange)
        await keep_watch(services, estate, day=DAY)
        assert not await services.perform(estate.root, offers.expire_due)
        to_them = select(OfferRecipient.offer_id).where(
            OfferRecipient.technician_id == shown.technician_id
        )
        offer = (await demo.rows(Offer, Offer.closed_at.is_(None), Offer.id.in_(to_them)))[0]
        order = await services.perform(
            shown, offers.grab, work_order_id=offer.work_order_id, can_reach=True
        )
        assert order.state is WorkOrderState.ACCEPTED
    # Served twice, the watch is kept once.
    watch = await demo.rows(ShiftException)
    assert [(each.day, each.starts, each.ends) for each in watch] == [(DAY, time(), time())]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_next_day_finishes_what_was_begun_and_has_orders_of_its_own(demo: Demo) -> None:
    assert await make_day(demo.on(DAY), day=DAY, seed=1)
    before = {order.id: order.state for order in await demo.rows(WorkOrder)}
    tomorrow = DAY + timedelta(days=1)
    assert await make_day(demo.on(tomorrow), day=tomorrow, seed=1)
    after = {order.id: order.state for order in await demo.rows(WorkOrder)}
    held = [
        number
        for number, state in before.items()
        if state not in ENDED_STATES | {WorkOrderState.QUEUED, WorkOrderState.OFFERED}
    ]
    assert held
    assert {after[number] for number in held} == {WorkOrderState.CLOSED}
    new = Counter(state for number, state in after.items() if number not in before)
    assert set(new) > {WorkOrderState.QUEUED, WorkOrderState.STARTED, WorkOrderState.CLOSED}


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_once_prints_the_plan_and_ends(
    dispatch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The command points the process at its own database: the test's environment is put back.
    monkeypatch.setattr(demo_command, "use_database", _use(monkeypatch))
    folder = tmp_path / "demo"
    first = dispatch("demo", "--once", "--folder", folder)
    assert first.exit_code == 0, first.output
    assert "Demo estate made" in first.output
    assert "Left out:" in first.output
    assert re.search(r"Work orders of the day \(\d+\): queued \d+", first.output)
    again = dispatch("demo", "--once", "--folder", folder)
    assert again.exit_code == 0, again.output
    assert "is there already" in again.output
    states = [line for line in first.output.splitlines() if line.startswith("Work orders")]
    assert states[0] in again.output


def _use(monkeypatch: pytest.MonkeyPatch):
    return lambda url: monkeypatch.setenv("DISPATCH_DATABASE_URL", url)


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Complaint) as complaint:
            service.demand_free("127.0.0.1", port)
    assert complaint.value.name == "port_taken"
    assert complaint.value.params == {"port": port, "other": port + 1}
