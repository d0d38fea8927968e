"""The duty roster, and work out of hours, as people meet them through the API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.rights import Role
from dispatch.services import firing, policies
from tests.api.client import Client, gid
from tests.api.nouns.desk import Hand, hand, report
from tests.factories import World

DAYS = """
query($site: ID!) {
  dutyDays(siteId: $site, first: 5) {
    nodes { day publishedAt people { post name technician { name } } }
  }
}
"""
GAPS = "query($site: ID!) { dutyGaps(siteId: $site) { day kind people } }"
QUEUE = """
query($site: ID!) {
  tickets(siteId: $site, first: 5, filter: { intakeBy: { eq: DUTY_CENTRE } }) {
    nodes { id intakeBy }
  }
}
"""


def today(world: World) -> date:
    return world.clock.now.astimezone(ZoneInfo(world.site.time_zone)).date()


async def set_days(boss: Hand, world: World, count: int, **people: Any) -> None:
    for ahead in range(count):
        day = (today(world) + timedelta(days=ahead)).isoformat()
        await boss.do("dutyDaySet", "dutyDay { day }", siteId=gid(world.site), day=day, **people)


@pytest.mark.rule("RST-4")
async def test_the_roster_is_set_published_and_its_gaps_are_shown(client: Client) -> None:
    world = client.world
    who, account = await world.technician("Li")
    manager = world.users[Role.PROJECT_MANAGER]
    boss = await hand(client, world.actors[Role.SUPERVISOR])
    technician = await hand(client, account)
    # A delegate for whatever holiday the country keeps these days.
    people = {
        "managerIds": [gid(manager)],
        "technicianIds": [gid(who)],
        "deskIds": [gid(world.users[Role.DESK])],
        "delegateId": gid(world.users[Role.SUPERVISOR]),
    }
    await set_days(boss, world, 3, **people)
    site = gid(world.site)
    assert (await technician.ask(DAYS, site=site))["dutyDays"]["nodes"] == []
    first, last = today(world), today(world) + timedelta(days=3)
    await boss.do(
        "dutyDaysPublish",
        "site { id }",
        siteId=site,
        fromDay=first.isoformat(),
        toDay=last.isoformat(),
    )
    days = (await technician.ask(DAYS, site=site))["dutyDays"]["nodes"]
    assert [each["day"] for each in days] == [
        (first + timedelta(days=ahead)).isoformat() for ahead in range(3)
    ]
    assert {each["post"]: each["name"] for each in days[0]["people"]} == {
        "MANAGER": manager.name,
        "TECHNICIAN": "Li",
        "DESK": world.users[Role.DESK].name,
        "DELEGATE": world.users[Role.SUPERVISOR].name,
    }
    desk = await hand(client, world.desk)
    gaps = (await desk.ask(GAPS, site=site))["dutyGaps"]
    assert {each["day"] for each in gaps} == {last.isoformat()}
    assert {"NO_MANAGER", "NO_TECHNICIAN", "NO_DESK", "UNPUBLISHED"} <= {
        each["kind"] for each in gaps
    }
    assert (
        await boss.refused(
            "dutyDaysPublish", siteId=site, fromDay=first.isoformat(), toDay=last.isoformat()
        )
    ) == "NOT_FOUND"
    given = {"siteId": site, "day": first.isoformat()}
    assert await desk.forbidden("dutyDaySet", **given) == "FORBIDDEN"


@pytest.mark.rule("RST-3")
async def test_out_of_hours_the_duty_centre_and_the_technician_on_duty_are_next(
    client: Client,
) -> None:
    world = client.world
    who, account = await world.technician("Li")
    boss = await hand(client, world.actors[Role.SUPERVISOR])
    # The desk is closed at this hour of every day; those of yesterday are on duty until noon.
    closed = [{"weekdays": list(range(7)), "starts": "22:00", "ends": "23:00"}]
    document = {"opening": {"hours": closed, "country": None}, "duty": {"turnover": "00:00"}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    people = {"technicianIds": [gid(who)], "deskIds": [gid(world.users[Role.DESK])]}
    await set_days(boss, world, 1, **people)
    day = today(world).isoformat()
    site = gid(world.site)
    await boss.do("dutyDaysPublish", "site { id }", siteId=site, fromDay=day, toDay=day)
    resident = await hand(client, world.resident)
    made = await resident.do(
        "ticketCreate", "ticket { id intakeBy }", **report(world, channel="APP")
    )
    assert made["ticket"]["intakeBy"] == "DUTY_CENTRE"
    desk = await hand(client, world.desk)
    listed = (await desk.ask(QUEUE, site=site))["tickets"]["nodes"]
    assert [each["id"] for each in listed] == [made["ticket"]["id"]]
    inbox = await desk.ask("{ myMessages(first: 5) { nodes { kind } } }")
    assert "DUTY_INTAKE" in {each["kind"] for each in inbox["myMessages"]["nodes"]}
    leaf = await world.category("tap_leak")
    await desk.do(
        "ticketTriage", "ticket { id }", ticketId=made["ticket"]["id"], categoryId=gid(leaf)
    )
    world.clock.forward(minutes=1)
    while await world.do(world.root, firing.fire_due):
        pass
    technician = await hand(client, account)
    mine = await technician.ask("{ workOrders(first: 5) { nodes { state dispatchStep } } }")
    assert mine["workOrders"]["nodes"] == [{"state": "ASSIGNED", "dispatchStep": "DIRECTED"}]
