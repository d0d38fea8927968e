"""Pages of every order lead on to each other, forth and back, and show each row once."""

from typing import Any

import pytest
from sqlalchemy import update

from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid

DOCUMENT = """
query Pages(
  $site: ID, $order: %s, $first: Int, $after: String, $last: Int, $before: String
) {
  list: %s(
    siteId: $site, orderBy: $order, first: $first, after: $after, last: $last, before: $before
  ) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id }
  }
}
"""
ORDERS = {
    ("tickets", "TicketOrder"): ("REPORTED_AT", "CREATED_AT", "DUE_AT", "NUMBER"),
    ("workOrders", "WorkOrderOrder"): ("CREATED_AT", "DUE_AT", "STARTED_AT", "NUMBER"),
}
ROWS = 5


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_of_every_order_lead_on_to_each_other(client: Client, direction: str) -> None:
    world = client.world
    for number in range(ROWS):
        # Some at the same moment, some without due time.
        world.clock.forward(minutes=number % 2)
        await world.order()
    async with world.services.writing(world.root) as tx:
        for row in (Ticket, WorkOrder):
            await tx.session.execute(update(row).where(row.id.in_([2, 4])).values(due_at=None))
    token = await client.token(world.desk)
    for (name, kind), fields in ORDERS.items():
        document = DOCUMENT % (kind, name)
        for field in fields:
            same = {
                "site": gid(world.site),
                "order": {"field": field, "direction": direction},
            }

            async def page(document: str = document, **variables: Any) -> dict[str, Any]:
                return (await client.gql(document, variables, token=token)).data["list"]

            whole = [each["id"] for each in (await page(**same, first=50))["nodes"]]
            assert len(set(whole)) == ROWS
            assert await _turned(page, same, "first", "after") == whole, field
            assert await _turned(page, same, "last", "before") == whole[::-1], field


async def _turned(page: Any, same: dict[str, Any], size: str, cursor: str) -> list[str]:
    """The rows of all pages, one after the other; those of a page in the order turned."""
    found: list[str] = []
    at: str | None = None
    while True:
        shown = await page(**same, **{size: 2, cursor: at})
        ids = [each["id"] for each in shown["nodes"]]
        info = shown["pageInfo"]
        found += ids if size == "first" else ids[::-1]
        at = info["endCursor"] if size == "first" else info["startCursor"]
        if not info["hasNextPage" if size == "first" else "hasPreviousPage"]:
            return found
