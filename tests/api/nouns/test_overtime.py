"""Overtime as technicians, dispatchers and supervisors meet it through the API."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.rights import Role
from tests.api.client import Client, gid
from tests.api.nouns.desk import hand
from tests.factories import another_site

FIELDS = "shiftExtension { id state day startsAt endsAt technician { name } version }"
BOARD = """
query($site: ID!, $day: Date!) {
  board(siteId: $site, day: $day) {
    lanes(first: 10) { nodes { technician { name } shifts { startsAt endsAt } } }
  }
}
"""
OVERTIME = """
query($site: ID!, $who: ID!, $day: Date!) {
  overtime(siteId: $site, technicianId: $who, day: $day) { period counted most left }
}
"""
LIST = """
query($site: ID!) {
  shiftExtensions(siteId: $site, first: 5, filter: { state: { eq: APPROVED } }) {
    totalCount nodes { reason askedByName decidedByName }
  }
}
"""


@pytest.mark.rule("RST-5")
async def test_overtime_is_asked_agreed_approved_counted_and_limited(client: Client) -> None:
    world = client.world
    who, account = await world.technician("Li")
    zone = ZoneInfo(world.site.time_zone)
    day = world.clock.now.astimezone(zone).date()
    ends = datetime.combine(day, time(18), zone)
    dispatcher = await hand(client, world.dispatcher)
    supervisor = await hand(client, world.actors[Role.SUPERVISOR])
    technician = await hand(client, account)
    asked = {
        "siteId": gid(world.site),
        "technicianId": gid(who),
        "startsAt": ends.isoformat(),
        "endsAt": (ends + timedelta(hours=2)).isoformat(),
        "reason": "台风抢修",
    }
    made = (await dispatcher.do("shiftExtensionAsk", FIELDS, **asked))["shiftExtension"]
    assert (made["state"], made["day"]) == ("ASKED", day.isoformat())
    of = {"shiftExtensionId": made["id"]}
    assert await dispatcher.refused("shiftExtensionAsk", **asked) == "WITHIN_SHIFT"
    more = {
        **asked,
        "startsAt": asked["endsAt"],
        "endsAt": (ends + timedelta(hours=5)).isoformat(),
    }
    assert await dispatcher.refused("shiftExtensionAsk", **more) == "OVERTIME_LIMIT"
    assert await dispatcher.forbidden("shiftExtensionAgree", **of) == "FORBIDDEN"
    agreed = await technician.do("shiftExtensionAgree", FIELDS, **of)
    assert agreed["shiftExtension"]["state"] == "AGREED"
    assert await technician.forbidden("shiftExtensionApprove", **of) == "FORBIDDEN"
    approved = await supervisor.do("shiftExtensionApprove", FIELDS, **of)
    assert approved["shiftExtension"]["state"] == "APPROVED"
    board = await dispatcher.ask(BOARD, site=gid(world.site), day=day.isoformat())
    (lane,) = board["board"]["lanes"]["nodes"]
    (shift,) = lane["shifts"]
    assert datetime.fromisoformat(shift["endsAt"]) == ends + timedelta(hours=2)
    given = {"site": gid(world.site), "who": gid(who), "day": day.isoformat()}
    found = (await technician.ask(OVERTIME, **given))["overtime"]
    assert found[0] == {"period": "DAY", "counted": "PT2H", "most": "PT3H", "left": "PT1H"}
    assert [each["counted"] for each in found] == ["PT2H"] * 3
    listed = (await dispatcher.ask(LIST, site=gid(world.site)))["shiftExtensions"]
    assert listed["totalCount"] == 1
    assert listed["nodes"][0] == {
        "reason": "台风抢修",
        "askedByName": world.dispatcher.name,
        "decidedByName": world.actors[Role.SUPERVISOR].name,
    }
    withdrawn = await dispatcher.do("shiftExtensionWithdraw", FIELDS, **of)
    assert withdrawn["shiftExtension"]["state"] == "WITHDRAWN"
    tomorrow = {
        **asked,
        "startsAt": (ends + timedelta(days=1)).isoformat(),
        "endsAt": (ends + timedelta(days=1, hours=1)).isoformat(),
    }
    for step, who_acts, more in (
        ("Decline", technician, {}),
        ("Reject", supervisor, {"reason": "不需要"}),
    ):
        again = (await dispatcher.do("shiftExtensionAsk", FIELDS, **tomorrow))["shiftExtension"]
        done = await who_acts.do(
            f"shiftExtension{step}", FIELDS, shiftExtensionId=again["id"], **more
        )
        assert done["shiftExtension"]["state"] == step.upper().rstrip("E") + "ED"


@pytest.mark.rule("RST-5")
async def test_other_sites_see_nothing_of_it(client: Client) -> None:
    world = client.world
    who, _ = await world.technician()
    start = world.clock.now + timedelta(days=1, hours=12)
    dispatcher = await hand(client, world.dispatcher)
    made = await dispatcher.do(
        "shiftExtensionAsk",
        FIELDS,
        siteId=gid(world.site),
        technicianId=gid(who),
        startsAt=start.isoformat(),
        endsAt=(start + timedelta(hours=1)).isoformat(),
        reason="x",
    )
    far = await another_site(world.services, world.root, code="hill")
    _, stranger = await world.user(Role.SUPERVISOR, site_id=far.id)
    other = await hand(client, stranger)
    of = {"shiftExtensionId": made["shiftExtension"]["id"]}
    assert await other.refused("shiftExtensionApprove", **of) == "NOT_FOUND"
    document = "{ shiftExtensions(first: 5) { totalCount } }"
    assert (await other.ask(document))["shiftExtensions"]["totalCount"] == 0
