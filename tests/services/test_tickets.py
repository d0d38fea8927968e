"""Intake and triage."""

import asyncio
from datetime import timedelta

import pytest

from dispatch.domain.errors import Code, Refused
from dispatch.domain.rights import Actor, Role
from dispatch.domain.tickets import Area, Channel, Resolution, TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import WorkOrderState
from dispatch.services import remote_help, tickets, work_orders
from dispatch.store.callbacks import Callback
from dispatch.store.events import Event
from dispatch.store.idempotency import IdempotencyKey
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.factories import World


def codes(error: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    """Field to code of every refusal."""
    return {".".join(each.field): each.code.value for each in error.value.refusals}


@pytest.mark.rule("INT-1")
async def test_a_ticket_keeps_everything_that_was_said(world: World) -> None:
    asked = world.clock.now + timedelta(hours=3)
    ticket = await world.ticket(
        landmark="东门对面",
        floor="1",
        unit="甲单元",
        photos=["photo-1"],
        asset_name="水龙头",
        asset_model="X-1",
        asset_tag="TAP-7",
        wished_from=asked,
        wished_to=asked + timedelta(hours=2),
        area=Area.IN_HOME,
    )
    [stored] = await world.rows(Ticket)
    assert stored.number == "TK-20261123-0001" == ticket.number
    assert (stored.kind, stored.channel) == (TicketKind.REPAIR, Channel.PHONE)
    assert (stored.requester_name, stored.requester_phone) == ("王芳", "13800000000")
    assert (stored.landmark, stored.floor, stored.unit) == ("东门对面", "1", "甲单元")
    assert (stored.asset_name, stored.asset_model, stored.asset_tag) == ("水龙头", "X-1", "TAP-7")
    assert (stored.wished_from, stored.photos) == (asked, ["photo-1"])
    assert (stored.taken_by_name, stored.reported_at) == (world.desk.name, world.clock.now)
    assert stored.area is Area.IN_HOME
    # The room has no point of its own: the building's stands for it.
    assert (stored.latitude, stored.longitude) == (31.300, 120.600)


@pytest.mark.rule("INT-1")
async def test_each_missing_field_gets_its_own_refusal_and_nothing_is_written(world: World) -> None:
    before = await world.counts()
    with pytest.raises(Refused) as error:
        await world.ticket(description=" ", requester_name=None, requester_phone="", place_id=None)
    assert codes(error) == {
        "description": "REQUIRED",
        "requester_name": "REQUIRED",
        "requester_phone": "REQUIRED",
        "place_id": "REQUIRED",
    }
    assert await world.counts() == before


@pytest.mark.rule("INT-1")
async def test_a_text_that_is_too_long_is_refused_not_cut(world: World) -> None:
    with pytest.raises(Refused) as error:
        await world.ticket(description="漏" * 10_001, building="楼" * 201)
    assert codes(error) == {"description": "TOO_LONG", "building": "TOO_LONG"}
    assert await world.rows(Ticket) == []


@pytest.mark.rule("INT-2")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_channel_enters_the_same_flow(world: World) -> None:
    leaf = await world.category("tap_leak")
    for channel in Channel:
        ticket = await world.ticket(channel=channel)
        assert ticket.state is TicketState.NEW
        triaged = await world.do(
            world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id
        )
        assert triaged.state is TicketState.TRIAGED
    orders = await world.rows(WorkOrder)
    assert len(orders) == len(Channel) == 14
    assert {order.state for order in orders} == {WorkOrderState.QUEUED}


@pytest.mark.rule("INT-3")
async def test_the_desk_reports_for_another_in_one_call(world: World) -> None:
    ticket = await world.ticket(party_id=world.party.id, requester_name=None, requester_phone=None)
    assert (ticket.party_id, ticket.requester_name) == (world.party.id, "王芳")
    assert ticket.requester_phone == "13800000000"
    assert ticket.taken_by_id == world.desk.user_id


@pytest.mark.rule("INT-3")
async def test_a_resident_reports_for_their_own_unit_alone(world: World) -> None:
    own = await world.ticket(world.resident, channel=Channel.APP)
    assert own.party_id == world.party.id
    with pytest.raises(Refused) as error:
        await world.ticket(world.resident, channel=Channel.APP, place_id=world.rooms[1].id)
    assert codes(error) == {"place_id": "NOT_OWN_UNIT"}
    with pytest.raises(Refused) as error:
        await world.ticket(
            world.resident, channel=Channel.APP, place_id=None, location_text="2 幢 101"
        )
    assert codes(error) == {"place_id": "NOT_OWN_UNIT"}
    with pytest.raises(Refused) as error:
        await world.ticket(world.resident, channel=Channel.APP, party_id=world.party.id + 1)
    assert codes(error) == {"party_id": "NOT_FOUND"}
    public = await world.ticket(world.resident, channel=Channel.APP, place_id=world.garden.id)
    assert public.area is Area.PUBLIC
    # An account that belongs to nobody's units yet has none of its own.
    _, newcomer = await world.user(Role.RESIDENT)
    with pytest.raises(Refused) as error:
        await world.ticket(newcomer, channel=Channel.APP)
    assert codes(error) == {"place_id": "NOT_OWN_UNIT"}


@pytest.mark.rule("INT-4")
async def test_a_thin_wechat_report_waits_for_the_desk_to_complete_it(world: World) -> None:
    ticket = await world.ticket(
        channel=Channel.WECHAT, requester_name=None, requester_phone=None, place_id=None
    )
    assert (ticket.state, ticket.is_complete) == (TicketState.NEW, False)
    leaf = await world.category("tap_leak")
    with pytest.raises(Refused) as error:
        await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    assert set(codes(error)) == {"requester_name", "requester_phone", "place_id"}
    completed = await world.do(
        world.desk,
        tickets.update,
        ticket_id=ticket.id,
        version=ticket.version,
        changes={
            "requester_name": "李雷",
            "requester_phone": "139",
            "place_id": world.rooms[2].id,
        },
    )
    assert completed.is_complete
    await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    [event] = await world.events("ticket.updated")
    assert event.before["requester_name"] is None
    assert event.after["requester_name"] == "李雷"


@pytest.mark.rule("INT-5")
async def test_the_same_wish_twice_makes_one_ticket(world: World) -> None:
    wish = {
        "site_id": world.site.id,
        "kind": TicketKind.REPAIR,
        "channel": Channel.APP,
        "description": "漏水",
        "place_id": world.rooms[0].id,
    }
    # At the same moment, as a phone on a bad line would.
    first, second, third = await asyncio.gather(
        *(
            world.services.perform_once(world.resident, "key-1", tickets.create, **wish)
            for _ in range(3)
        )
    )
    assert first.id == second.id == third.id
    assert len(await world.rows(Ticket)) == 1
    assert len(await world.events("ticket.created")) == 1
    with pytest.raises(Refused) as error:
        await world.services.perform_once(
            world.resident, "key-1", tickets.create, **{**wish, "description": "停电"}
        )
    assert codes(error) == {"idempotency_key": "IDEMPOTENCY_KEY_REUSED"}
    # Another person's key of the same name is another key.
    await world.services.perform_once(world.desk, "key-1", tickets.create, **wish)
    assert len(await world.rows(Ticket)) == 2


@pytest.mark.rule("INT-5")
async def test_a_refused_wish_may_be_sent_again_under_its_key(world: World) -> None:
    order = await world.public_order()
    refused = {"work_order_id": order.id, "reason": "  "}
    with pytest.raises(Refused):
        await world.services.perform_once(world.desk, "k", work_orders.cancel, **refused)
    assert await world.rows(IdempotencyKey) == []
    done = await world.services.perform_once(
        world.desk, "k", work_orders.cancel, work_order_id=order.id, reason="重复"
    )
    assert done.state is WorkOrderState.CANCELLED


@pytest.mark.rule("TRI-1")
async def test_the_category_gives_trade_level_duration_crew_priority(world: World) -> None:
    ticket = await world.ticket(description="楼上水管坏了", area=None)
    leaf = await world.category("pump_room")
    triaged = await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    given = ("trade", "level", "duration_s", "crew_size", "priority", "chargeable")
    assert [getattr(triaged, name) for name in given] == [getattr(leaf, name) for name in given]
    [order] = await world.rows(WorkOrder)
    assert (order.trade, order.level, order.duration_s, order.crew_size) == (
        leaf.trade,
        leaf.level,
        leaf.duration_s,
        leaf.crew_size,
    )
    assert triaged.due_at == ticket.reported_at + timedelta(hours=2)


@pytest.mark.rule("TRI-1")
async def test_a_group_is_no_category_to_triage_into(world: World) -> None:
    ticket = await world.ticket()
    group = await world.category("water")
    with pytest.raises(Refused) as error:
        await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=group.id)
    assert codes(error) == {"category_id": "CATEGORY_NOT_A_LEAF"}


