"""Many grabs of one order at the same moment, each from a process of its own (GRAB-2)."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dispatch.domain.offers import OfferOutcome
from dispatch.domain.work_orders import WorkOrderState
from dispatch.services import offers
from dispatch.store.offers import Offer
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import a_world

PEOPLE = 20
ROOT = Path(__file__).parents[2]


@pytest.mark.rule("GRAB-2")
@pytest.mark.parametrize("grabbers", [24, pytest.param(200, marks=pytest.mark.slow)])
async def test_of_many_grabs_one_wins_and_tells_the_rest_who(
    database_url: str, grabbers: int
) -> None:
    async with a_world(database_url) as world:
        people = [await world.technician(f"师傅{number}") for number in range(PEOPLE)]
        names = {technician.id: technician.name for technician, _ in people}
        order = await world.public_order()
        await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)

        told = await storm(
            {
                "url": database_url,
                "now": world.clock.now.isoformat(),
                "organization_id": world.root.organization_id,
                "site_id": world.site.id,
                "work_order_id": order.id,
                "grabbers": grabbers,
                "technicians": [
                    {"id": technician.id, "user_id": actor.user_id} for technician, actor in people
                ],
            }
        )

        winners = [technician_id for technician_id, code, _ in told if code == "WON"]
        assert len(winners) == 1, told
        losers = [[code, winner] for _, code, winner in told if code != "WON"]
        assert losers == [["ALREADY_TAKEN", names[winners[0]]]] * (grabbers - 1)

        [offer] = await world.rows(Offer)
        [assignment] = await world.rows(Assignment)
        [order] = await world.rows(WorkOrder)
        assert (offer.outcome, offer.winner_id) == (OfferOutcome.GRABBED, winners[0])
        assert (assignment.technician_id, assignment.ended_at) == (winners[0], None)
        assert order.state is WorkOrderState.ACCEPTED
        [event] = await world.events("work_order.grabbed")
        assert event.data["technician_id"] == winners[0]
        assert len(await world.events("assignment.made")) == 1


async def storm(task: dict[str, Any]) -> list[list[Any]]:
    """Runs `grab_storm` and returns what each grabber was told."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.concurrency.grab_storm"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(process.communicate(json.dumps(task).encode()), timeout=240)
    assert process.returncode == 0
    return json.loads(output)
