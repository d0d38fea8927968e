"""Hours of temporary workers: signed off, corrected, summed up, as people do it through the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.rights import Actor, Role
from dispatch.domain.technicians import PayBasis, TechnicianKind
from dispatch.services import execution, technicians, work_orders
from dispatch.services.completions import HoursInput
from dispatch.store.pay_sheets import SignedHours
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.nouns.desk import Hand, hand
from tests.factories import World

SHEET = """
query($site: ID!, $who: ID!, $day: Date!) {
  paySheet(siteId: $site, technicianId: $who, from: $day, to: $day) {
    worked
    lines { id worked counted reason signedByName workOrder { number } }
    days { day worked amount currency }
    totals { amount currency }
    unsigned { day worked workOrder { number } }
  }
}
"""
HOURS = "signedHours { id worked counted day payAmount signedByName }"


async def temporary(world: World, rate: str = "36") -> tuple[Technician, Actor]:
    who, actor = await world.technician("Zhao", kind=TechnicianKind.TEMPORARY)
    await world.do(
        world.root,
        technicians.set_terms,
        technician_id=who.id,
        pay_basis=PayBasis.HOURLY,
        pay_amount=Decimal(rate),
        pay_currency="CNY",
    )
    return who, actor


async def done(
    world: World, lead: Technician, account: Actor, helper: Technician, *, minutes: int
) -> WorkOrder:
    """An order that the lead carried out with a helper, whose hours are told."""
    order = await world.public_order(crew_size=2)
    of = {"work_order_id": order.id}
    await world.do(
        world.dispatcher,
        work_orders.assign,
        technician_id=lead.id,
        helper_ids=[helper.id],
        **of,
    )
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(account, step, **of)
    hours = [HoursInput(each.id, minutes * 60) for each in (lead, helper)]
    await world.do(
        account,
        execution.complete,
        found="x",
        cause="x",
        done="x",
        signature="x",
        hours=hours,
        **of,
    )
    return order


async def sheet(reader: Hand, world: World, who: Technician) -> dict[str, Any]:
    day = world.clock.now.astimezone(ZoneInfo(world.site.time_zone)).date()
    given = {"site": gid(world.site), "who": gid(who), "day": day.isoformat()}
    return (await reader.ask(SHEET, **given))["paySheet"]


@pytest.mark.rule("RST-6")
async def test_signed_hours_sum_up_to_the_pay_sheet(client: Client) -> None:
    world = client.world
    lead, account = await world.technician("Li")
    who, worker = await temporary(world)
    first = await done(world, lead, account, who, minutes=90)
    second = await done(world, lead, account, who, minutes=50)
    leader = await hand(client, account)
    temp = await hand(client, worker)
    boss = await hand(client, world.actors[Role.TEAM_LEADER])
    of = {"technicianId": gid(who)}
    empty = await sheet(boss, world, who)
    assert (empty["worked"], empty["totals"]) == ("PT0S", [])
    assert [each["worked"] for each in empty["unsigned"]] == ["PT1H30M", "PT50M"]
    # Nobody signs for themself; the lead of the crew does.
    assert await temp.forbidden("hoursSign", workOrderId=gid(first), **of) == "FORBIDDEN"
    signed = await leader.do("hoursSign", HOURS, workOrderId=gid(first), **of)
    assert signed["signedHours"]["worked"] == "PT1H30M"
    assert signed["signedHours"]["signedByName"] == account.name
    again = {"workOrderId": gid(first), **of}
    assert await leader.refused("hoursSign", **again) == "ALREADY_EXISTS"
    less = {"workOrderId": gid(second), "worked": "PT40M", **of}
    assert await leader.refused("hoursSign", **less) == "REQUIRED"
    shorter = await leader.do("hoursSign", HOURS, **less, reason="中途离开")
    assert shorter["signedHours"]["counted"] == "PT50M"
    found = await sheet(temp, world, who)
    assert found["unsigned"] == []
    assert [each["worked"] for each in found["lines"]] == ["PT1H30M", "PT40M"]
    assert [each["workOrder"]["number"] for each in found["lines"]] == [first.number, second.number]
    # Finance reads what is to be paid, and signs nothing.
    payer = await hand(client, world.actors[Role.FINANCE])
    assert await sheet(payer, world, who) == found
    assert await payer.forbidden("hoursSign", workOrderId=gid(first), **of) == "FORBIDDEN"
    # 36 an hour: 54 and 24.
    (day,) = found["days"]
    assert (day["worked"], Decimal(day["amount"]), day["currency"]) == ("PT2H10M", 78, "CNY")
    assert [Decimal(each["amount"]) for each in found["totals"]] == [78]


@pytest.mark.rule("RST-6")
async def test_signed_hours_never_change_and_a_correction_says_why(client: Client) -> None:
    world = client.world
    lead, account = await world.technician("Li")
    who, _ = await temporary(world)
    order = await done(world, lead, account, who, minutes=60)
    leader = await hand(client, account)
    boss = await hand(client, world.actors[Role.SUPERVISOR])
    signed = await leader.do("hoursSign", HOURS, workOrderId=gid(order), technicianId=gid(who))
    of = {"signedHoursId": signed["signedHours"]["id"], "worked": "PT30M"}
    assert await boss.refused("hoursCorrect", **of, reason=" ") == "REQUIRED"
    assert await leader.refused("hoursCorrect", **of, reason="x") == "NOT_FOUND"
    # Another rate by now: what was agreed when they were signed holds.
    await world.do(
        world.root,
        technicians.set_terms,
        technician_id=who.id,
        pay_basis=PayBasis.HOURLY,
        pay_amount=Decimal(99),
        pay_currency="CNY",
    )
    fixed = await boss.do("hoursCorrect", HOURS, **of, reason="重复计时")
    assert Decimal(fixed["signedHours"]["payAmount"]) == 36
    assert await boss.refused("hoursCorrect", **of, reason="x") == "ALREADY_EXISTS"
    found = await sheet(boss, world, who)
    assert [(each["worked"], each["reason"]) for each in found["lines"]] == [("PT30M", "重复计时")]
    assert [Decimal(each["amount"]) for each in found["totals"]] == [18]
    rows = await world.rows(SignedHours)
    assert [(row.seconds, row.corrects_id) for row in rows] == [(3600, None), (1800, rows[0].id)]
    kinds = [each.kind for each in await world.events(subject="signed_hours")]
    assert kinds == ["signed_hours.signed", "signed_hours.corrected"]


@pytest.mark.rule("RST-6")
async def test_only_what_is_done_by_temporary_workers_is_signed(client: Client) -> None:
    world = client.world
    lead, account = await world.technician("Li")
    who, worker = await temporary(world)
    staff, _ = await world.technician("Qian")
    boss = await hand(client, world.actors[Role.SUPERVISOR])
    open_order = await world.public_order()
    of = {"technicianId": gid(who)}
    assert await boss.refused("hoursSign", workOrderId=gid(open_order), **of) == "WRONG_STEP"
    order = await done(world, lead, account, staff, minutes=30)
    given = {"workOrderId": gid(order), "technicianId": gid(staff)}
    assert await boss.refused("hoursSign", **given) == "BAD_INPUT"
    assert await boss.refused("hoursSign", workOrderId=gid(order), **of) == "NOT_FOUND"
    # A worker who led the crew is signed for by a leader of the site; others see no sheet.
    alone = await done(world, who, worker, staff, minutes=30)
    temp = await hand(client, worker)
    given = {"workOrderId": gid(alone), **of}
    assert await temp.forbidden("hoursSign", **given) == "FORBIDDEN"
    await boss.do("hoursSign", HOURS, **given)
    colleague = await hand(client, account)
    day = world.clock.now.astimezone(ZoneInfo(world.site.time_zone)).date().isoformat()
    variables = {"site": gid(world.site), "who": gid(who), "day": day}
    answer = await client.gql(SHEET, variables, token=colleague.token)
    assert answer.code == "FORBIDDEN"
