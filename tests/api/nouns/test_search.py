"""Full-text search over tickets, in Chinese and English, by who may."""

from dispatch.services.assigning import assign
from dispatch.store.tickets import Ticket
from tests.api.client import Client, gid
from tests.factories import World

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
