"""What the board of a site tells, and who acts on it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dispatch.domain.rights import Role
from dispatch.simulation.day import Day
from dispatch.simulation.office import decide
from dispatch.simulation.technician import Technician

_ORDER = """
  id version state dispatchStep duration needsDoorCode doorCode crewSize level trade { code }
  assignment { plannedStart travel technician { id } }
"""
_BOARD = f"""
  subscription($site: ID!, $day: Date!) {{
    boardChanged(siteId: $site, day: $day) {{ at kinds workOrders {{ {_ORDER} }} }}
  }}
"""

_LOOK_AT_OFFER = 3
"""So many of those who could take an offer notice it."""


async def listen(day: Day, technicians: Sequence[Technician], *, on: date) -> None:
    """Tells everybody what the board tells."""
    by_id = {str(each.gid): each for each in technicians}
    news = day.client.watch(day.token(Role.DISPATCHER), _BOARD, site=day.site, day=on.isoformat())
    async for told in news:
        for seen in told["boardChanged"]["workOrders"]:
            _hear(day, by_id, technicians, seen)


def _hear(
    day: Day,
    by_id: dict[str, Technician],
    technicians: Sequence[Technician],
    seen: dict[str, Any],
) -> None:
    known = day.orders.get(seen["id"])
    if known is not None and known.seen["version"] > seen["version"]:
        return
    was = (known.seen["state"], known.seen["dispatchStep"]) if known is not None else None
    now = (seen["state"], seen["dispatchStep"])
    order = day.note(seen)
    if order.holder in by_id:
        by_id[order.holder].hear(order)
    if now == ("QUEUED", "SUPERVISOR") != was:
        day.tasks.spawn(decide(day, order.id, technicians))
    if now[0] == "OFFERED" and was != now:
        able = [each for each in technicians if each.could_take(order)]
        for each in day.rng.sample(able, min(_LOOK_AT_OFFER, len(able))):
            day.tasks.spawn(each.grab(order.id))