@pytest.mark.rule("TRI-2")
async def test_danger_words_raise_to_emergency_at_once_and_need_a_reason_to_lower(
    world: World,
) -> None:
    ticket = await world.ticket(description="电梯里有人被困，快来")
    assert ticket.priority is Priority.EMERGENCY
    leaf = await world.category("tap_leak")
    triage = {"ticket_id": ticket.id, "category_id": leaf.id}
    kept = await world.do(world.desk, tickets.triage, **triage)
    assert kept.priority is Priority.EMERGENCY
    with pytest.raises(Refused) as error:
        await world.do(world.desk, tickets.triage, **triage, priority=Priority.LOW)
    assert codes(error) == {"priority_reason": "EMERGENCY_NEEDS_REASON"}
    lowered = await world.do(
        world.desk,
        tickets.triage,
        **triage,
        priority=Priority.NORMAL,
        priority_reason="已致电，人已出来",
    )
    assert lowered.priority is Priority.NORMAL
    [order] = await world.rows(WorkOrder)
    assert order.priority is Priority.NORMAL


@pytest.mark.rule("TRI-2")
async def test_a_dangerous_category_is_an_emergency_whatever_the_words(world: World) -> None:
    ticket = await world.ticket(description="厨房有味道")
    leaf = await world.category("gas_leak")
    triaged = await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    assert triaged.priority is Priority.EMERGENCY
    assert triaged.due_at == ticket.reported_at


