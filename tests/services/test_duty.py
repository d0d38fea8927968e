"""Duty out of hours: the roster and its gaps, who takes reports in, who gets the orders."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.calendars import DayKind
from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor, Role
from dispatch.domain.tickets import IntakeBy
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.jobs.periodic import PERIODIC
from dispatch.services import (
    accounts,
    calendars,
    duty,
    duty_roster,
    duty_warnings,
    execution,
    firing,
    offers,
    policies,
    technicians,
)
from dispatch.store.duty_roster import DutyDay, DutyWarning
from dispatch.store.messages import Message
from dispatch.store.offers import OfferRecipient
from dispatch.store.technicians import Technician
from dispatch.store.users import User
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

MONDAY = date(2026, 11, 23)


async def fire(world: World) -> None:
    while await world.do(world.root, firing.fire_due):
        pass


async def roster(
    world: World,
    *people: Technician,
    day: date = MONDAY,
    publish: bool = True,
    by: Actor | None = None,
    **more: Any,
) -> DutyDay:
    manager = world.users[Role.PROJECT_MANAGER].id
    given = {"manager_ids": [manager], "desk_ids": [world.users[Role.DESK].id], **more}
    actor = by or world.actors[Role.SUPERVISOR]
    row = await world.do(
        actor,
        duty_roster.set_day,
        site_id=world.site.id,
        day=day,
        technician_ids=[each.id for each in people],
        **given,
    )
    if publish:
        days = {"from_day": day, "to_day": day}
        await world.do(actor, duty_roster.publish, site_id=world.site.id, **days)
    return row


async def gaps(world: World) -> list[tuple[int, str, int]]:
    """Days ahead, kind, people."""
    async with world.services.reading(world.root) as tx:
        found = await duty_roster.gaps_ahead(tx, world.site)
    today = duty.local_date(world.site, world.clock.now)
    return [((gap.day - today).days, gap.kind.value, gap.people) for gap in found]


async def order_of(world: World, order: WorkOrder) -> WorkOrder:
    return (await world.rows(WorkOrder, WorkOrder.id == order.id))[0]


def tonight(world: World) -> datetime:
    """20:00 of the world's Monday."""
    world.clock.forward(hours=11)
    return world.clock.now


@pytest.mark.rule("RST-4")
async def test_a_gap_is_shown_three_days_ahead_and_told_once_a_day(world: World) -> None:
    who, _ = await world.technician()
    for ahead in range(3):
        await roster(world, who, day=MONDAY + timedelta(days=ahead))
    third = MONDAY + timedelta(days=3)
    missing = [(3, "NO_MANAGER", 1), (3, "NO_TECHNICIAN", 1), (3, "NO_DESK", 1)]
    assert await gaps(world) == [*missing, (3, "UNPUBLISHED", 0)]
    await roster(world, day=third, publish=False)
    assert await gaps(world) == [(3, "NO_TECHNICIAN", 1), (3, "UNPUBLISHED", 0)]
    assert await duty_warnings.warn_all(world.services) == 1
    assert await duty_warnings.warn_all(world.services) == 0
    told = await world.rows(Message, Message.kind == "DUTY_GAP")
    assert {each.user_id for each in told} == {
        world.users[role].id for role in (Role.SUPERVISOR, Role.PROJECT_MANAGER)
    }
    assert told[0].params == {"days": [third.isoformat()], "gaps": ["NO_TECHNICIAN", "UNPUBLISHED"]}
    world.clock.forward(days=1)
    assert await duty_warnings.warn_all(world.services) == 1
    assert len(await world.rows(DutyWarning)) == 2
    assert "warn_of_duty_gaps" in {each.name for each in PERIODIC}


