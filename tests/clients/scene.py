"""What the client programs meet: tickets of several pages, two orders on offer, three people."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from dispatch.services import offers
from tests.api.client import gid, token_for
from tests.api.photographs import A_PHOTO
from tests.api.server import a_server
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World, a_world, move_to_morning

_TICKETS = 6


@asynccontextmanager
async def a_scene(database_url: str, *, programs: int) -> AsyncIterator[list[str]]:
    """A scene for each program, as JSON, while a service runs for all of them."""
    async with a_world(database_url, now=datetime.now(UTC)) as world:
        await move_to_morning(world)
        own = [await _of_one(world) for _ in range(programs)]
        async with a_server(world.services.store.url) as server:
            yield [json.dumps({**each, "url": server.url}) for each in own]


async def _of_one(world: World) -> dict[str, Any]:
    _, phone = await world.technician(**DAY_AND_NIGHT)
    _, rival = await world.technician(**DAY_AND_NIGHT)
    orders = [await world.public_order() for _ in range(2)]
    for order in orders:
        await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    tickets = [await world.ticket(world.desk) for _ in range(_TICKETS)]
    return {
        "desk": await token_for(world, world.desk),
        "phone": await token_for(world, phone),
        "rival": await token_for(world, rival),
        "site": gid(world.site),
        "orders": [gid(order) for order in orders],
        "otherTicket": gid(tickets[0]),
        "photo": base64.b64encode(A_PHOTO).decode(),
        "report": {
            "siteId": gid(world.site),
            "kind": "REPAIR",
            "channel": "PHONE",
            "description": "新的一条",
            "requesterName": "王芳",
            "requesterPhone": "13800000000",
            "placeId": gid(world.rooms[0]),
        },
    }
