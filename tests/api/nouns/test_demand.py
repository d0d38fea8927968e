"""Demand through the API: each figure equals what the raw record says (ANL-3, ANL-5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from dispatch.services import policies, saturations
from dispatch.store.tickets import Ticket
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.lived import Lived, Told, iso, nearest, retold
from tests.api.nouns.test_on_site import person
from tests.api.nouns.test_service_levels import GROUP, span

DEMAND, BACKLOG = "tickets work ticketsADay", "tickets overdue ageMedian ageP90 ageMost"
ASK = f"""query($siteId: ID, $from: Date!, $to: Date!, $groupBy: [DemandDimension!]! = [],
  $interval: Interval, $timeZone: String, $calendar: ClockCalendar! = ROUND_THE_CLOCK,
  $filter: DemandFilter) {{
  demand(siteId: $siteId, from: $from, to: $to, groupBy: $groupBy, interval: $interval,
    timeZone: $timeZone, calendar: $calendar, filter: $filter) {{
    rows {{ {GROUP} {DEMAND} }} total {{ {DEMAND} }} backlog {{ {GROUP} {BACKLOG} }}
  }}
}}"""


async def ask(who: Person, lived: Lived, **given: Any) -> dict[str, Any]:
    variables = {"siteId": gid(lived.world.site), **span(lived), **given}
    return (await who.client.gql(ASK, variables, token=who.token)).data["demand"]


def counted(told: list[Told], days: int) -> dict[str, Any]:
    kept = [each for each in told if each.row["state"] != "MERGED"]
    work = [(each.row.get("duration_s") or 0) * (each.row.get("crew_size") or 1) for each in kept]
    return {"tickets": len(kept), "work": iso(sum(work)), "ticketsADay": len(kept) / days}


def pick(row: dict[str, Any], names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in names.split()}


@pytest.mark.rule("ANL-3", "ANL-5")
@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York"])
async def test_demand_is_what_the_record_says(
    lived: Lived, lived_client: Client, zone: str
) -> None:
    told = await retold(lived.world)
    there = ZoneInfo(zone)
    first = lived.first.astimezone(there).date()
    days = {"from": first.isoformat(), "to": (first + timedelta(days=9)).isoformat()}
    supervisor = await person(lived_client, Role.SUPERVISOR)
    weekdays = [(first + timedelta(days=ahead)).isoweekday() for ahead in range(10)]

    async def compare(
        key: Callable[[Told], Any],
        read: Callable[[dict[str, Any]], Any],
        number: Callable[[Any], int] = lambda _: 10,
        **given: Any,
    ) -> None:
        seen = await ask(supervisor, lived, **days, timeZone=zone, **given)
        assert seen["total"] == counted(told, 10)
        assert len(seen["rows"]) == len({key(each) for each in told})
        for row in seen["rows"]:
            mine = [each for each in told if key(each) == read(row)]
            assert pick(row, DEMAND) == counted(mine, number(read(row))), given

    def of_weekday(weekday: Any) -> int:
        return weekdays.count(weekday)

    def at(each: Told) -> datetime:
        return each.reported_at.astimezone(there)

    rooms = {each.id: lived.world.building.id for each in lived.world.rooms}
    await compare(lambda each: at(each).hour, lambda row: row["hourOfDay"], groupBy=["HOUR_OF_DAY"])
    await compare(
        lambda each: at(each).isoweekday(),
        lambda row: row["weekday"],
        of_weekday,
        groupBy=["WEEKDAY"],
    )
    await compare(lambda each: each.row.get("trade"), lambda row: row["trade"], groupBy=["TRADE"])
    await compare(
        lambda each: encode("Place", each.row["place_id"]),
        lambda row: row["place"]["id"],
        groupBy=["PLACE"],
    )
    await compare(
        lambda each: encode("Place", rooms.get(each.row["place_id"], 0)),
        lambda row: row["building"]["id"] if row["building"] else encode("Place", 0),
        groupBy=["BUILDING"],
    )
    await compare(
        lambda each: at(each).date(),
        lambda row: datetime.fromisoformat(row["startsAt"]).astimezone(there).date(),
        lambda _: 1,
        interval="DAY",
    )


@pytest.mark.rule("ANL-3")
async def test_the_backlog_and_its_age_are_what_the_record_says(
    lived: Lived, lived_client: Client
) -> None:
    world = lived.world
    told = [
        each
        for each in await retold(world)
        if each.row["state"] in ("NEW", "TRIAGED", "IN_PROGRESS")
    ]
    assert len(told) > 1
    analyst = await person(lived_client, Role.ANALYST)
    before = datetime.now(UTC)
    seen = await ask(analyst, lived, groupBy=["TRADE", "WEEKDAY"])
    spent = datetime.now(UTC) - before
    assert sum(row["tickets"] for row in seen["backlog"]) == len(told)
    for row in seen["backlog"]:
        assert row["weekday"] is None
        mine = [each for each in told if each.row.get("trade") == row["trade"]]
        ages = [int((before - each.reported_at).total_seconds()) for each in mine]
        due = [each.row.get("due_at") for each in mine]
        assert row["tickets"] == len(mine)
        assert row["overdue"] == sum(bool(each) for each in due if each)
        for name, percent in (("ageMedian", 50), ("ageP90", 90), ("ageMost", 100)):
            # The age grew while the answer was on its way.
            allowed = {
                iso((nearest(ages, percent) or 0) + more)
                for more in range(int(spent.total_seconds()) + 3)
            }
            assert row[name] in allowed
    # A technician's own figures are not the site's.
    technician = Person(lived_client, await lived_client.token(lived.people["lead"][1]))
    refused = {"siteId": gid(world.site), **span(lived)}
    assert (await lived_client.gql(ASK, refused, token=technician.token)).code == "FORBIDDEN"


@pytest.mark.rule("ANL-3")
async def test_durations_are_counted_on_the_calendar_that_is_named(
    lived: Lived, lived_client: Client
) -> None:
    world = lived.world
    hours = [{"weekdays": list(range(7)), "starts": "09:00", "ends": "10:30"}]
    document = {"opening": {"hours": hours, "country": None}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    analyst = await person(lived_client, Role.ANALYST)
    document = """query($siteId: ID, $from: Date!, $to: Date!) {
      serviceLevels(siteId: $siteId, from: $from, to: $to, calendar: BUSINESS_HOURS) {
        rows { resolutionMedian resolutionP90 responseMedian }
      }
    }"""
    asked = {"siteId": gid(world.site), **span(lived)}
    data = (await lived_client.gql(document, asked, token=analyst.token)).data
    done = [each for each in await retold(world) if each.is_completed]
    open_for = [
        _open_seconds(each.reported_at, datetime.fromisoformat(each.row["resolved_at"]), lived.zone)
        for each in done
    ]
    answered = [
        _open_seconds(each.reported_at, each.answered_at, lived.zone)
        for each in await retold(world)
        if each.answered_at and each.row["state"] != "MERGED"
    ]
    assert data["serviceLevels"]["rows"] == [
        {
            "resolutionMedian": iso(nearest(open_for, 50)),
            "resolutionP90": iso(nearest(open_for, 90)),
            "responseMedian": iso(nearest(answered, 50)),
        }
    ]
    assert any(open_for)


def _open_seconds(start: datetime, end: datetime, zone: ZoneInfo) -> int:
    """Seconds between 9:00 and 10:30, by going through every one of the days."""
    total = 0.0
    day = start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while day < end:
        opens, closes = day + timedelta(hours=9), day + timedelta(hours=10, minutes=30)
        first, last = int(start.timestamp()), int(end.timestamp())
        total += max(0.0, min(closes.timestamp(), last) - max(opens.timestamp(), first))
        day += timedelta(days=1)
    return int(total)


@pytest.mark.rule("ANL-3")
async def test_saturation_ahead_is_told_beside_demand(client: Client) -> None:
    world = client.world
    await world.technician("one", trades={"plumbing": 2})
    until = world.clock.now + timedelta(hours=3)
    await world.do(
        world.actors[Role.SUPERVISOR],
        saturations.declare,
        site_id=world.site.id,
        trade="plumbing",
        until=until,
        reason="full",
    )
    analyst = await person(client, Role.ANALYST)
    document = """query($siteId: ID!, $from: Date!) {
      demand(siteId: $siteId, from: $from, to: $from) {
        saturation { site { id } trades { trade isFull offeredFrom declared { reason } } }
      }
      saturation(siteId: $siteId) { trade isFull offeredFrom declared { reason } }
    }"""
    asked = {"siteId": gid(world.site), "from": world.today().isoformat()}
    data = (await client.gql(document, asked, token=analyst.token)).data
    (ahead,) = data["demand"]["saturation"]
    assert ahead["site"]["id"] == gid(world.site)
    assert ahead["trades"] == data["saturation"]
    assert [each["trade"] for each in ahead["trades"]] == ["plumbing"]
    assert ahead["trades"][0]["declared"] == [{"reason": "full"}]


@pytest.mark.rule("ANL-3")
async def test_too_long_a_time_and_unknown_zones_are_refused(client: Client) -> None:
    world = client.world
    analyst = await person(client, Role.ANALYST)
    days = {"siteId": gid(world.site), "from": "2020-01-01", "to": "2025-01-01"}
    assert (await client.gql(ASK, days, token=analyst.token)).code == "OUT_OF_RANGE"
    days |= {"from": "2025-01-02"}
    assert (await client.gql(ASK, days, token=analyst.token)).code == "OUT_OF_RANGE"
    given = {**days, "to": "2025-01-03", "timeZone": "Mars/Olympus"}
    assert (await client.gql(ASK, given, token=analyst.token)).code == "BAD_INPUT"
    assert not await world.rows(Ticket)
