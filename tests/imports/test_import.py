"""Importing tickets: whole or not at all, once, with orders, numbers and record (INT-11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from dispatch.domain.errors import Code, Refused
from dispatch.domain.rights import Role
from dispatch.domain.tickets import Area, Channel, TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.services.import_rows import Cause
from dispatch.services.imports import ImportReport, import_tickets
from dispatch.store.categories import Category
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.factories import World, a_world
from tests.imports.tables import campus_map, rows, table


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with a_world(database_url) as built:
        yield built


async def bring(world: World, *changes: dict[str, str], **options: Any) -> ImportReport:
    return await world.do(
        options.pop("actor", world.root),
        import_tickets,
        site_id=world.site.id,
        mapping=campus_map(),
        lines=table(rows(*changes)),
        **options,
    )


async def test_open_rows_become_triaged_tickets_with_an_order(world: World) -> None:
    report = await bring(world, {}, {"type": "desk", "by": "app"})
    assert (report.read, report.imported, report.queued) == (2, 2, 2)
    tap, desk = await world.rows(Ticket)
    assert (tap.state, tap.channel, tap.trade) == (TicketState.TRIAGED, Channel.PHONE, "plumbing")
    assert (desk.channel, desk.trade, desk.duration_s) == (Channel.APP, "carpentry", 20 * 60)
    assert (tap.source, tap.external_ref) == ("campus", "C-1")
    assert tap.taken_by_name == "Campus desk"
    assert tap.reported_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert tap.due_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert tap.created_at == world.clock.now
    first, second = await world.rows(WorkOrder)
    assert (first.ticket_id, first.state) == (tap.id, WorkOrderState.QUEUED)
    assert first.dispatch_step is AssignmentStep.AUTO
    assert (first.latitude, first.longitude) == (31.31, 120.61)
    assert first.created_at == tap.reported_at
    assert first.area is Area.IN_HOME
    assert len(first.door_code or "") == 6
    assert second.due_at == tap.due_at


async def test_without_a_due_time_the_policy_gives_one(world: World) -> None:
    await bring(world, {"due": ""})
    (ticket,) = await world.rows(Ticket)
    assert ticket.due_at == ticket.reported_at + timedelta(hours=4)


async def test_ended_rows_keep_their_times(world: World) -> None:
    ended = {"closed": "2026/11/20 11:00", "note": "New washer"}
    report = await bring(
        world, {"status": "done", **ended}, {"status": "withdrawn", **ended}, {"lat": "", "lon": ""}
    )
    assert (report.closed, report.cancelled, report.queued) == (1, 1, 1)
    closed, cancelled, _ = await world.rows(Ticket)
    end = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert (closed.state, closed.resolved_at, closed.closed_at) == (TicketState.CLOSED, end, end)
    assert (cancelled.state, cancelled.resolved_at) == (TicketState.CANCELLED, None)
    assert (cancelled.closed_at, cancelled.end_reason) == (end, "New washer")
    order, open_order = await world.rows(WorkOrder)
    assert (order.ticket_id, order.state) == (closed.id, WorkOrderState.CLOSED)
    assert (order.ended_at, order.door_code, order.dispatch_step) == (end, None, None)
    assert order.completion["done"] == "New washer"
    assert open_order.state is WorkOrderState.QUEUED


async def test_numbers_count_by_the_sites_own_day(world: World) -> None:
    # 23:50 and 00:10 in Shanghai lie on one day of UTC, but on two of the site.
    await bring(
        world,
        {"opened": "2026/11/20 00:10"},
        {"opened": "2026/11/19 23:50"},
        {"opened": "2026/11/20 09:00"},
    )
    assert [ticket.number for ticket in await world.rows(Ticket)] == [
        "TK-20261120-0001",
        "TK-20261119-0001",
        "TK-20261120-0002",
    ]
    assert [order.number[:11] for order in await world.rows(WorkOrder)] == [
        "WO-20261120",
        "WO-20261119",
        "WO-20261120",
    ]


async def test_a_row_without_point_or_type_comes_in_and_is_reported(world: World) -> None:
    report = await bring(world, {"lat": "", "lon": ""}, {"type": ""})
    assert [(note.row, note.cause) for note in report.warnings] == [
        (2, Cause.NO_POINT),
        (3, Cause.MISSING),
    ]
    no_point, no_type = await world.rows(Ticket)
    assert (no_point.state, no_point.latitude) == (TicketState.TRIAGED, None)
    assert (no_type.state, no_type.is_complete) == (TicketState.NEW, False)
    (order,) = await world.rows(WorkOrder)
    assert (order.ticket_id, order.latitude) == (no_point.id, None)
    assert report.waiting == 1


async def test_danger_raises_an_imported_ticket_too(world: World) -> None:
    await bring(world, {"type": "gas"}, {"title": "Burst pipe in the hall"}, {"type": ""})
    tickets = await world.rows(Ticket)
    assert [ticket.priority for ticket in tickets] == [
        Priority.EMERGENCY,
        Priority.EMERGENCY,
        None,
    ]
    assert tickets[1].priority_reason == "burst pipe"


async def test_every_ticket_has_one_line_on_record(world: World) -> None:
    await bring(world, {}, {"status": "done", "closed": "2026/11/20 11:00", "note": "Done"})
    tickets = await world.rows(Ticket)
    orders = {order.ticket_id: order for order in await world.rows(WorkOrder)}
    events = await world.events("ticket.imported")
    assert [event.ticket_id for event in events] == [ticket.id for ticket in tickets]
    for event, ticket in zip(events, tickets, strict=True):
        assert event.work_order_id == orders[ticket.id].id
        assert event.after["number"] == ticket.number
        assert event.data["work_order"] == orders[ticket.id].number
        assert "door_code" not in str(event.after) + str(event.data)
    assert events[1].data["end_note"] == "Done"
    (summary,) = await world.events("site.tickets_imported")
    assert summary.data["imported"] == 2


async def test_the_same_file_again_changes_nothing(world: World) -> None:
    await bring(world, {}, {"type": ""})
    before = await world.counts()
    report = await bring(world, {}, {"type": ""})
    assert (report.read, report.known, report.imported) == (2, 2, 0)
    assert await world.counts() == before


async def test_what_is_new_in_a_longer_file_is_added(world: World) -> None:
    await bring(world, {})
    report = await bring(world, {"title": "changed since"}, {})
    assert (report.known, report.imported) == (1, 1)
    first, second = await world.rows(Ticket)
    assert first.description == "Tap drips · tap"
    assert second.external_ref == "C-2"


async def test_one_bad_row_and_nothing_is_written(world: World) -> None:
    before = await world.counts()
    with pytest.raises(Refused) as refused:
        await bring(world, {}, {"opened": "yesterday"}, {}, {"type": "roof", "lat": "x"})
    assert await world.counts() == before
    told = [(each.code, each.field) for each in refused.value.refusals]
    assert told == [
        (Code.BAD_ROWS, ("rows", "3", "opened")),
        (Code.BAD_ROWS, ("rows", "5", "type")),
        (Code.BAD_ROWS, ("rows", "5", "lat")),
    ]
    assert refused.value.refusals[1].params == {
        "row": 5,
        "column": "type",
        "cause": "UNKNOWN_WORD",
        "value": "roof",
    }


async def test_a_bad_row_after_thousands_undoes_them(world: World) -> None:
    before = await world.counts()
    with pytest.raises(Refused):
        await bring(world, *({} for _ in range(2100)), {"opened": "?"})
    assert await world.counts() == before


async def test_thousands_come_in_with_progress(world: World) -> None:
    told: list[int] = []
    report = await bring(world, *({} for _ in range(2100)), on_progress=told.append)
    assert told == [1000, 2000, 2100]
    assert report.imported == 2100
    orders = {order.ticket_id: order for order in await world.rows(WorkOrder)}
    tickets = await world.rows(Ticket)
    # Each order belongs to the ticket of its own row, whatever order the database gave ids in.
    assert len(orders) == len(tickets) == 2100
    assert len({ticket.number for ticket in tickets}) == 2100
    events = {event.ticket_id: event for event in await world.events("ticket.imported")}
    for ticket in tickets:
        assert events[ticket.id].after["external_ref"] == ticket.external_ref
        assert events[ticket.id].data["row"] == int((ticket.external_ref or "C-0")[2:]) + 1


async def test_the_maps_categories_join_the_sites_tree_once(world: World) -> None:
    report = await bring(world, {})
    assert report.categories == 1
    await bring(world, {})
    added = await world.rows(Category, Category.code.startswith("campus"))
    assert [(each.code, each.parent_id) for each in added] == [
        ("campus", None),
        ("campus_desk", added[0].id),
    ]


async def test_a_map_that_names_no_leaf_is_refused(world: World) -> None:
    mapping = campus_map().model_copy(
        update={"values": campus_map().values.model_copy(update={"category": {"tap": "water"}})}
    )
    with pytest.raises(Refused) as refused:
        await world.do(
            world.root, import_tickets, site_id=world.site.id, mapping=mapping, lines=table(rows())
        )
    assert refused.value.refusals[0].field == ("map", "values", "category", "tap")


async def test_who_may_not_import_is_refused(world: World) -> None:
    before = await world.counts()
    with pytest.raises(Refused) as refused:
        await bring(world, {}, actor=world.actors[Role.DESK])
    assert refused.value.refusals[0].code is Code.FORBIDDEN
    assert await world.counts() == before


async def test_two_sources_may_use_the_same_reference(world: World) -> None:
    await bring(world, {})
    other = campus_map().model_copy(update={"source": "other"})
    report = await world.do(
        world.root, import_tickets, site_id=world.site.id, mapping=other, lines=table(rows({}))
    )
    assert report.imported == 1
    counted = Counter(ticket.external_ref for ticket in await world.rows(Ticket))
    assert counted == {"C-1": 2}
