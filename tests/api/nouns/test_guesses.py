"""The classifier as a client of the API meets it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.domain.rights import Role
from dispatch.services.learning import retrain_due
from dispatch.store.categories import Category
from dispatch.store.guesses import Guess
from dispatch.store.tickets import Ticket
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.factories import World

pytestmark = pytest.mark.rule("TRI-3")

CLASSIFIER = """
query ($siteId: ID!) {
  classifier(siteId: $siteId) {
    trainedAt corrections accuracy calibrationError decided right waiting
  }
}
"""


async def person(client: Client, role: Role) -> Person:
    return Person(client, await client.token(client.world.actors[role]))


async def set_guesses(client: Client, **values: Any) -> None:
    administrator = await person(client, Role.ADMINISTRATOR)
    await administrator.do(
        "AdministratorUpdatePolicy",
        siteId=gid(client.world.site),
        document={"guesses": values},
    )


async def guess(client: Client, text: str, *, role: Role = Role.DESK) -> dict[str, Any]:
    answer = await (await person(client, role)).send(
        "DeskGuess", {"siteId": gid(client.world.site), "description": text}
    )
    return answer.data["ticketGuess"]


async def report(client: Client, text: str, **given: Any) -> dict[str, Any]:
    desk = await person(client, Role.DESK)
    made = await desk.do(
        "DeskReport",
        siteId=gid(client.world.site),
        kind="REPAIR",
        channel="PHONE",
        description=text,
        requesterName="王芳",
        requesterPhone="13800000000",
        placeId=gid(client.world.rooms[0]),
        **given,
    )
    return made["ticket"]


async def triage(client: Client, ticket: dict[str, Any], code: str) -> dict[str, Any]:
    desk = await person(client, Role.DESK)
    leaf = gid(await client.world.category(code))
    return (await desk.do("DeskTriage", ticketId=ticket["id"], categoryId=leaf))["ticket"]


async def keep_leaves(world: World, *codes: str) -> None:
    """The site uses these categories alone, so that training takes no time."""
    async with world.services.store.writing() as session:
        await session.execute(
            update(Category)
            .where(Category.code.not_in(codes), Category.trade.is_not(None))
            .values(is_active=False)
        )


async def test_a_text_is_guessed_before_it_is_reported(client: Client) -> None:
    for role in (Role.DESK, Role.RESIDENT):
        made = await guess(client, "卫生间马桶堵住了，水下不去", role=role)
        assert made["category"]["code"] == "toilet_blocked"
        assert (made["trade"]["code"], made["priority"]) == ("drains", "HIGH")
        assert made["isSure"]
        assert made["confidence"] > 0.75
        assert len(made["alternatives"]) == 3
    made = await guess(client, "the heating is off and our flat is freezing cold")
    assert (made["category"]["code"], made["trade"]["code"]) == ("no_heating", "hvac")
    made = await guess(client, "I can smell gas near the sink")
    assert (made["priority"], made["dangerWord"]) == ("EMERGENCY", "smell gas")
    assert await client.world.rows(Guess) == await client.world.rows(Ticket) == []


async def test_the_ticket_shows_the_guess_and_then_what_the_desk_chose(client: Client) -> None:
    ticket = await report(client, "客厅的灯不亮了，换个灯泡")
    made = ticket["guess"]
    assert (ticket["state"], ticket["category"]) == ("NEW", None)
    assert made["category"]["id"] == gid(await client.world.category("light_home"))
    assert (made["isSure"], made["isRight"], made["chosen"]) == (True, None, None)
    triaged = await triage(client, ticket, "socket")
    assert triaged["category"]["id"] == gid(await client.world.category("socket"))
    assert (triaged["guess"]["isRight"], triaged["guess"]["chosen"]) == (
        False,
        triaged["category"],
    )
    # Triage may be repeated: what was decided last counts.
    assert (await triage(client, ticket, "light_home"))["guess"]["isRight"] is True


async def test_the_site_sets_from_when_the_model_decides_and_whether_it_triages(
    client: Client,
) -> None:
    text = "单元楼下大门关不上了，不安全"
    assert (await guess(client, text))["isSure"]
    await set_guesses(client, sure_from=1.0, triages=True, alternatives=0)
    strict = await report(client, "请派人来看看什么情况")
    assert (strict["state"], strict["guess"]["isSure"]) == ("NEW", False)
    assert strict["guess"]["alternatives"] == []
    await set_guesses(client, sure_from=0.6, triages=True)
    triaged = await report(client, text)
    assert (triaged["state"], triaged["trade"]["code"]) == ("TRIAGED", "doors_windows")
    assert triaged["guess"]["isAutomatic"]
    danger = await report(client, "厨房水龙头漏水，插座漏电冒火花")
    assert danger["priority"] == danger["guess"]["priority"] == "EMERGENCY"


async def test_what_the_desk_decides_improves_the_next_guess(client: Client) -> None:
    await keep_leaves(client.world, "tap_leak", "sink_blocked", "water_heater")
    await set_guesses(client, retrain_after=2)
    site = {"siteId": gid(client.world.site)}
    analyst = await person(client, Role.ANALYST)
    answer = await client.gql(CLASSIFIER, site, token=analyst.token)
    assert answer.data["classifier"] == {
        "trainedAt": None,
        "corrections": 0,
        "accuracy": None,
        "calibrationError": None,
        "decided": 0,
        "right": 0,
        "waiting": 0,
    }
    for text in ("小厨宝不行了", "水槽下面的小厨宝坏了"):
        ticket = await report(client, text)
        await triage(client, ticket, "water_heater")
    answer = await client.gql(CLASSIFIER, site, token=analyst.token)
    assert answer.data["classifier"]["waiting"] == answer.data["classifier"]["decided"] == 2
    # The application reads the true time; so must the training.
    client.world.clock.now = datetime.now(UTC)
    [trained] = await retrain_due(client.world.services)
    assert trained.corrections == 2
    made = await guess(client, "小厨宝又不行了")
    assert (made["category"]["code"], made["isSure"]) == ("water_heater", True)
    stands = (await client.gql(CLASSIFIER, site, token=analyst.token)).data["classifier"]
    assert (stands["corrections"], stands["waiting"]) == (2, 0)
    assert 0.5 < stands["accuracy"] <= 1
    assert 0 <= stands["calibrationError"] < 0.5


async def test_who_sees_no_tickets_learns_nothing_of_the_classifier(client: Client) -> None:
    site = {"siteId": gid(client.world.site)}
    for role in (Role.RESIDENT, Role.STEWARD):
        someone = await person(client, role)
        answer = await client.gql(CLASSIFIER, site, token=someone.token)
        allowed = "errors" not in answer.body
        assert allowed == (role is Role.STEWARD)
        assert allowed or answer.code == "FORBIDDEN"
    analyst = await person(client, Role.ANALYST)
    answer = await analyst.send("DeskGuess", {**site, "description": "漏水"})
    assert answer.code == "FORBIDDEN"
