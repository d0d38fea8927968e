"""The simulated people: a desk, a supervisor, and technicians who are late, ill, decline or are
out of reach now and then. Each acts through the API alone."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from dispatch.simulation.client import Client
from dispatch.simulation.founding import Cast, Worker
from dispatch.simulation.pace import Pace
from dispatch.simulation.requests import Report

ORDER = """
  id number version state dispatchStep duration area needsDoorCode doorCode crewSize level
  trade { code } place { id } ticket { id }
  assignment { plannedStart travel technician { id } }
"""
BOARD = f"""
  subscription($site: ID!, $day: Date!) {{
    boardChanged(siteId: $site, day: $day) {{ at kinds workOrders {{ {ORDER} }} }}
  }}
"""
CALLBACKS = """
  query($site: ID!) {
    callbacks(siteId: $site, first: 100, filter: { state: { eq: DUE } }) {
      nodes { id seriousReason }
    }
  }
"""


_CHOICES = 3
"""So many technicians a supervisor tries for one order."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How often things go other than planned; shares of visits, of people, or minutes."""

    decline: float = 0.03
    late_answer: float = 0.04
    ill: float = 0.02
    offline: float = 0.10
    offline_minutes: tuple[int, int] = (20, 60)
    pause: float = 0.02
    slow_way: float = 0.25
    """Spread of ways against the plan's (standard deviation of their logarithm)."""
    slow_work: float = 0.20
    no_answer: float = 0.10
    unsatisfied: float = 0.02


@dataclass
class Order:
    """A work order as the board last told of it."""

    seen: dict[str, Any]

    @property
    def id(self) -> str:
        return self.seen["id"]

    def fits(self, worker: Worker) -> bool:
        return worker.can(self.seen["trade"]["code"], self.seen["level"])

    @property
    def holder(self) -> str | None:
        assignment = self.seen["assignment"]
        return assignment["technician"]["id"] if assignment else None

    @property
    def planned_start(self) -> datetime | None:
        text = (self.seen["assignment"] or {}).get("plannedStart")
        return datetime.fromisoformat(text) if text else None

    @property
    def way_s(self) -> float:
        return seconds((self.seen["assignment"] or {}).get("travel")) or 600.0

    @property
    def work_s(self) -> float:
        return seconds(self.seen["duration"]) or 3600.0


@dataclass
class Day:
    """What everybody of the simulation shares."""

    cast: Cast
    client: Client
    pace: Pace
    rng: random.Random
    habits: Habits
    begins: datetime
    ends: datetime
    zone: ZoneInfo
    orders: dict[str, Order] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def is_at_work(self, worker: Worker) -> bool:
        return worker.works_at(self.pace.now.astimezone(self.zone).time())

    def token(self, role: Role) -> str:
        return self.rng.choice(self.cast.tokens[role])

    def spawn(self, coroutine: Any) -> None:
        """Lets something happen beside the rest; what fails in it ends the simulation."""
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)

    def failures(self) -> Iterator[BaseException]:
        for task in tuple(self.tasks):
            if task.done():
                self.tasks.discard(task)
                error = None if task.cancelled() else task.exception()
                if error is not None:
                    yield error

    def around(self, seconds: float, spread: float) -> float:
        return seconds * self.rng.lognormvariate(0, spread)

    def between(self, least: float, most: float) -> float:
        return self.rng.uniform(least, most)


