"""Workload through the API: each figure equals what the raw record says (ANL-2, ANL-5)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.lived import Lived, Told, Visit, iso, retold
from tests.api.nouns.test_on_site import person
from tests.api.nouns.test_service_levels import GROUP, span

FIGURES = (
    "orders visits technicians work travel distance shift utilization gini maxToMean plannedWork "
    "plannedTravel workToPlan travelToPlan startDelay"
)
ASK = f"""query($siteId: ID, $from: Date!, $to: Date!, $groupBy: [Dimension!]! = [],
  $interval: Interval, $timeZone: String, $filter: FigureFilter, $idle: Boolean! = false) {{
  workload(siteId: $siteId, from: $from, to: $to, groupBy: $groupBy, interval: $interval,
    timeZone: $timeZone, filter: $filter, idle: $idle) {{
    timeZone rows {{ {GROUP} {FIGURES} }} total {{ {FIGURES} }}
  }}
}}"""
HOUR = timedelta(hours=1)


@dataclass
class Part:
    """One technician's part in a visit."""

    told: Told
    visit: Visit
    technician_id: int
    seconds: int

    @property
    def is_lead(self) -> bool:
        return self.technician_id == self.visit.technician_id

    @property
    def began(self) -> datetime:
        assert self.visit.started_at is not None
        return self.visit.started_at

    @property
    def travel(self) -> int:
        assert self.visit.set_out_at is not None
        return int(self.visit.arrived_at.timestamp()) - int(self.visit.set_out_at.timestamp())


def parts_of(told: list[Told]) -> list[Part]:
    return [
        Part(one, visit, technician_id, seconds)
        for one in told
        for visit in one.done
        for technician_id, seconds in visit.hours.items()
    ]


def on_shift(lived: Lived, zone: ZoneInfo, first: date, days: int) -> Iterator[tuple[int, Any]]:
    """Every technician and half hour on shift: two are always, one from 8 to 18 but for lunch."""
    at = datetime.combine(first, time(), zone).astimezone(UTC)
    ends = datetime.combine(first + timedelta(days=days), time(), zone).astimezone(UTC)
    while at < ends:
        here = at.astimezone(lived.zone)
        for name, (technician, _) in lived.people.items():
            is_lunch = here.time() == time(11, 30)
            if name != "idle" or (8 <= here.hour < 18 and not is_lunch):
                yield technician.id, at
        at += HOUR / 2


def counted(parts: list[Part], shifts: list[int]) -> dict[str, Any]:
    """The figures of some parts, and of half hours of people on shift."""
    leads = [each for each in parts if each.is_lead]
    planned = [each for each in parts if each.visit.planned]
    work, travel = sum(each.seconds for each in parts), sum(each.travel for each in parts)
    shift = 1800 * len(shifts)
    loads = dict.fromkeys(shifts, 0)
    for each in parts:
        loads[each.technician_id] = loads.get(each.technician_id, 0) + each.seconds + each.travel
    total = sum(loads.values())
    pairs = sum(abs(a - b) for a in loads.values() for b in loads.values())
    planned_work = sum(
        int((each.visit.planned[1] - each.visit.planned[0]).total_seconds())
        for each in planned
        if each.visit.planned
    )
    delays = [
        int(each.began.timestamp()) - int(each.visit.planned[0].timestamp())
        for each in planned
        if each.visit.planned and each.is_lead
    ]
    return {
        "orders": len(leads),
        "visits": len(parts),
        "technicians": len({each.technician_id for each in parts}),
        "work": iso(work),
        "travel": iso(travel),
        "distance": sum(each.visit.way_m for each in parts),
        "shift": iso(shift),
        "utilization": near((work + travel) / shift) if shift else None,
        "gini": near(pairs / (2 * len(loads) * total)) if total else None,
        "maxToMean": near(max(loads.values()) * len(loads) / total) if total else None,
        "plannedWork": iso(planned_work),
        "plannedTravel": "PT0S",
        "workToPlan": near(sum(each.seconds for each in planned) / planned_work)
        if planned_work
        else None,
        "travelToPlan": None,
        "startDelay": iso(round(sum(delays) / len(delays))) if delays else None,
    }


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-9)


def of_group(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in FIGURES.split()}


async def ask(who: Person, lived: Lived, **given: Any) -> dict[str, Any]:
    variables = {"siteId": gid(lived.world.site), **span(lived), **given}
    return (await who.client.gql(ASK, variables, token=who.token)).data["workload"]


