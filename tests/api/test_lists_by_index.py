"""Pages of long lists are read by an index: nothing reads, or sorts, a whole table (PostgreSQL)."""

from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from dispatch.store.search import INDEX
from tests.api.client import Client, gid

ROWS, PAGE = 6_000, 20
READ_MOST = 1_500
"""Rows that any step of a page may touch: some that a filter leaves out, never the table."""
TICKETS = """
query Tickets($site: ID, $filter: TicketFilter, $order: TicketOrder, $after: String) {
  list: tickets(siteId: $site, filter: $filter, orderBy: $order, first: 20, after: $after) {
    pageInfo { endCursor }
    nodes { id number place { name } }
  }
}
"""
ORDERS = TICKETS.replace("Ticket", "WorkOrder").replace("tickets(", "workOrders(")
URGENT = {"trade": {"eq": "plumbing"}, "priority": {"in": ["EMERGENCY"]}}
CASES: tuple[tuple[str, bool, dict[str, Any]], ...] = (
    (TICKETS, True, {}),
    (TICKETS, False, {}),
    (TICKETS, True, {"filter": URGENT}),
    (TICKETS, True, {"filter": {"number": {"eq": "T77"}}}),
    *(
        (TICKETS, of_site, {"filter": {"search": words}})
        # Of one report, of all, of every fiftieth, of none of the last days, and a place.
        for words in ("w77x", "漏水", "middling", "formerly", "flat 7")
        for of_site in (True, False)
    ),
    (TICKETS, True, {"filter": {"search": "漏水"}, "order": {"field": "REPORTED_AT"}}),
    (TICKETS, True, {"filter": {"kind": {"eq": "COMPLAINT"}}}),
    (TICKETS, True, {"filter": {"isConstructionFault": {"eq": True}}}),
    (TICKETS, True, {"filter": {"search": "漏水", "trade": {"eq": "plumbing"}}}),
    *(
        (TICKETS, True, {"order": {"field": field, "direction": "ASC"}})
        for field in ("REPORTED_AT", "CREATED_AT", "DUE_AT", "NUMBER")
    ),
    (ORDERS, True, {}),
    (ORDERS, False, {}),
    (ORDERS, True, {"order": {"field": "DUE_AT", "direction": "ASC"}}),
)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_page_costs_no_more_where_the_table_is_long(client: Client) -> None:
    world = client.world
    first = await world.order()
    engine = world.services.store.engine
    async with engine.begin() as connection:
        for statement in (_PLACES, *_MANY):
            await connection.execute(text(statement), {"rows": ROWS, "id": first.ticket_id})
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE ticket, work_order, place"))
    token = await client.token(world.desk)
    technician = await client.token((await world.technician())[1])
    # Whoever has little of much reads little.
    own = [(await client.token(world.resident), TICKETS), (technician, TICKETS)]
    cases = [(token, *each) for each in CASES] + [(*each, False, {}) for each in own]
    for token, document, of_site, variables in cases:
        asked = {**variables, **({"site": gid(world.site)} if of_site else {})}
        for turned in range(2):
            with _statements() as found:
                shown = (await client.gql(document, asked, token=token)).data["list"]
            for statement, values in found:
                if "LIMIT" in statement:
                    async with engine.connect() as connection:
                        told = await connection.exec_driver_sql(
                            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values
                        )
                        [plan] = told.scalar_one()
                    assert ("search" in str(asked)) == (INDEX in str(plan))
                    _check(plan["Plan"], (document.split("(")[0], asked, turned))
            if len(shown["nodes"]) < PAGE:
                break
            asked["after"] = shown["pageInfo"]["endCursor"]


def _check(node: dict[str, Any], what: Any) -> None:
    table = node.get("Relation Name")
    long = table in ("ticket", "work_order")
    assert not (long and node["Node Type"] == "Seq Scan"), (what, node)
    touched = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    assert touched * node["Actual Loops"] <= READ_MOST, (what, node)
    for below in node.get("Plans", ()):
        _check(below, what)


class _statements:  # noqa: N801 -- reads like the function it stands for
    """The statements of a block, with their values."""

    def __enter__(self) -> list[tuple[str, Any]]:
        self.found: list[tuple[str, Any]] = []
        event.listen(Engine, "before_cursor_execute", self._note)
        return self.found

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        self.found.append((statement, values))


_PLACES = """
INSERT INTO place(site_id, path, kind, name, is_public, version)
SELECT ticket.site_id, '/', 'UNIT', 'flat ' || n, false, 1
FROM ticket, generate_series(1, :rows / 20) n WHERE ticket.id = :id
"""
_MANY = (
    """
    INSERT INTO ticket(site_id, number, kind, channel, state, intake_by, description, is_complete,
      photos, trade, level, duration_s, crew_size, priority, taken_by_name, reported_at, created_at,
      due_at, version, is_construction_fault, place_id)
    SELECT site_id, 'T' || n, kind, channel, 'CLOSED', intake_by,
      'w' || n || 'x 漏水' || CASE n % 50 WHEN 0 THEN ' middling' ELSE '' END
      || CASE WHEN n > 4500 THEN ' formerly' ELSE '' END, true,
      photos, (ARRAY['plumbing', 'electrical'])[1 + n % 2], 1, 1800, 1,
      (ARRAY['EMERGENCY', 'NORMAL'])[1 + n / 2 % 2], 'desk', at, at,
      CASE WHEN n % 10 > 0 THEN at + interval '4 hours' END, 1, false,
      (SELECT max(id) FROM place) - n % (:rows / 20)
    FROM (SELECT ticket.*, n, reported_at - n * interval '10 minutes' AS at
          FROM ticket, generate_series(1, :rows) n WHERE ticket.id = :id) drawn
    """,
    """
    INSERT INTO work_order(site_id, ticket_id, number, state, priority, trade, level, duration_s,
      crew_size, area, place_id, due_at, door_code_wrong, is_pinned, is_rework, created_at, version)
    SELECT site_id, id, 'W' || id, 'CLOSED', priority, trade, 1, 1800, 1, 'IN_HOME', place_id,
      due_at, 0, false, false, created_at, 1
    FROM ticket WHERE number LIKE 'T%' AND state = 'CLOSED'
    """,
)