async def report(day: Day, each: Report) -> None:
    """Somebody calls; the desk takes it down and triages it."""
    await day.pace.until(day.begins + each.at)
    site = encode("Site", day.cast.site.id)
    token = day.token(Role.DESK)
    made = await day.client.change(
        token,
        "ticketCreate",
        "ticket { id }",
        siteId=site,
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
    site = encode("Site", day.cast.site.id)
    while True:
        await day.pace.sleep(seconds=600)
        token = day.token(Role.DESK)
        due = (await day.client.ask(token, CALLBACKS, site=site))["callbacks"]["nodes"]
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


class Technician:
    """One technician's day: answers what is assigned, grabs what is offered, works in order."""

    def __init__(self, day: Day, worker: Worker) -> None:
        self.day = day
        self.worker = worker
        self.gid = encode("Technician", worker.id)
        self.news = asyncio.Event()
        self.is_ill = False
        self._answering: set[str] = set()
        self._current: str | None = None
        luck, habits = day.rng, day.habits
        length = day.ends - day.begins
        self.ill_at = day.begins + length * luck.random() if luck.random() < habits.ill else None
        self.offline: tuple[datetime, datetime] | None = None
        if luck.random() < habits.offline:
            start = day.begins + length * luck.random()
            self.offline = (start, start + timedelta(minutes=luck.randint(*habits.offline_minutes)))

    @property
    def mine(self) -> list[Order]:
        held = [each for each in self.day.orders.values() if each.holder == self.gid]
        return sorted(held, key=lambda each: (each.planned_start or self.day.begins, each.id))

    def hear(self, order: Order) -> None:
        """The board says something of an order that this technician holds."""
        if order.seen["state"] == "ASSIGNED" and order.id not in self._answering:
            self._answering.add(order.id)
            self.day.spawn(self._answer(order.id))
        self.news.set()

    async def grab(self, order_id: str) -> None:
        """Somebody free looks at an offer after a while and takes it, if it is still there."""
        await self.day.pace.sleep(seconds=self.day.between(5, 240))
        if self.is_ill or self._current is not None:
            return
        payload = await self.step("workOrderGrab", order_id, canReach=True)
        self.day.done["grabbed"] += payload is not None

    async def live(self) -> None:
        """Works through what is held, one visit after the other."""
        while not self.is_ill:
            visit = next((each for each in self.mine if each.seen["state"] == "ACCEPTED"), None)
            if visit is None:
                self.news.clear()
                await self.news.wait()
                continue
            self._current = visit.id
            try:
                await self._visit(visit)
            finally:
                self._current = None

    async def fall_ill(self) -> None:
        """Calls in sick; the dispatcher notes it, and the rest of the day is repaired."""
        if self.ill_at is None:
            return
        await self.day.pace.until(self.ill_at)
        self.is_ill = True
        self.day.done["fell ill"] += 1
        await self.day.client.change(
            self.day.token(Role.DISPATCHER),
            "technicianReportIll",
            "technician { id }",
            technicianId=self.gid,
            reason="生病",
        )

    async def _answer(self, order_id: str) -> None:
        """Accepts within a few minutes, mostly."""
        day, habits = self.day, self.day.habits
        late = day.rng.random() < habits.late_answer
        await day.pace.sleep(seconds=day.between(360, 900) if late else day.between(20, 200))
        self._answering.discard(order_id)
        order = day.orders[order_id]
        if self.is_ill or order.holder != self.gid or order.seen["state"] != "ASSIGNED":
            return
        if day.rng.random() < habits.decline:
            payload = await self.step("workOrderDecline", order_id, reason="手上有急活")
            day.done["declined"] += payload is not None
            return
        await self.step("workOrderAccept", order_id)

    async def _visit(self, visit: Order) -> None:
        day = self.day
        way_s = day.around(visit.way_s, day.habits.slow_way)
        if visit.planned_start is not None:
            # Who set out early would wait at the door.
            await day.pace.until(visit.planned_start - timedelta(seconds=visit.way_s))
        if await self.step("workOrderSetOut", visit.id) is None:
            await day.pace.sleep(seconds=60)
            return
        await day.pace.sleep(seconds=way_s)
        if await self.step("workOrderArrive", visit.id) is None:
            return
        await day.pace.sleep(seconds=day.between(30, 180))
        code = {"doorCode": visit.seen["doorCode"]} if visit.seen["needsDoorCode"] else {}
        if await self.step("workOrderStart", visit.id, **code) is None:
            return
        work_s = day.around(visit.work_s, day.habits.slow_work)
        if day.rng.random() < day.habits.pause:
            await self._fetch_parts(visit, work_s / 2)
            work_s /= 2
        await day.pace.sleep(seconds=work_s)
        payload = await self.step(
            "workOrderComplete",
            visit.id,
            found="现场查看属实",
            cause="老化",
            done="已修复",
            noSignatureReason="客户不在现场",
        )
        day.done["completed"] += payload is not None

    async def _fetch_parts(self, visit: Order, worked_s: float) -> None:
        day = self.day
        await day.pace.sleep(seconds=worked_s)
        back = day.between(1200, 3600)
        paused = await self.step(
            "workOrderPause",
            visit.id,
            reason="PARTS",
            customerConsents=True,
            resumeOn=(day.pace.now + timedelta(seconds=back + 600)).isoformat(),
        )
        if paused is not None:
            await day.pace.sleep(seconds=back)
            await self.step("workOrderResume", visit.id)
            day.done["paused"] += 1

    async def step(self, mutation: str, order_id: str, **given: Any) -> Any:
        """Sends a step. Out of reach, it waits until the phone has a network again."""
        if self.offline is not None and self.offline[0] <= self.day.pace.now < self.offline[1]:
            self.day.done["steps while offline"] += 1
            await self.day.pace.until(self.offline[1])
        return await self.day.client.change(
            self.worker.token,
            mutation,
            "workOrder { id state }",
            workOrderId=order_id,
            **given,
        )


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
    able = [
        each
        for each in technicians
        if order.fits(each.worker) and day.is_at_work(each.worker) and not each.is_ill
    ]
    able.sort(key=lambda each: len(each.mine))
    helpers = order.seen["crewSize"] - 1
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


def seconds(duration: str | None) -> float:
    """Seconds of an ISO 8601 duration in hours, minutes and seconds."""
    if not duration:
        return 0.0
    total, number = 0.0, ""
    for letter in duration.removeprefix("PT"):
        if letter.isdigit() or letter == ".":
            number += letter
        else:
            total += float(number) * {"H": 3600, "M": 60, "S": 1}[letter]
            number = ""
    return total