@pytest.mark.rule("ANL-2", "ANL-5")
async def test_work_and_how_it_is_shared_are_what_the_record_says(
    lived: Lived, lived_client: Client
) -> None:
    parts = parts_of(await retold(lived.world))
    first = lived.first.astimezone(lived.zone).date()
    shifts = list(on_shift(lived, lived.zone, first, 3))
    analyst = await person(lived_client, Role.ANALYST)
    seen = await ask(analyst, lived)
    expected = counted(parts, [who for who, _ in shifts])
    assert seen["total"] == expected
    assert expected["visits"] > expected["orders"] > 1
    assert expected["distance"] > 0
    assert expected["technicians"] == 2
    by_name = {name: gid(each[0]) for name, each in lived.people.items()}
    rows = (await ask(analyst, lived, groupBy=["TECHNICIAN"], idle=True))["rows"]
    assert {row["technician"]["id"] for row in rows} == set(by_name.values())
    for row in rows:
        mine = [each for each in parts if encode("Technician", each.technician_id) == _id(row)]
        hours = [who for who, _ in shifts if encode("Technician", who) == _id(row)]
        wanted = counted(mine, hours)
        assert of_group(row) == wanted, row
    teams = (await ask(analyst, lived, groupBy=["TEAM"]))["rows"]
    assert [row["team"]["id"] for row in teams] == [by_name["lead"]]
    for dimension, field, key in (
        ("TRADE", "trade", lambda each: each.told.row["trade"]),
        ("PLACE", "place", lambda each: {"id": encode("Place", each.told.row["place_id"])}),
    ):
        rows = (await ask(analyst, lived, groupBy=[dimension]))["rows"]
        assert len(rows) > 1 or dimension == "TRADE"
        for row in rows:
            mine = [each for each in parts if key(each) == row[field]]
            # Nobody is on shift for a trade: it is told of work alone.
            assert of_group(row) == counted(mine, []), (dimension, row)
    only = {"technicianId": {"eq": by_name["worker"]}}
    (row,) = (await ask(analyst, lived, filter=only))["rows"]
    worker = lived.people["worker"][0].id
    mine = [each for each in parts if each.technician_id == worker]
    assert of_group(row) == counted(mine, [who for who, _ in shifts if who == worker])


def _id(row: dict[str, Any]) -> str:
    return row["technician"]["id"]


@pytest.mark.rule("ANL-2")
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
async def test_work_is_told_by_hour_and_day_of_the_zone_that_is_named(
    lived: Lived, lived_client: Client, zone: str
) -> None:
    parts = parts_of(await retold(lived.world))
    there = ZoneInfo(zone)
    first = lived.first.astimezone(there).date()
    days = {"from": first.isoformat(), "to": (first + timedelta(days=2)).isoformat()}
    shifts = list(on_shift(lived, there, first, 3))
    analyst = await person(lived_client, Role.ANALYST)

    async def compare(key: Callable[[datetime], Any], read: Any, **given: Any) -> None:
        seen = await ask(analyst, lived, **days, timeZone=zone, idle=True, **given)
        groups = {key(at.astimezone(there)) for _, at in shifts}
        groups |= {key(each.began.astimezone(there)) for each in parts}
        assert len(seen["rows"]) == len(groups)
        for row in seen["rows"]:
            mine = [each for each in parts if key(each.began.astimezone(there)) == read(row)]
            hours = [who for who, at in shifts if key(at.astimezone(there)) == read(row)]
            assert of_group(row) == counted(mine, hours), row

    def begins(row: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(row["startsAt"]).astimezone(there)

    await compare(lambda at: at.replace(minute=0, second=0, microsecond=0), begins, interval="HOUR")
    await compare(lambda at: at.date(), lambda row: begins(row).date(), interval="DAY")
    await compare(lambda at: at.hour, lambda row: row["hourOfDay"], groupBy=["HOUR_OF_DAY"])
    await compare(lambda at: at.isoweekday(), lambda row: row["weekday"], groupBy=["WEEKDAY"])


@pytest.mark.rule("ANL-2")
async def test_the_way_is_counted_from_door_to_door(lived: Lived, lived_client: Client) -> None:
    told = await retold(lived.world)
    ways = [visit.way_m for one in told for visit in one.visits]
    metres = _great_circle((31.300, 120.600), (31.305, 120.605))
    # From home next to the building; from there to the garden; the second day begins at home.
    assert {way > 0 for way in ways} == {True, False}
    assert all(way == 0 or metres <= way <= 2 * metres for way in ways)


def _great_circle(a: tuple[float, float], b: tuple[float, float]) -> float:
    (north, east), (to_north, to_east) = (tuple(map(math.radians, each)) for each in (a, b))
    across = math.sin(north) * math.sin(to_north) + math.cos(north) * math.cos(to_north) * math.cos(
        to_east - east
    )
    return 6_371_008.8 * math.acos(across)


@pytest.mark.rule("ANL-2")
async def test_a_technician_sees_their_own_work_and_nobody_elses(
    lived: Lived, lived_client: Client
) -> None:
    parts = parts_of(await retold(lived.world))
    technician, account = lived.people["worker"]
    who = Person(lived_client, await lived_client.token(account))
    seen = await ask(who, lived, groupBy=["TECHNICIAN"])
    assert [_id(row) for row in seen["rows"]] == [gid(technician)]
    mine = [each for each in parts if each.technician_id == technician.id]
    assert seen["rows"][0]["visits"] == len(mine) < len(parts)
    for role in (Role.RESIDENT, Role.DESK):
        other = await person(lived_client, role)
        answer = await lived_client.gql(
            ASK, {"siteId": gid(lived_client.world.site), **span(lived)}, token=other.token
        )
        assert answer.code == "FORBIDDEN"
