"""Texts, lists and numbers of any size: refused by name, never an error of the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

import pytest

from dispatch.domain.callbacks import CallResult
from dispatch.domain.errors import Refused
from dispatch.domain.places import PlaceKind
from dispatch.domain.technicians import Skill, TechnicianKind, Travel
from dispatch.domain.tickets import Resolution
from dispatch.services import (
    accounts,
    callbacks,
    execution,
    offers,
    remote_help,
    sites,
    technicians,
    tickets,
    work_orders,
)
from dispatch.services.execution import HoursInput, PartInput
from dispatch.store.callbacks import Callback
from tests.factories import World
from tests.services.test_tickets import codes

LONG = "字" * 501
RECORD = {"found": "漏水", "cause": "老化", "done": "更换", "signature": "王芳"}


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("requester_name", 200),
        ("requester_phone", 40),
        ("floor", 40),
        ("asset_tag", 80),
        ("room", 200),
        ("location_text", 10_000),
    ],
)
async def test_a_reports_texts_end_where_their_columns_end(
    world: World, field: str, most: int
) -> None:
    fits: dict[str, Any] = {field: "9" * most}
    await world.ticket(**fits)
    longer: dict[str, Any] = {field: "9" * (most + 1)}
    with pytest.raises(Refused) as error:
        await world.ticket(**longer)
    assert codes(error) == {field: "TOO_LONG"}
    assert error.value.refusals[0].params["most"] == most


async def test_reasons_end_where_their_columns_end(world: World) -> None:
    ticket, order = await world.ticket(), await world.order()
    lead, actor = await world.technician()
    cases: list[tuple[Any, Any, dict[str, Any]]] = [
        (world.desk, tickets.cancel, {"ticket_id": ticket.id}),
        (world.desk, work_orders.cancel, {"work_order_id": order.id}),
        (world.desk, execution.lift_door_code, {"work_order_id": order.id}),
        (
            world.dispatcher,
            work_orders.assign,
            {"work_order_id": order.id, "technician_id": lead.id},
        ),
    ]
    for who, service, arguments in cases:
        with pytest.raises(Refused) as error:
            await world.do(who, service, **arguments, reason=LONG)
        assert codes(error) == {"reason": "TOO_LONG"}
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=lead.id
    )
    for who, service in ((world.dispatcher, work_orders.unassign), (actor, execution.decline)):
        with pytest.raises(Refused) as error:
            await world.do(who, service, work_order_id=order.id, reason=LONG)
        assert codes(error) == {"reason": "TOO_LONG"}
    await world.do(actor, execution.accept, work_order_id=order.id)
    with pytest.raises(Refused) as error:
        await world.do(actor, offers.give_back, work_order_id=order.id, reason=LONG)
    assert codes(error) == {"reason": "TOO_LONG"}


async def test_a_note_of_a_solution_is_named_as_the_caller_named_it(world: World) -> None:
    order = await world.order()
    with pytest.raises(Refused) as error:
        await world.do(
            world.desk,
            remote_help.resolve_without_visit,
            ticket_id=order.ticket_id,
            resolution=Resolution.REMOTE_HELP,
            note=LONG,
        )
    assert codes(error) == {"note": "TOO_LONG"}


BOUNDS: list[tuple[Mapping[str, Any], Mapping[str, str]]] = [
    ({"found": "x" * 10_001}, {"found": "TOO_LONG"}),
    ({"no_signature_reason": LONG}, {"no_signature_reason": "TOO_LONG"}),
    ({"parts": [PartInput("阀芯", 1)] * 101}, {"parts": "OUT_OF_RANGE"}),
    ({"parts": [PartInput("阀" * 201, 1)]}, {"parts.name": "TOO_LONG"}),
    ({"parts": [PartInput("阀芯", -1)]}, {"parts.quantity": "OUT_OF_RANGE"}),
    ({"parts": [PartInput("阀芯", float("inf"))]}, {"parts.quantity": "OUT_OF_RANGE"}),
    ({"photos_after": ["x"] * 51}, {"photos_after": "OUT_OF_RANGE"}),
    ({"photos_after": ["x" * 2_001]}, {"photos_after": "TOO_LONG"}),
    ({"hours": [HoursInput(1, 60)] * 21}, {"hours": "OUT_OF_RANGE"}),
]


async def test_a_record_of_work_has_bounds(world: World) -> None:
    order = await world.public_order()
    lead, actor = await world.technician()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=lead.id
    )
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(actor, step, work_order_id=order.id)
    for given, fault in BOUNDS:
        with pytest.raises(Refused) as error:
            await world.do(actor, execution.complete, work_order_id=order.id, **{**RECORD, **given})
        assert codes(error) == fault, given
    await world.do(actor, execution.complete, work_order_id=order.id, **RECORD)
    (callback,) = await world.rows(Callback)
    with pytest.raises(Refused) as error:
        await world.do(
            world.desk,
            callbacks.record,
            callback_id=callback.id,
            result=CallResult.ANSWERED,
            solved=False,
            satisfied=False,
            dissatisfaction_reason=LONG,
            remarks="x" * 10_001,
        )
    assert codes(error) == {"dissatisfaction_reason": "TOO_LONG", "remarks": "TOO_LONG"}


async def test_lists_of_people_and_photos_have_bounds(world: World) -> None:
    with pytest.raises(Refused) as error:
        await world.ticket(photos=["x"] * 51)
    assert codes(error) == {"photos": "OUT_OF_RANGE"}
    ticket = await world.ticket()
    with pytest.raises(Refused) as error:
        await world.do(
            world.desk, tickets.update, ticket_id=ticket.id, changes={"photos": ["x" * 2_001]}
        )
    assert codes(error) == {"photos": "TOO_LONG"}
    order = await world.order()
    lead, _ = await world.technician()
    with pytest.raises(Refused) as error:
        await world.do(
            world.dispatcher,
            work_orders.assign,
            work_order_id=order.id,
            technician_id=lead.id,
            helper_ids=list(range(1, 1_000)),
        )
    assert codes(error) == {"helper_ids": "OUT_OF_RANGE"}


async def test_what_is_set_up_has_bounds(world: World) -> None:
    place = {"site_id": world.site.id, "parent_id": None, "kind": PlaceKind.ROOM}
    party = {"site_id": world.site.id, "name": "李雷"}
    technician = {
        "code": "T1",
        "name": "张伟",
        "kind": TechnicianKind.STAFF,
        "travel": Travel.WALK,
        "skills": [Skill("plumbing", 1)],
        "site_ids": [world.site.id],
    }
    user = {"username": "u", "name": "u"}
    cases: list[tuple[Any, dict[str, Any], dict[str, str]]] = [
        (sites.create_place, {**place, "name": "x" * 201}, {"name": "TOO_LONG"}),
        (
            sites.create_place,
            {**place, "name": "x", "access_notes": "x" * 2_001},
            {"access_notes": "TOO_LONG"},
        ),
        (
            sites.create_asset,
            {"site_id": world.site.id, "tag": "x" * 81, "name": "泵"},
            {"tag": "TOO_LONG"},
        ),
        (sites.create_party, {**party, "phones": ["1" * 41]}, {"phones": "TOO_LONG"}),
        (sites.create_party, {**party, "phones": ["1"] * 11}, {"phones": "OUT_OF_RANGE"}),
        (technicians.create, {**technician, "code": "x" * 41}, {"code": "TOO_LONG"}),
        (technicians.create, {**technician, "phone": "1" * 41}, {"phone": "TOO_LONG"}),
        (
            technicians.create,
            {**technician, "skills": [Skill("plumbing", 1), Skill("plumbing", 2)]},
            {"skills.trade": "BAD_INPUT"},
        ),
        (accounts.create_user, {**user, "username": "x" * 81}, {"username": "TOO_LONG"}),
        (accounts.create_user, {**user, "language": "tlh"}, {"language": "BAD_INPUT"}),
    ]
    before = await world.counts()
    for service, arguments, fault in cases:
        with pytest.raises(Refused) as error:
            await world.do(world.root, service, **arguments)
        assert codes(error) == fault
    assert await world.counts() == before


async def test_a_tree_of_places_ends_before_its_column_does(world: World) -> None:
    async def grow(parent: int | None = None) -> None:
        for depth in range(200):
            place = await world.do(
                world.root,
                sites.create_place,
                site_id=world.site.id,
                parent_id=parent,
                kind=PlaceKind.ROOM,
                name=f"{depth}",
            )
            parent = place.id

    with pytest.raises(Refused) as error:
        await grow()
    assert codes(error) == {"parent_id": "TOO_LONG"}


async def test_the_same_thing_named_twice_is_one_or_refused(world: World) -> None:
    room = world.rooms[0].id
    await world.do(
        world.root,
        sites.create_party,
        site_id=world.site.id,
        name="李雷",
        phones=[],
        place_ids=[room, room],
    )
    technician, _ = await world.technician()
    day = {"technician_id": technician.id, "day": world.clock.now.date()}
    for starts, ends, field in ((None, None, "day"), (time(8), time(12), "starts")):
        hours = {"starts": starts, "ends": ends}
        await world.do(world.root, technicians.add_shift_exception, **day, **hours)
        with pytest.raises(Refused) as error:
            await world.do(world.root, technicians.add_shift_exception, **day, **hours)
        assert codes(error) == {field: "ALREADY_EXISTS"}


async def test_an_order_asks_for_a_trade_that_the_company_has(world: World) -> None:
    order = await world.order()
    with pytest.raises(Refused) as error:
        await world.do(
            world.dispatcher, work_orders.create, ticket_id=order.ticket_id, trade="alchemy"
        )
    assert codes(error) == {"trade": "NOT_FOUND"}
    assert "plumbing" in error.value.refusals[0].allowed


async def test_a_break_is_no_negative_time(world: World) -> None:
    technician, _ = await world.technician()
    with pytest.raises(Refused) as error:
        await world.do(
            world.root,
            technicians.add_shift_pattern,
            technician_id=technician.id,
            weekdays=[0],
            starts=time(8),
            ends=time(18),
            break_minutes=-5,
            valid_from=date(2026, 1, 1),
        )
    assert codes(error) == {"break_minutes": "OUT_OF_RANGE"}
