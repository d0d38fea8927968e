"""Lists a page at a time, in every order that they can be asked for: each thing once."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client, gid

PAGES = """
query($site: ID!, $order: TicketOrder, $first: Int, $after: String, $last: Int, $before: String) {
  tickets(
    siteId: $site, orderBy: $order, first: $first, after: $after, last: $last, before: $before
  ) {
    nodes { id } pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
  }
}
"""
FIELDS = ("REPORTED_AT", "CREATED_AT", "DUE_AT", "NUMBER")


async def test_pages_follow_each_other_both_ways_in_every_order(client: Client) -> None:
    world = client.world
    made = {gid(await world.ticket(world.desk)) for _ in range(5)}
    token = await client.token(world.desk)

    async def read(**given: Any) -> dict[str, Any]:
        variables = {"site": gid(world.site), **given}
        return (await client.gql(PAGES, variables, token=token)).data["tickets"]

    orders = [{"field": field, "direction": way} for field in FIELDS for way in ("ASC", "DESC")]
    for order in (None, *orders):
        whole = [each["id"] for each in (await read(order=order, first=10))["nodes"]]
        assert set(whole) == made
        seen, page = [], {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            found = await read(order=order, first=2, after=page["endCursor"])
            seen += [each["id"] for each in found["nodes"]]
            page = found["pageInfo"]
        assert seen == whole, order
        seen, page = [], {"hasPreviousPage": True, "startCursor": None}
        while page["hasPreviousPage"]:
            found = await read(order=order, last=2, before=page["startCursor"])
            seen = [each["id"] for each in found["nodes"]] + seen
            page = found["pageInfo"]
        assert seen == whole, order