@pytest.mark.rule("RST-4")
async def test_who_is_away_then_leaves_a_gap_and_a_whole_roster_none(world: World) -> None:
    who, _ = await world.technician()
    for ahead in range(4):
        await roster(world, who, day=MONDAY + timedelta(days=ahead))
    assert await gaps(world) == []
    assert await duty_warnings.warn_all(world.services) == 0
    starts_at = world.clock.now + timedelta(days=2, hours=12)
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=who.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
    )
    assert await gaps(world) == [(2, "NO_TECHNICIAN", 1)]
    holiday = MONDAY + timedelta(days=1)
    await world.do(
        world.root,
        calendars.set_day,
        site_id=world.site.id,
        day=holiday,
        kind=DayKind.HOLIDAY,
    )
    assert (1, "NO_DELEGATE", 1) in await gaps(world)
    document = {"duty": {"ahead_days": 0, "warn_from": "10:00"}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    assert await gaps(world) == []


@pytest.mark.rule("RST-4")
async def test_warnings_wait_for_their_hour(world: World) -> None:
    world.clock.forward(hours=-2)
    assert await duty_warnings.warn_all(world.services) == 0
    world.clock.forward(hours=1)
    assert await duty_warnings.warn_all(world.services) == 1


@pytest.mark.rule("RST-4")
async def test_everybody_on_it_is_told_of_what_is_published_and_changed(world: World) -> None:
    first, _ = await world.technician("first")
    second, _ = await world.technician("second")
    row = await roster(world, first, publish=False)
    assert await world.rows(Message, Message.kind == "DUTY_PUBLISHED") == []
    days = {"from_day": MONDAY, "to_day": MONDAY}
    supervisor = world.actors[Role.SUPERVISOR]
    await world.do(supervisor, duty_roster.publish, site_id=world.site.id, **days)
    told = await world.rows(Message, Message.kind == "DUTY_PUBLISHED")
    assert {each.params["post"] for each in told} == {"MANAGER", "TECHNICIAN", "DESK"}
    with pytest.raises(Refused):
        await world.do(supervisor, duty_roster.publish, site_id=world.site.id, **days)
    changed = await roster(world, second, publish=False)
    assert changed.published_at is not None
    assert changed.version > row.version
    told = await world.rows(Message, Message.kind == "DUTY_CHANGED")
    assert {each.technician_id for each in told} == {first.id, second.id}
    with pytest.raises(Refused) as refused:
        await roster(world, first, version=row.version)
    assert refused.value.refusals[0].code.value == "STALE_VERSION"


@pytest.mark.rule("RST-4")
async def test_only_people_who_can_are_put_on_it(world: World) -> None:
    who, _ = await world.technician()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"manager_ids": [world.users[Role.RESIDENT].id]}, "manager_ids"),
        ({"desk_ids": [world.users[Role.ANALYST].id]}, "desk_ids"),
        ({"delegate_id": world.users[Role.DESK].id}, "delegate_id"),
    ]
    for more, field in wrong:
        with pytest.raises(Refused) as refused:
            await roster(world, who, **more)
        assert refused.value.refusals[0].field == (field,)
    with pytest.raises(Refused) as refused:
        await roster(world, who, by=world.dispatcher)
    assert refused.value.refusals[0].code.value == "FORBIDDEN"


