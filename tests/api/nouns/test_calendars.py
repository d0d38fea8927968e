"""The business calendar as a client of the API reads and corrects it."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.services import policies
from tests.api.client import Client, gid

MORNING = False
"""The site stays in Shanghai."""

CALENDAR = """
query($site: ID!, $from: Date!, $to: Date!) {
  calendar(siteId: $site, from: $from, to: $to) {
    day kind name season isOwn open { startsAt endsAt }
  }
}
"""
SET = """
mutation($input: CalendarDaySetInput!) {
  calendarDaySet(input: $input) { day { day kind name } userErrors { code field } }
}
"""
CLEAR = """
mutation($input: CalendarDayClearInput!) {
  calendarDayClear(input: $input) { site { id } userErrors { code field } }
}
"""


async def _days(client: Client, first: str, last: str) -> dict[str, Any]:
    token = await client.token(client.world.desk)
    given = {"site": gid(client.world.site), "from": first, "to": last}
    days = (await client.gql(CALENDAR, given, token=token)).data["calendar"]
    return {each["day"]: each for each in days}


@pytest.mark.rule("RST-2")
async def test_the_calendar_knows_the_countrys_days_and_takes_corrections(client: Client) -> None:
    world = client.world
    days = await _days(client, "2026-02-13", "2026-02-24")
    assert (days["2026-02-14"]["kind"], len(days["2026-02-14"]["open"])) == ("WORKDAY", 1)
    assert (days["2026-02-17"]["kind"], days["2026-02-17"]["open"]) == ("HOLIDAY", [])
    assert "Spring Festival" in days["2026-02-17"]["name"]
    assert days["2026-02-15"]["kind"] is None
    assert days["2026-02-15"]["open"] == []
    assert days["2026-02-24"]["open"] == [
        {"startsAt": "2026-02-24T01:00:00Z", "endsAt": "2026-02-24T09:30:00Z"}
    ]
    manager = await client.token(world.actors[Role.PROJECT_MANAGER])
    given = {"siteId": gid(world.site), "day": "2026-02-15", "kind": "WORKDAY", "name": "调休"}
    for _ in range(2):
        answer = await client.gql(SET, {"input": given}, token=manager)
        assert answer.data["calendarDaySet"]["userErrors"] == []
    plain = {"siteId": gid(world.site), "day": "2026-02-23"}
    await client.gql(SET, {"input": plain}, token=manager)
    days = await _days(client, "2026-02-15", "2026-02-23")
    assert (days["2026-02-15"]["kind"], days["2026-02-15"]["isOwn"]) == ("WORKDAY", True)
    assert len(days["2026-02-15"]["open"]) == 1
    assert (days["2026-02-23"]["kind"], len(days["2026-02-23"]["open"])) == (None, 1)
    cleared = await client.gql(CLEAR, {"input": plain}, token=manager)
    assert cleared.data["calendarDayClear"]["userErrors"] == []
    assert (await _days(client, "2026-02-23", "2026-02-23"))["2026-02-23"]["kind"] == "HOLIDAY"
    gone = await client.gql(CLEAR, {"input": plain}, token=manager)
    assert gone.data["calendarDayClear"]["userErrors"][0]["code"] == "NOT_FOUND"
    kinds = [each.kind for each in await world.events(subject="calendar_day")]
    assert kinds.count("calendar.day_set") == 2 + 1
    assert kinds.count("calendar.day_cleared") == 1
    desk = await client.token(world.desk)
    assert (await client.gql(SET, {"input": plain}, token=desk)).code == "FORBIDDEN"


@pytest.mark.rule("RST-2")
async def test_seasons_and_countries_are_the_policys(client: Client) -> None:
    world = client.world
    hours = [{"weekdays": [0, 1, 2, 3, 4], "starts": "08:00", "ends": "18:00"}]
    season = {"name": "夏令时", "begins": "06-01", "ends": "09-30", "hours": hours}
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"opening": {"seasons": [season], "country": "DE"}},
    )
    days = await _days(client, "2026-09-30", "2026-10-03")
    assert days["2026-09-30"]["season"] == "夏令时"
    assert days["2026-09-30"]["open"][0]["startsAt"] == "2026-09-30T00:00:00Z"
    assert days["2026-10-01"]["season"] is None
    assert days["2026-10-01"]["open"][0]["startsAt"] == "2026-10-01T01:00:00Z"
    assert days["2026-10-03"]["kind"] == "HOLIDAY"
