"""What a reader meets by way of another thing: no more than they may know of it."""

from __future__ import annotations

import pytest

from dispatch.domain.places import PlaceKind
from dispatch.services import execution, sites, technicians, tickets, work_orders
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.factories import another_site

WHY = """
query($id: ID!) {
  workOrder(id: $id) { assignments(first: 5) { nodes { step why endReason } } }
}
"""


@pytest.mark.rule("SEC-2")
async def test_a_resident_is_not_told_what_was_said_of_them(client: Client) -> None:
    world = client.world
    report = await world.ticket(world.resident)
    leaf = await world.category("tap_leak")
    await world.do(world.desk, tickets.triage, ticket_id=report.id, category_id=leaf.id)
    (order,) = await world.rows(WorkOrder)
    lead, actor = await world.technician()
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=lead.id,
        reason="a difficult customer",
    )
    await world.do(actor, execution.decline, work_order_id=order.id, reason="shouts at people")
    told = {}
    for name, reader in (("resident", world.resident), ("dispatcher", world.dispatcher)):
        answer = await client.gql(WHY, {"id": gid(order)}, token=await client.token(reader))
        (told[name],) = answer.data["workOrder"]["assignments"]["nodes"]
    assert told["resident"] == {
        "step": "SUPERVISOR",
        "why": {"step": "SUPERVISOR"},
        "endReason": None,
    }
    assert told["dispatcher"]["why"]["reason"] == "a difficult customer"
    assert told["dispatcher"]["endReason"] == "shouts at people"


@pytest.mark.rule("SEC-2")
async def test_how_to_get_into_a_home_is_for_staff_and_its_residents(client: Client) -> None:
    world = client.world
    unit = await world.do(
        world.root,
        sites.create_place,
        site_id=world.site.id,
        parent_id=world.building.id,
        kind=PlaceKind.ROOM,
        name="901",
        access_notes="key under the mat",
    )
    query = "query($id: ID!) { place(id: $id) { name accessNotes } }"
    _, worker = await world.technician()
    seen = []
    for reader in (world.resident, world.desk, worker):
        answer = await client.gql(query, {"id": gid(unit)}, token=await client.token(reader))
        seen.append(answer.data["place"]["accessNotes"])
    # A technician of the site learns it with an order there, and not before (SEC-3).
    assert seen == [None, "key under the mat", None]


@pytest.mark.rule("SEC-2")
async def test_a_leader_of_another_site_is_a_name_alone(client: Client) -> None:
    world = client.world
    far = await another_site(world.services, world.root, code="hill")
    leader, _ = await world.technician("leader", site_ids=[far.id], phone="13900000000")
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=leader.id,
        starts_at=world.clock.now,
        ends_at=world.clock.now.replace(year=world.clock.now.year + 1),
        reason="ill",
    )
    member, _ = await world.technician("member", leader_id=leader.id)
    query = """
    query($id: ID!) {
      technician(id: $id) { phone leader { name phone home { latitude } leaves { reason } } }
    }
    """
    answer = await client.gql(query, {"id": gid(member)}, token=await client.token(world.desk))
    assert answer.data["technician"]["leader"] == {
        "name": "leader",
        "phone": None,
        "home": None,
        "leaves": [],
    }


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"or": [{"isComplete": {"eq": True}}] * 1_200}, "OUT_OF_RANGE"),
        ({"description": {"contains": "%_" * 40_000}}, "TOO_LONG"),
    ],
)
async def test_a_filter_of_any_size_is_refused_not_broken(
    client: Client, wanted: dict[str, object], code: str
) -> None:
    query = "query($f: TicketFilter) { tickets(first: 1, filter: $f) { nodes { id } } }"
    token = await client.token(client.world.desk)
    answer = await client.gql(query, {"f": wanted}, token=token)
    assert answer.code == code