async def test_solved_on_the_phone_never_reaches_dispatch_but_owes_a_callback(
    world: World,
) -> None:
    ticket = await world.ticket()
    leaf = await world.category("tap_leak")
    await world.do(
        world.desk,
        tickets.triage,
        ticket_id=ticket.id,
        category_id=leaf.id,
        resolution=Resolution.REMOTE_HELP,
    )
    assert await world.rows(WorkOrder) == []
    solved = await world.do(
        world.desk,
        remote_help.resolve_without_visit,
        ticket_id=ticket.id,
        resolution=Resolution.REMOTE_HELP,
        note="教业主关总阀",
    )
    assert solved.state is TicketState.RESOLVED
    assert len(await world.rows(Callback, Callback.ticket_id == ticket.id)) == 1


async def test_cancelling_a_ticket_ends_its_orders(world: World) -> None:
    order = await world.order()
    await world.do(world.desk, tickets.cancel, ticket_id=order.ticket_id, reason="业主自行修好")
    [order] = await world.rows(WorkOrder)
    [ticket] = await world.rows(Ticket)
    assert (order.state, ticket.state) == (WorkOrderState.CANCELLED, TicketState.CANCELLED)
    with pytest.raises(Refused) as error:
        await world.do(world.desk, tickets.cancel, ticket_id=ticket.id, reason="again")
    [refusal] = error.value.refusals
    assert (refusal.code, refusal.allowed) == (Code.WRONG_STEP, ())


