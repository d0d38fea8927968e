"""The simulated technicians, who are late, ill, decline or are out of reach now and then. Each acts
through the API alone."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from dispatch.simulation.day import Day, Order
from dispatch.simulation.founding import Worker


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
        self._alarm: datetime | None = None
        luck, habits = day.rng, day.habits
        length = day.ends - day.begins
        self.ill_at = day.begins + length * luck.random() if luck.random() < habits.ill else None
        self.offline: tuple[datetime, datetime] | None = None
        if luck.random() < habits.offline:
            start = day.begins + length * luck.random()
            self.offline = (start, start + timedelta(minutes=luck.randint(*habits.offline_minutes)))

    @property
    def mine(self) -> list[Order]:
        """What they hold, in order of time."""
        held = self.day.held[self.gid].values()
        return sorted(held, key=lambda each: (each.planned_start or self.day.begins, each.id))

    def hear(self, order: Order) -> None:
        """The board says something of an order that this technician holds."""
        if order.seen["state"] == "ASSIGNED" and order.id not in self._answering:
            self._answering.add(order.id)
            self.day.tasks.spawn(self._answer(order.id))
        self.news.set()

    def could_take(self, order: Order) -> bool:
        """Whether they are able, and at work."""
        return order.fits(self.worker) and self.day.is_at_work(self.worker)

    async def grab(self, order_id: str) -> None:
        """Somebody free looks at an offer after a while and takes it, if it is still there."""
        await self.day.pace.sleep(seconds=self.day.between(5, 240))
        if self.is_ill or self._current is not None:
            return
        payload = await self.step("workOrderGrab", order_id, canReach=True)
        self.day.done["grabbed"] += payload is not None

    async def live(self) -> None:
        """Works through what is held, one visit after the other, each in its time."""
        while not self.is_ill:
            self.news.clear()
            visit = next((each for each in self.mine if each.seen["state"] == "ACCEPTED"), None)
            if visit is None or not self._is_time_for(visit):
                await self.news.wait()
                continue
            self._current = visit.id
            try:
                await self._visit(visit)
            finally:
                self._current = None

    def _is_time_for(self, visit: Order) -> bool:
        """Who set out early would wait at the door, and miss what comes in between."""
        if visit.planned_start is None:
            return True
        leaves_at = visit.planned_start - timedelta(seconds=visit.way_s)
        if leaves_at > self.day.pace.now and leaves_at != self._alarm:
            self._alarm = leaves_at
            self.day.tasks.spawn(self._ring(leaves_at))
        return leaves_at <= self.day.pace.now

    async def _ring(self, at: datetime) -> None:
        await self.day.pace.until(at)
        self.news.set()

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
