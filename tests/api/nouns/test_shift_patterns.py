"""Weekly hours with seasons, holidays and make-up workdays, from the input to the board."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.rights import Role
from dispatch.services.plan_inputs import load_day
from dispatch.store.technicians import Technician
from tests.api.client import Client, gid
from tests.api.nouns.desk import hand
from tests.factories import World

MORNING = False
"""The site stays in Shanghai."""

BOARD = """
query($site: ID!, $day: Date!) {
  board(siteId: $site, day: $day) { lanes(first: 10) { nodes { shifts { startsAt } } } }
}
"""
ZONE = ZoneInfo("Asia/Shanghai")


async def planned(world: World, day: date) -> list[int]:
    """At what hours the planner may begin with somebody."""
    async with world.services.reading(world.root) as tx:
        found = await load_day(tx, world.site, day)
    return [shift.starts_at.astimezone(ZONE).hour for each in found.people for shift in each.shifts]


@pytest.mark.rule("RST-2")
async def test_shifts_follow_seasons_holidays_and_make_up_days(client: Client) -> None:
    world = client.world
    who, _ = await world.technician(weekdays=[0], starts=time(5))
    boss = await hand(client, world.actors[Role.ADMINISTRATOR])
    of = {"technicianId": gid(who), "validFrom": "2020-01-01", "ends": "18:00:00"}
    week = {"weekdays": [1, 2, 3, 4], "onHolidays": "OFF", "onMakeupDays": "WORK"}
    for begins, ends, starts in (("05-01", "09-30", "07:00:00"), ("10-01", "04-30", "09:00:00")):
        await boss.do(
            "technicianAddShiftPattern",
            "technician { id }",
            **of,
            **week,
            starts=starts,
            seasonBegins=begins,
            seasonEnds=ends,
        )
    watch = {"weekdays": [], "onHolidays": "WORK", "starts": "12:00:00"}
    made = await boss.do(
        "technicianAddShiftPattern",
        "technician { shiftPatterns { onHolidays onMakeupDays seasonBegins seasonEnds } }",
        **of,
        **watch,
    )
    assert made["technician"]["shiftPatterns"][-1] == {
        "onHolidays": "WORK",
        "onMakeupDays": "LIKE_WEEKDAY",
        "seasonBegins": None,
        "seasonEnds": None,
    }
    refused: list[dict[str, Any]] = [
        {"weekdays": [], "starts": "12:00:00"},
        {**week, "starts": "12:00:00", "seasonBegins": "13-01", "seasonEnds": "12-01"},
        {**week, "starts": "12:00:00", "seasonBegins": "05-01"},
    ]
    codes = [await boss.refused("technicianAddShiftPattern", **of, **given) for given in refused]
    assert codes == ["OUT_OF_RANGE", "BAD_INPUT", "REQUIRED"]
    dispatcher = await hand(client, world.dispatcher)
    # National days of 2026: 14 February is a make-up Saturday, 17 February a holiday.
    for day, hours in (
        (date(2026, 2, 12), [9]),
        (date(2026, 2, 14), [9]),
        (date(2026, 2, 15), []),
        (date(2026, 2, 17), [12]),
        (date(2026, 6, 2), [7]),
        (date(2026, 6, 6), []),
    ):
        board = await dispatcher.ask(BOARD, site=gid(world.site), day=day.isoformat())
        shown = [
            datetime.fromisoformat(shift["startsAt"]).astimezone(ZONE).hour
            for lane in board["board"]["lanes"]["nodes"]
            for shift in lane["shifts"]
        ]
        assert shown == hours, day
        assert await planned(world, day) == hours, day
    # The site's own word goes before the country's.
    manager = await hand(client, world.actors[Role.PROJECT_MANAGER])
    given = {"siteId": gid(world.site), "day": "2026-06-02", "kind": "HOLIDAY"}
    before = (await world.rows(Technician))[0].version
    await manager.do("calendarDaySet", "day { kind }", **given)
    # Plans rest on the shifts: whoever made one before it has to look again.
    assert (await world.rows(Technician))[0].version > before
    assert await planned(world, date(2026, 6, 2)) == [12]
    own = {"technicianId": gid(who), "day": "2026-06-02", "starts": "14:00:00", "ends": "15:00:00"}
    await boss.do("technicianAddShiftException", "technician { id }", **own)
    assert await planned(world, date(2026, 6, 2)) == [14]
