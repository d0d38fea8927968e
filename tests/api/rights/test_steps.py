"""The steps that an order shows are those its reader can take."""

from __future__ import annotations

from datetime import time

import pytest

from dispatch.api.ids import encode
from dispatch.domain.rights import Actor, Role
from dispatch.services import offers
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid

STEPS = "query($id: ID!) { workOrder(id: $id) { allowedSteps } }"
VIEWER = """
query($here: ID!, $there: ID!) {
  viewer {
    roles { role actions rights { action scope } }
    here: may(action: CANCEL_TICKET, siteId: $here)
    own: may(action: CANCEL_TICKET, siteId: $here, own: true)
    there: may(action: SEE_SITE, siteId: $there)
  }
}
"""


@pytest.mark.rule("SEC-1")
async def test_allowed_steps_are_those_of_state_and_reader(client: Client) -> None:
    world = client.world
    _, plumber = await world.technician(starts=time(0), ends=time(0))
    order = await world.public_order()

    async def steps(order: WorkOrder, actor: Actor) -> set[str]:
        answer = await client.gql(STEPS, {"id": gid(order)}, token=await client.token(actor))
        return set(answer.data["workOrder"]["allowedSteps"])

    assert await steps(order, world.dispatcher) == {"ASK_APPROVAL", "OFFER", "ASSIGN", "CANCEL"}
    assert await steps(order, world.desk) == {"ASK_APPROVAL", "CANCEL"}
    assert await steps(order, world.actors[Role.ANALYST]) == set()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    assert await steps(order, plumber) == {"GRAB"}
    assert await steps(order, world.dispatcher) == {
        "ASK_APPROVAL",
        "WITHDRAW",
        "ASSIGN",
        "CANCEL",
    }
    await world.do(plumber, offers.grab, work_order_id=order.id)
    assert await steps(order, plumber) == {"SET_OUT", "GIVE_BACK"}
    assert await steps(order, world.dispatcher) == {"UNASSIGN", "CANCEL"}
    # A leader may work, but this order is another's.
    assert await steps(order, world.actors[Role.TEAM_LEADER]) == {"UNASSIGN"}


@pytest.mark.rule("SEC-1")
async def test_a_reader_is_told_their_rights_and_how_far_they_reach(client: Client) -> None:
    world = client.world
    given = {"here": gid(world.site), "there": encode("Site", 999_999)}
    viewer = (await client.gql(VIEWER, given, token=await client.token(world.resident))).data[
        "viewer"
    ]
    (role,) = viewer["roles"]
    assert role["role"] == "RESIDENT"
    rights = {each["action"]: each["scope"] for each in role["rights"]}
    assert set(rights) == set(role["actions"])
    assert rights["CANCEL_TICKET"] == "OWN"
    assert rights["SEE_SITE"] == "SITE"
    assert (viewer["here"], viewer["own"], viewer["there"]) == (False, True, False)
