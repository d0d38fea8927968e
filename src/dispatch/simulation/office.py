"""The simulated desk, dispatcher and supervisor. Each acts through the API alone."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from dispatch.simulation.day import Day, Order
from dispatch.simulation.requests import Report
from dispatch.simulation.technician import Technician

CALLBACKS = """
  query($site: ID!) {
    callbacks(siteId: $site, first: 100, filter: { state: { eq: DUE } }) {
      nodes { id seriousReason }
    }
  }
"""

_CHOICES = 3
"""So many technicians a supervisor tries for one order."""
_PLAN_EVERY_S = 2700


async def report(day: Day, each: Report) -> None:
    """Somebody calls; the desk takes it down and triages it."""
    await day.pace.until(day.begins + each.at)
    token = day.token(Role.DESK)
    made = await day.client.change(
        token,
        "ticketCreate",
        "ticket { id }",
        siteId=day.site,
        kind="REPAIR",
        channel="PHONE",
        description=each.description,
        requesterName="来电人",
        requesterPhone="13900000000",
        landmark=each.landmark or None,
        locationText=each.landmark or each.description,
        latitude=each.latitude,
        longitude=each.longitude,
    )
    if made is None:
        day.done["reports refused"] += 1
        return
    await day.pace.sleep(seconds=day.between(30, 150))
    category = day.cast.categories[each.category]
    await day.client.change(
        token,
        "ticketTriage",
        "ticket { id }",
        ticketId=made["ticket"]["id"],
        categoryId=encode("Category", category.id),
    )


async def call_back(day: Day) -> None:
    """The desk calls whoever it owes a call."""
    while True:
        await day.pace.sleep(seconds=600)
        token = day.token(Role.DESK)
        due = (await day.client.ask(token, CALLBACKS, site=day.site))["callbacks"]["nodes"]
        await asyncio.gather(*(_call(day, token, each) for each in due))


async def _call(day: Day, token: str, owed: dict[str, Any]) -> None:
    if owed["seriousReason"] is not None:
        # Serious cases are a manager's to call.
        token = day.token(Role.PROJECT_MANAGER)
    given: dict[str, Any] = {"callbackId": owed["id"], "result": "ANSWERED"}
    luck = day.rng.random()
    if luck < day.habits.no_answer:
        given["result"] = "NO_ANSWER"
    elif luck < day.habits.no_answer + day.habits.unsatisfied:
        given |= {"solved": False, "satisfied": False, "dissatisfactionReason": "还没修好"}
    else:
        given |= {"solved": True, "satisfied": True}
        given["scores"] = {"attitude": 5, "quality": 5, "onTime": 4}
    await day.client.change(token, "callbackRecord", "callback { id }", **given)


async def dispatch(day: Day, *, on: date) -> None:
    """The dispatcher has the optimizer plan what is open, every now and then."""
    while True:
        await day.pace.sleep(seconds=_PLAN_EVERY_S)
        if not any(_awaits_plan(each) for each in day.orders.values()):
            continue
        await day.client.change(
            day.token(Role.DISPATCHER),
            "autoAssign",
            "plan { id }",
            siteId=day.site,
            day=on.isoformat(),
        )


def _awaits_plan(order: Order) -> bool:
    return order.seen["state"] == "QUEUED" and order.seen["dispatchStep"] == "AUTO"


async def decide(day: Day, order_id: str, technicians: Sequence[Technician]) -> None:
    """The supervisor gives what nobody has to whoever at work can do it and holds least; where
    nobody is, it is tried again later."""
    await day.pace.sleep(seconds=day.between(60, 240))
    while _awaits_decision(day.orders[order_id]):
        if await _give(day, day.orders[order_id], technicians):
            day.done["decided by the supervisor"] += 1
            return
        await day.pace.sleep(seconds=day.between(900, 1800))


def _awaits_decision(order: Order) -> bool:
    return order.seen["state"] == "QUEUED" and order.seen["dispatchStep"] == "SUPERVISOR"


async def _give(day: Day, order: Order, technicians: Sequence[Technician]) -> bool:
    """Whether one of those who hold least could be given the order, with helpers where it needs
    them."""
    able = [each for each in technicians if each.could_take(order) and not each.is_ill]
    able.sort(key=lambda each: len(each.mine))
    helpers = order.seen["crewSize"] - 1
    if len(able) <= helpers:
        return False
    for lead in able[:_CHOICES]:
        others = [each.gid for each in able if each is not lead][:helpers]
        given = await day.client.change(
            day.token(Role.SUPERVISOR),
            "workOrderAssign",
            "workOrder { id }",
            workOrderId=order.id,
            technicianId=lead.gid,
            overrideReason="无人接单",
            **({"helperIds": others} if others else {}),
        )
        if given is not None:
            return True
    return False
