"""Documents about appointments, and people who send them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.domain.rights import Actor
from dispatch.services import work_orders
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Answer, Client

_APPOINTMENT = """
  appointment { id state startsAt endsAt heldUntil agreedBy consent reason madeBy answeredAt
    workOrder { id } movedFrom { id state reason } }
  userErrors { code field message remedy }
"""


def mutation(name: str, returns: str = _APPOINTMENT) -> str:
    kind = name[0].upper() + name[1:]
    return f"mutation($i: {kind}Input!) {{ r: {name}(input: $i) {{{returns}}} }}"


HOLD = mutation("appointmentHold")
CONFIRM = mutation("appointmentConfirm")
RELEASE = mutation("appointmentRelease")
MOVE = mutation("appointmentMove")
HISTORY = """
query($id: ID!) { workOrder(id: $id) {
  appointment { id startsAt }
  appointments { state reason agreedBy consent madeBy startsAt movedFrom { startsAt } }
} }
"""


class Caller:
    """Somebody who sends documents, and looks at what came of them."""

    def __init__(self, client: Client, token: str) -> None:
        self._client, self._token = client, token

    @classmethod
    async def of(cls, client: Client, actor: Actor) -> Caller:
        return cls(client, await client.token(actor))

    async def send(self, document: str, **variables: Any) -> Answer:
        return await self._client.gql(document, variables, token=self._token)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        return (await self.send(document, **variables)).data

    async def do(self, document: str, **given: Any) -> dict[str, Any]:
        payload = (await self.ask(document, i=given))["r"]
        assert payload["userErrors"] == []
        return next(value for name, value in payload.items() if name != "userErrors")

    async def code(self, document: str, **given: Any) -> str:
        """Why it was refused; a refusal says what to do, too."""
        answer = await self.send(document, i=given)
        if "errors" in answer.body:
            return answer.code
        (error,) = answer.data["r"]["userErrors"]
        assert error["message"]
        assert error["remedy"]
        return error["code"]


def tomorrow(client: Client) -> date:
    zone = ZoneInfo(client.world.site.time_zone)
    return client.world.clock.now.astimezone(zone).date() + timedelta(days=1)


def window(client: Client, hour: int, *, day: date | None = None) -> dict[str, str]:
    zone = ZoneInfo(client.world.site.time_zone)
    starts_at = datetime.combine(day or tomorrow(client), time(hour), zone)
    ends_at = starts_at + timedelta(hours=2)
    return {"startsAt": starts_at.isoformat(), "endsAt": ends_at.isoformat()}


def same(told: str, wanted: str) -> bool:
    return datetime.fromisoformat(told) == datetime.fromisoformat(wanted)


async def assigned(client: Client, order: WorkOrder, technician_id: int) -> None:
    world = client.world
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician_id,
        override_reason="test",
    )
