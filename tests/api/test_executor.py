"""The executor's shorter way answers as the engine's own does, for everybody."""

from typing import Any

import pytest

from dispatch.api.executor import Executor, Step
from dispatch.domain.rights import Actor, Role
from dispatch.services import assigning
from tests.api.client import Client, gid

ORDERS = """
query Orders($site: ID, $first: Int!, $deep: Boolean!) {
  workOrders(siteId: $site, first: $first, orderBy: { field: NUMBER }) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { cursor node { id ...Order } }
    nodes {
      ...Order
      place { id name parent { id name } point { latitude longitude } }
      point { latitude longitude }
      clocks @include(if: $deep) { id kind state dueAt }
      events(last: 2) @skip(if: $deep) { totalCount nodes { id kind before } }
      last: events(first: 1) { edges { cursor node { id at } } }
      allowedSteps
      completion { found }
      assignment { technician { id name } crew { isLead technician { id code } } }
    }
  }
}
fragment Order on WorkOrder {
  id
  ... on Node { id }
  number state duration createdAt version needsDoorCode doorCode
  trade { code name }
  ticket {
    id description requesterName requesterPhone room photos
    place { id name } party { id name } clocks { kind }
    workOrders(first: 2) { nodes { id number } }
  }
}
"""
TICKETS = """
query Tickets($site: ID) {
  tickets(siteId: $site, last: 5, orderBy: { field: REPORTED_AT, direction: ASC }) {
    nodes { __typename id: number key: id requesterPhone point { latitude } locationText priority }
  }
}
"""
REFUSED = "{ workOrders(first: 2) { nodes { number events(first: 1000) { nodes { id } } } } }"


BOARD = """
query Board($site: ID) {
  workOrders(siteId: $site, first: 10, orderBy: { field: NUMBER }) {
    nodes {
      __typename id number createdAt
      place { __typename id point { latitude longitude } }
      assignment { technician { id name } }
      clocks { kind dueAt }
    }
  }
}
"""


async def _answers(client: Client, actor: Actor) -> list[Any]:
    site, token = gid(client.world.site), await client.token(actor)
    asked = [
        (ORDERS, {"site": site, "first": 50, "deep": True}),
        (ORDERS, {"site": site, "first": 50, "deep": False}),
        (TICKETS, {"site": site}),
        (REFUSED, {}),
    ]
    bodies = [(await client.gql(*each, token=token)).body for each in asked]
    for body in bodies:
        body.pop("extensions", None)
    return bodies


async def test_the_shorter_way_answers_everybody_as_the_engines_own_does(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = client.world
    technician, theirs = await world.technician()
    orders = [await world.order() for _ in range(4)]
    await world.ticket(world.resident)
    await world.do(
        world.dispatcher,
        assigning.assign,
        work_order_id=orders[0].id,
        technician_id=technician.id,
    )
    actors = [theirs, world.desk, world.dispatcher, world.resident, world.actors[Role.ANALYST]]
    asked: list[str] = []
    engines_own = Executor.execute_field

    def execute_field(self: Executor, parent_type: Any, source: Any, *rest: Any) -> Any:
        asked.append(parent_type.name)
        return engines_own(self, parent_type, source, *rest)

    monkeypatch.setattr(Executor, "execute_field", execute_field)
    quick = [await _answers(client, actor) for actor in actors]
    quickly_asked, asked[:] = list(asked), []
    monkeypatch.setattr(Executor, "_step", lambda _self, _kind, *field: Step(*field))
    own = [await _answers(client, actor) for actor in actors]

    assert quick == own
    assert len(quickly_asked) < len(asked) / 3
    # The desk saw all, the resident their own, and a field that is refused is refused by its rule.
    assert len(quick[1][0]["data"]["workOrders"]["nodes"]) == 4
    assert quick[3][2]["data"]["tickets"]["nodes"]
    assert quick[1][3]["data"] is None
    assert {each["extensions"]["code"] for each in quick[1][3]["errors"]} == {"OUT_OF_RANGE"}


async def test_a_list_of_rows_at_hand_is_told_past_the_engine(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what a resolver says of the row alone; and who comes to many orders is one and all."""
    world = client.world
    technician, _ = await world.technician()
    for order in [await world.order() for _ in range(3)]:
        await world.do(
            world.dispatcher,
            assigning.assign,
            work_order_id=order.id,
            technician_id=technician.id,
        )
    asked: list[str] = []
    engines_own = Executor.execute_field

    def execute_field(self: Executor, parent_type: Any, source: Any, *rest: Any) -> Any:
        asked.append(parent_type.name)
        return engines_own(self, parent_type, source, *rest)

    monkeypatch.setattr(Executor, "execute_field", execute_field)
    token = await client.token(world.dispatcher)
    answer = await client.gql(BOARD, {"site": gid(world.site)}, token=token)
    nodes = answer.body["data"]["workOrders"]["nodes"]
    assert asked == ["Query"]
    assert {(each["__typename"], each["place"]["__typename"]) for each in nodes} == {
        ("WorkOrder", "Place")
    }
    who = {"id": gid(technician), "name": technician.name}
    assert [each["assignment"]["technician"] for each in nodes] == [who] * 3
    assert len({each["number"] for each in nodes}) == 3
    assert all(each["clocks"] for each in nodes)