async def test_a_stale_version_is_refused(world: World) -> None:
    ticket = await world.ticket()
    leaf = await world.category("tap_leak")
    triage = {"ticket_id": ticket.id, "category_id": leaf.id, "version": ticket.version}
    await world.do(world.desk, tickets.triage, **triage)
    with pytest.raises(Refused) as error:
        await world.do(world.desk, tickets.triage, **triage)
    assert codes(error) == {"version": "STALE_VERSION"}


@pytest.mark.rule("SEC-4")
async def test_every_change_is_on_record_with_who_when_what_and_from_where(world: World) -> None:
    ticket = await world.ticket()
    leaf = await world.category("tap_leak")
    world.clock.forward(minutes=2)
    await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    created, triaged = await world.events(
        "ticket.created", "ticket.triaged", subject="ticket", subject_id=ticket.id
    )
    assert created.before == {}
    assert created.after["description"] == ticket.description
    undecided = (
        *("category_id", "trade", "level", "duration_s", "crew_size", "chargeable"),
        *("priority", "resolution", "due_at", "answered_at"),
    )
    assert triaged.before == {**dict.fromkeys(undecided), "state": "NEW"}
    assert triaged.after["state"] == "TRIAGED"
    assert (triaged.actor_id, triaged.actor_name) == (world.desk.user_id, world.desk.name)
    assert (triaged.at, triaged.origin) == (world.clock.now, "test")
    assert triaged.site_id == world.site.id
    assert triaged.ticket_id == ticket.id


@pytest.mark.rule("SEC-4")
async def test_the_record_cannot_be_changed_not_even_by_sql(world: World) -> None:
    await world.ticket()
    from sqlalchemy import delete, update
    from sqlalchemy.exc import DBAPIError

    for statement in (update(Event).values(kind="x"), delete(Event)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with world.services.store.writing() as session:
                await session.execute(statement)


@pytest.mark.rule("SEC-4")
async def test_secrets_stay_out_of_the_record(world: World) -> None:
    order = await world.order()
    assert order.door_code is not None
    for event in await world.rows(Event):
        assert "door_code" not in event.after
        assert order.door_code not in str(event.after) + str(event.data)


@pytest.mark.rule("SEC-1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_role_without_the_right_is_refused(world: World) -> None:
    ticket = await world.ticket()
    leaf = await world.category("tap_leak")
    allowed = {
        Role.DESK, Role.DISPATCHER, Role.SUPERVISOR, Role.PROJECT_MANAGER, Role.ADMINISTRATOR,
    }  # fmt: skip
    before = await world.counts()
    for role, actor in world.actors.items():
        if role in allowed:
            continue
        with pytest.raises(Refused) as error:
            await world.do(actor, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
        [refusal] = error.value.refusals
        # Who may not see it at all is not told that it exists.
        blind = role is Role.RESIDENT
        assert refusal.code is (Code.NOT_FOUND if blind else Code.FORBIDDEN), role
    assert await world.counts() == before


@pytest.mark.rule("SEC-1")
async def test_another_sites_ticket_is_not_found(world: World) -> None:
    from tests.factories import another_site

    ticket = await world.ticket()
    elsewhere = await another_site(world.services, world.root, code="hill")
    stranger: Actor
    _, stranger = await world.user(Role.DISPATCHER, site_id=elsewhere.id)
    leaf = await world.category("tap_leak")
    with pytest.raises(Refused) as error:
        await world.do(stranger, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    assert codes(error) == {"ticket_id": "NOT_FOUND"}
    with pytest.raises(Refused) as error:
        await world.ticket(stranger)
    assert codes(error) == {"site_id": "NOT_FOUND"}