@pytest.mark.rule("RST-3")
async def test_out_of_hours_reports_go_to_the_duty_centre(world: World) -> None:
    who, _ = await world.technician()
    await roster(world, who)
    assert (await world.ticket()).intake_by is IntakeBy.DESK
    tonight(world)
    reported = await world.ticket(world.resident)
    assert reported.intake_by is IntakeBy.DUTY_CENTRE
    told = await world.rows(Message, Message.kind == "DUTY_INTAKE")
    assert [(each.user_id, each.ticket_id) for each in told] == [
        (world.users[Role.DESK].id, reported.id)
    ]
    # The hours are the policy's.
    hours = [{"weekdays": list(range(7)), "starts": "08:00", "ends": "22:00"}]
    document = {"opening": {"hours": hours}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    assert (await world.ticket()).intake_by is IntakeBy.DESK


@pytest.mark.rule("RST-3")
async def test_out_of_hours_an_order_goes_straight_to_the_technician_on_duty(world: World) -> None:
    await world.technician("works late")
    busy, _ = await world.technician("busy")
    who, actor = await world.technician("on duty")
    other, _ = await world.technician("other trade", trades={"electrical": 2})
    await roster(world, other, busy, who)
    by_day = await world.public_order(priority=Priority.NORMAL)
    await fire(world)
    assert (await order_of(world, by_day)).state is WorkOrderState.QUEUED
    tonight(world)
    await fire(world)
    second = await world.public_order(priority=Priority.NORMAL)
    await fire(world)
    held = {each.work_order_id: each for each in await world.rows(Assignment)}
    # What waited when the desk closed goes there, too; then the other one has less to do.
    assert held[by_day.id].technician_id == busy.id
    assert held[second.id].technician_id == who.id
    assert held[second.id].step is AssignmentStep.DIRECTED
    assert held[second.id].why["on_duty"] is True
    told = await world.rows(Message, Message.kind == "ORDER_ASSIGNED")
    assert who.id in {each.technician_id for each in told}
    # One who declines is not asked again: the other one on duty is.
    await world.do(actor, execution.decline, work_order_id=second.id, reason="在外地")
    await fire(world)
    held = {each.work_order_id: each for each in await world.rows(Assignment)}
    assert held[second.id].technician_id == busy.id
    # What is not accepted in time goes the way of every order.
    world.clock.forward(minutes=11)
    await fire(world)
    assert (await order_of(world, second)).dispatch_step is not AssignmentStep.DIRECTED


@pytest.mark.rule("RST-3")
async def test_who_is_on_call_counts_as_on_duty_out_of_hours_alone(world: World) -> None:
    who, _ = await world.technician()
    await roster(world, who)
    document = {"duty": {"direct": False}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    tonight(world)
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    offered = await world.rows(OfferRecipient)
    assert [each.technician_id for each in offered] == [who.id]
    async with world.services.reading(world.root) as tx:
        for hours, works in ((0, True), (12, True), (13, True), (24, False)):
            at = world.clock.now + timedelta(hours=hours)
            assert await duty.is_on_duty(tx, who.id, site=world.site, at=at) is works
        # Until the turnover in the morning; the shift begins at eight.
        dawn = world.clock.now + timedelta(hours=11)
        assert await duty.is_on_duty(tx, who.id, site=world.site, at=dawn)


@pytest.mark.rule("RST-3")
async def test_on_holidays_the_delegate_comes_first(world: World) -> None:
    who, _ = await world.technician()
    await world.do(
        world.root,
        calendars.set_day,
        site_id=world.site.id,
        day=MONDAY,
        kind=DayKind.HOLIDAY,
    )
    delegate = world.users[Role.SUPERVISOR]
    await roster(world, who, delegate_id=delegate.id)
    reported = await world.ticket(world.resident)
    told = await world.rows(Message, Message.kind == "DUTY_INTAKE")
    assert {each.user_id for each in told if each.ticket_id == reported.id} == {
        delegate.id,
        world.users[Role.DESK].id,
    }
    order = await world.public_order(priority=Priority.NORMAL)
    urgent = await world.public_order(priority=Priority.EMERGENCY)
    await fire(world)
    assert (await order_of(world, order)).state is WorkOrderState.QUEUED
    (called,) = await world.rows(Message, Message.kind == "MUST_ASSIGN")
    assert (called.user_id, called.params["cause"]) == (delegate.id, "HOLIDAY")
    # An emergency waits for nobody.
    assert (await order_of(world, urgent)).state is WorkOrderState.ASSIGNED
    world.clock.forward(minutes=11)
    await fire(world)
    held = {each.work_order_id: each for each in await world.rows(Assignment)}
    assert held[order.id].technician_id == who.id


@pytest.mark.rule("RST-3")
async def test_a_delegate_who_is_a_technician_fit_for_it_gets_the_order(world: World) -> None:
    who, _ = await world.technician()
    lead, _ = await world.technician("delegate")
    (user,) = await world.rows(User, User.technician_id == lead.id)
    given = {"user_id": user.id, "role": Role.TEAM_LEADER, "site_id": world.site.id}
    await world.do(world.root, accounts.grant_role, **given)
    await world.do(
        world.root,
        calendars.set_day,
        site_id=world.site.id,
        day=MONDAY,
        kind=DayKind.HOLIDAY,
    )
    await roster(world, who, delegate_id=user.id)
    order = await world.public_order()
    await fire(world)
    held = {each.work_order_id: each for each in await world.rows(Assignment)}
    assert held[order.id].technician_id == lead.id
