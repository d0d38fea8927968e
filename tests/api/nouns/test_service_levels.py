"""Service levels through the API: each figure equals what the raw record says (ANL-1, ANL-5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.lived import Lived, Told, iso, nearest, retold
from tests.api.nouns.test_on_site import person

FIGURES = (
    "tickets completed cancelled responseMedian responseP90 arrivalMedian arrivalP90 "
    "resolutionMedian resolutionP90 onTimeRate completionRate callbackRate satisfactionRate "
    "reworkRate firstVisitFixRate breaches breached"
)
GROUP = (
    "site { id } team { id } technician { id } trade category { code } priority building { id } "
    "place { id } weekday hourOfDay startsAt endsAt"
)
ASK = f"""query($siteId: ID, $from: Date!, $to: Date!, $groupBy: [Dimension!]! = [],
  $interval: Interval, $timeZone: String, $calendar: ClockCalendar! = ROUND_THE_CLOCK,
  $filter: FigureFilter) {{
  serviceLevels(siteId: $siteId, from: $from, to: $to, groupBy: $groupBy, interval: $interval,
    timeZone: $timeZone, calendar: $calendar, filter: $filter) {{
    startsAt endsAt timeZone calendar
    rows {{ {GROUP} {FIGURES} }}
    total {{ {FIGURES} }}
  }}
}}"""


def span(lived: Lived) -> dict[str, str]:
    first = lived.first.astimezone(lived.zone).date()
    return {"from": first.isoformat(), "to": (first + timedelta(days=2)).isoformat()}


async def ask(who: Person, lived: Lived, **given: Any) -> dict[str, Any]:
    variables = {"siteId": gid(lived.world.site), **span(lived), **given}
    return (await who.client.gql(ASK, variables, token=who.token)).data["serviceLevels"]


def moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def lengths(told: Sequence[Told], until: Callable[[Told], datetime | None]) -> list[int]:
    """Whole seconds of UTC from report to something, where it happened."""
    ends = [(each.reported_at, until(each)) for each in told]
    return [int(end.timestamp()) - int(at.timestamp()) for at, end in ends if end is not None]


def share(part: Sequence[Any], whole: Sequence[Any]) -> float | None:
    return len(part) / len(whole) if whole else None


def counted(all_told: Sequence[Told], told: Sequence[Told]) -> dict[str, Any]:
    """The figures of some tickets, from what was told of them alone."""
    told = [each for each in told if each.row["state"] != "MERGED"]
    completed = [each for each in told if each.is_completed]
    kept = [each for each in told if each.row["state"] != "CANCELLED"]
    awaited = [each for each in told if each.arrived_at or "ARRIVE" in each.breaches]
    on_time = [each for each in awaited if each.arrived_at and "ARRIVE" not in each.breaches]
    last = [each.callbacks[-1] for each in told if each.callbacks]
    answered = [each for each in last if each["state"] == "ANSWERED"]
    satisfied = [each for each in answered if each["solved"] and each["satisfied"]]
    called = [each for each in completed if each.callbacks and each.callbacks[-1]["state"] != "DUE"]
    earlier = {each.row.get("rework_of_id") for each in all_told}
    ids = {id(each): number for number, each in zip(_ids(all_told), all_told, strict=True)}
    reworked = [
        each
        for each in completed
        if ids[id(each)] in earlier
        or any(order.get("rework_of_id") for order in each.orders.values())
    ]
    visited = [each for each in completed if each.done]
    at_once = [each for each in visited if len(each.done) == 1 and each not in reworked]
    response = lengths(told, lambda each: each.answered_at)
    arrival = lengths(told, lambda each: each.arrived_at)
    resolution = lengths(completed, lambda each: moment(each.row["resolved_at"]))
    return {
        "tickets": len(told),
        "completed": len(completed),
        "cancelled": len(told) - len(kept),
        "responseMedian": iso(nearest(response, 50)),
        "responseP90": iso(nearest(response, 90)),
        "arrivalMedian": iso(nearest(arrival, 50)),
        "arrivalP90": iso(nearest(arrival, 90)),
        "resolutionMedian": iso(nearest(resolution, 50)),
        "resolutionP90": iso(nearest(resolution, 90)),
        "onTimeRate": share(on_time, awaited),
        "completionRate": share(completed, kept),
        "callbackRate": share(called, completed),
        "satisfactionRate": share(satisfied, answered),
        "reworkRate": share(reworked, completed),
        "firstVisitFixRate": share(at_once, visited),
        "breaches": sum(len(each.breaches) for each in told),
        "breached": sum(bool(each.breaches) for each in told),
    }


def _ids(told: Sequence[Told]) -> list[int]:
    return [each.number for each in told]


def of_group(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in FIGURES.split()}


@pytest.mark.rule("ANL-1", "ANL-5")
async def test_every_figure_of_a_lived_time_is_what_the_record_says(
    lived: Lived, lived_client: Client
) -> None:
    told = await retold(lived.world)
    analyst = await person(lived_client, Role.ANALYST)
    seen = await ask(analyst, lived)
    expected = counted(told, told)
    assert seen["total"] == expected
    assert [of_group(row) for row in seen["rows"]] == [expected]
    # The lived time has something of everything: no rate is proven by a nothing or an all.
    for name in ("onTimeRate", "completionRate", "callbackRate", "reworkRate", "firstVisitFixRate"):
        assert 0 < expected[name] < 1, name
    assert expected["breaches"] > expected["breached"] > 1
    assert expected["cancelled"] == 1
    for dimension, field, key in (
        ("SITE", "site", lambda _: gid(lived.world.site)),
        (
            "TECHNICIAN",
            "technician",
            lambda each: each.lead_id and encode("Technician", each.lead_id),
        ),
        ("TEAM", "team", lambda each: each.lead_id and gid(lived.people["lead"][0])),
        ("TRADE", "trade", lambda each: each.row.get("trade")),
        ("CATEGORY", "category", lambda each: each.row.get("category_id")),
        ("PRIORITY", "priority", lambda each: each.row.get("priority")),
        ("PLACE", "place", lambda each: encode("Place", each.row["place_id"])),
    ):
        rows = (await ask(analyst, lived, groupBy=[dimension]))["rows"]
        groups = {key(each) for each in told if each.row["state"] != "MERGED"}
        assert len(rows) == len(groups), dimension
        for row in rows:
            name = row[field]
            if isinstance(name, dict):
                name = name.get("id") or (await lived.world.category(name["code"])).id
            mine = [each for each in told if key(each) == name]
            assert of_group(row) == counted(told, mine), (dimension, name)


@pytest.mark.rule("ANL-1")
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns"])
async def test_periods_are_those_of_the_zone_that_is_named(
    lived: Lived, lived_client: Client, zone: str
) -> None:
    told = await retold(lived.world)
    analyst = await person(lived_client, Role.ANALYST)
    local = {id(each): each.reported_at.astimezone(ZoneInfo(zone)) for each in told}
    first = min(local.values()).date()
    days = {"from": first.isoformat(), "to": (first + timedelta(days=3)).isoformat()}
    for interval, begins in (
        ("HOUR", lambda at: at.replace(minute=0, second=0, microsecond=0)),
        ("DAY", lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0)),
        ("WEEK", lambda at: _midnight(at) - timedelta(days=at.weekday())),
        ("MONTH", lambda at: _midnight(at).replace(day=1)),
    ):
        seen = await ask(analyst, lived, **days, interval=interval, timeZone=zone)
        assert seen["timeZone"] == zone
        for row in seen["rows"]:
            at = datetime.fromisoformat(row["startsAt"])
            mine = [each for each in told if begins(local[id(each)]) == at]
            assert of_group(row) == counted(told, mine), (interval, at)
        assert sum(row["tickets"] for row in seen["rows"]) == counted(told, told)["tickets"]
    rows = (await ask(analyst, lived, **days, groupBy=["WEEKDAY", "HOUR_OF_DAY"], timeZone=zone))[
        "rows"
    ]
    for row in rows:
        wanted = (row["weekday"], row["hourOfDay"])
        mine = [
            each for each in told if (local[id(each)].isoweekday(), local[id(each)].hour) == wanted
        ]
        assert of_group(row) == counted(told, mine)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
