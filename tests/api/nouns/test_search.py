"""Full-text search over tickets, in Chinese and English, by who may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, text, update

from dispatch.services.assigning import assign
from dispatch.store.sites import Place
from dispatch.store.tickets import Ticket
from tests.api.client import Client, gid
from tests.factories import World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SEARCH = """
query Search($site: ID, $words: String!) {
  tickets(
    siteId: $site
    first: 10
    filter: { search: $words }
    orderBy: { field: NUMBER, direction: ASC }
  ) {
    totalCount
    nodes { number description }
  }
}
"""


async def _reports(world: World) -> None:
    for description, phone in (
        ("厨房水管漏水", "13912345678"),
        ("Kitchen tap drips, please come soon", "13800000001"),
        ("客厅插座没电", "13800000002"),
    ):
        await world.ticket(description=description, requester_phone=phone)


async def test_words_of_both_languages_numbers_and_places_are_found(client: Client) -> None:
    world = client.world
    await _reports(world)
    token = await client.token(world.desk)

    async def found(words: str) -> list[str]:
        variables = {"words": words, "site": gid(world.site)}
        listed = (await client.gql(SEARCH, variables, token=token)).data["tickets"]
        assert listed["totalCount"] == len(listed["nodes"])
        return [each["description"][:2] for each in listed["nodes"]]

    assert await found("漏水") == ["厨房"]
    assert await found("水") == ["厨房"]
    assert await found("厨房，漏水") == ["厨房"]
    assert await found("kitchen DRI") == ["Ki"]
    assert await found("5678") == ["厨房"]
    assert await found("13912345678") == ["厨房"]
    assert await found("kitchen 漏水") == []
    assert await found("电水") == []
    assert await found("'|!&()\\ --") == []
    number = (await world.rows(Ticket))[2].number
    assert await found(number) == ["客厅"]
    assert len(await found(world.rooms[0].name)) == 3
    refused = await client.gql(SEARCH, {"words": "x" * 300}, token=token)
    assert refused.code == "TOO_LONG"


async def test_nobody_finds_what_hidden_fields_say(client: Client) -> None:
    world = client.world
    await _reports(world)
    technician, theirs = await world.technician()
    order = await world.order(description="楼上漏水", requester_phone="13912340000")
    await world.do(world.dispatcher, assign, work_order_id=order.id, technician_id=technician.id)
    held, stranger = await client.token(theirs), await client.token((await world.technician())[1])
    resident = await client.token(world.resident)

    async def count(token: str, words: str) -> int:
        answer = await client.gql(SEARCH, {"words": words}, token=token)
        return len(answer.data["tickets"]["nodes"])

    assert [await count(held, words) for words in ("漏水", "0000", "5678")] == [1, 1, 0]
    assert [await count(stranger, words) for words in ("漏水", "0000")] == [0, 0]
    assert [await count(resident, words) for words in ("漏水", "5678")] == [0, 0]


PAGES = """
query Pages(
  $site: ID, $words: String!, $direction: Direction!, $first: Int, $after: String, $last: Int,
  $before: String
) {
  list: tickets(
    siteId: $site
    filter: { search: $words }
    orderBy: { field: REPORTED_AT, direction: $direction }
    first: $first, after: $after, last: $last, before: $before
  ) {
    totalCount(atMost: 7)
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { number }
  }
}
"""


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("of_site", [True, False])
async def test_what_is_found_long_apart_is_turned_over_in_the_order_of_time(
    client: Client, direction: str, of_site: bool
) -> None:
    """Days, weeks and years ago: at a place of that name, or with the word in the report."""
    world = client.world
    await world.ticket(description="插座没电")
    first = (await world.rows(Ticket))[0]
    days = (0, 0, 0.2, 1, 3, 8, 9, 20, 63, 64, 65, 130, 400, 401, 900, 4000)
    async with world.services.writing(world.root) as tx:
        for count, ago in enumerate(days):
            columns = {each.key: getattr(first, each.key) for each in inspect(Ticket).column_attrs}
            fresh = {
                "id": None,
                "number": f"T{count:02}",
                "description": "暖气不热" if count % 2 else "插座没电",
                "place_id": None if count % 2 else world.garden.id,
                "reported_at": first.reported_at - timedelta(days=ago),
            }
            tx.session.add(Ticket(**{**columns, **fresh}))
        await tx.session.execute(
            update(Place).where(Place.id == world.garden.id).values(name="暖气机房")
        )
    token = await client.token(world.desk)
    # Of reports of one moment the later one is the newer.
    order = sorted(range(len(days)), key=lambda count: (days[count], -count))
    falling = [f"T{count:02}" for count in order]
    wanted = falling if direction == "DESC" else falling[::-1]
    same = {
        "words": "暖气",
        "direction": direction,
        **({"site": gid(world.site)} if of_site else {}),
    }

    async def page(**variables: Any) -> dict[str, Any]:
        return (await client.gql(PAGES, {**same, **variables}, token=token)).data["list"]

    whole = await page(first=50)
    assert [each["number"] for each in whole["nodes"]] == wanted
    assert whole["totalCount"] == 7
    for size, cursor, ends, more, expected in (
        ("first", "after", "endCursor", "hasNextPage", wanted),
        ("last", "before", "startCursor", "hasPreviousPage", wanted[::-1]),
    ):
        found: list[str] = []
        shown: dict[str, Any] = {"pageInfo": {ends: None, more: True}}
        while shown["pageInfo"][more]:
            shown = await page(**{size: 5, cursor: shown["pageInfo"][ends]})
            numbers = [each["number"] for each in shown["nodes"]]
            found += numbers if size == "first" else numbers[::-1]
        assert found == expected


async def test_slices_of_time_leave_no_day_out(client: Client) -> None:
    """Near in days, then in eights, then in sixty-fours, to the last day and in both directions."""
    store = client.world.services.store
    if store.is_sqlite:
        pytest.skip("only PostgreSQL looks at slices of time")
    statement = text("SELECT array(SELECT slice::text FROM search_slices(:near, :far) slice)")
    begin = datetime(1969, 12, 1, 12, tzinfo=UTC)
    async with store.reading() as session:
        for days in (0, 1, 7, 8, 20, 64, 90, 129, 1000, 4000):
            for shift in range(0, 64, 9):
                near = begin + timedelta(days=shift)
                for far in (near + timedelta(days=days), near - timedelta(days=days)):
                    told = (
                        await session.execute(statement, {"near": near, "far": far})
                    ).scalar_one()
                    seen: list[int] = []
                    for each in told:
                        width, slice_of_time = map(int, each.strip("'@").split("."))
                        block = range(slice_of_time * width, (slice_of_time + 1) * width)
                        seen += block if far >= near else reversed(block)
                    step = 1 if far >= near else -1
                    from_day, to_day = ((each - EPOCH).days for each in (near, far))
                    assert seen[0] == from_day
                    assert to_day in seen
                    assert seen == list(range(seen[0], seen[-1] + step, step))
                    assert len(told) <= 32 + days // 64
