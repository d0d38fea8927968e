"""The lives of single tickets: reported, triaged, worked on, called back, or cut short."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from dispatch.demo.estate import Estate
from dispatch.demo.facts import Draw, Report, facts
from dispatch.demo.stage import Stage, Story
from dispatch.domain.callbacks import CallResult
from dispatch.domain.rights import Role
from dispatch.domain.tickets import Channel, Resolution, TicketKind
from dispatch.domain.work_orders import PauseReason, WorkOrderState
from dispatch.services import callbacks, execution, offers, remote_help, tickets, work_orders
from dispatch.store.callbacks import Callback
from dispatch.store.categories import Category
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_BY_HAND = (Channel.PHONE, Channel.WECHAT, Channel.APP, Channel.WALK_IN)
_BY_PATROL = (Channel.PATROL, Channel.RADIO, Channel.PHONE)
_ON_THE_WAY = timedelta(minutes=8)
_AT_THE_DOOR = timedelta(minutes=3)
_ANSWERS: dict[bool, dict[str, Any]] = {
    True: {
        "solved": True,
        "satisfied": True,
        "scores": {"on_time": 5, "attitude": 5, "quality": 5, "total": 5},
    },
    False: {
        "solved": False,
        "satisfied": False,
        "scores": {"on_time": 4, "attitude": 5, "quality": 2, "total": 2},
        "dissatisfaction_reason": "修好半天又出现同样问题",
    },
}


@dataclass(frozen=True, slots=True)
class Visit:
    """When somebody sets out for an order, how long they work, and what interrupts it."""

    who: str
    sets_out: datetime
    minutes: int = 30
    assigned: datetime | None = None
    accepts: bool = True
    paused: PauseReason | None = None
    called: datetime | None = None
    unanswered_first: bool = False
    satisfied: bool = True


@dataclass(slots=True)
class Teller:
    """Tells stories of one estate on one stage."""

    estate: Estate
    stage: Stage
    draw: Draw

    async def reported(
        self,
        report: Report,
        at: datetime,
        *,
        visit: Visit | None = None,
        wished: tuple[datetime, datetime] | None = None,
        cancelled: datetime | None = None,
        offered: datetime | None = None,
    ) -> Story:
        """A report that the desk takes and triages, and what follows."""
        yield at
        ticket = await self._take(report, wished)
        yield at + timedelta(minutes=self.draw.minutes(1, 4))
        order = await self._triage(ticket, report)
        if cancelled is not None:
            yield cancelled
            await self.stage.do(
                self.estate.desk, tickets.cancel, ticket_id=ticket.id, reason="业主来电：已自行处理"
            )
        elif offered is not None:
            yield offered
            await self.stage.do(self.estate.dispatcher, offers.open_offer, work_order_id=order.id)
        elif visit is not None:
            async for moment in self.visited(order, visit):
                yield moment

    async def unclear(self, words: str, at: datetime) -> Story:
        """A report by phone app that says too little and waits for the desk."""
        yield at
        home = self.draw.rng.choice(self.estate.homes)
        await self.stage.do(
            self.estate.desk,
            tickets.create,
            site_id=self.estate.site.id,
            kind=TicketKind.REPAIR,
            channel=Channel.WECHAT,
            description=words,
            party_id=home.party_id,
        )

    async def advised(self, report: Report, at: datetime) -> Story:
        """A report that the desk solves on the phone."""
        yield at
        ticket = await self._take(report, None)
        yield at + timedelta(minutes=2)
        await self._triage(ticket, report)
        yield at + timedelta(minutes=9)
        await self.stage.do(
            self.estate.desk,
            remote_help.resolve_without_visit,
            ticket_id=ticket.id,
            resolution=Resolution.REMOTE_HELP,
            note="电话指导业主复位后恢复",
        )

    async def visited(self, order: WorkOrder, visit: Visit) -> Story:
        """From the dispatcher's decision to the callback."""
        who = self.estate.crew[visit.who]
        yield visit.assigned or visit.sets_out - timedelta(minutes=12)
        await self.stage.do(
            self.estate.dispatcher,
            work_orders.assign,
            work_order_id=order.id,
            technician_id=self.estate.people[visit.who].id,
            planned_start=visit.sets_out + _ON_THE_WAY,
            override_reason="当班人手紧，接续上门",
        )
        if not visit.accepts:
            return
        yield (visit.assigned or visit.sets_out - timedelta(minutes=12)) + timedelta(minutes=2)
        await self.stage.do(who, execution.accept, work_order_id=order.id)
        async for moment in self.worked(order, visit):
            yield moment

    async def worked(self, order: WorkOrder, visit: Visit) -> Story:
        """An accepted order, from setting out to the callback."""
        who = self.estate.crew[visit.who]
        place: dict[str, Any] = {"latitude": order.latitude, "longitude": order.longitude}
        yield visit.sets_out
        await self.stage.do(who, execution.set_out, work_order_id=order.id)
        yield visit.sets_out + _ON_THE_WAY
        await self.stage.do(who, execution.arrive, work_order_id=order.id, **place)
        starts = visit.sets_out + _ON_THE_WAY + _AT_THE_DOOR
        yield starts
        await self.stage.do(
            who, execution.start, work_order_id=order.id, door_code=order.door_code, **place
        )
        if visit.paused is not None:
            yield starts + timedelta(minutes=10)
            await self.stage.do(
                who,
                execution.pause,
                work_order_id=order.id,
                reason=visit.paused,
                note="型号特殊，库房无现货" if visit.paused is PauseReason.PARTS else None,
                customer_consents=True,
                resume_on=self.stage.now + timedelta(days=1),
            )
            return
        yield starts + timedelta(minutes=visit.minutes)
        await self.complete(order, visit.who)
        if visit.called is not None:
            async for moment in self.called(order, visit):
                yield moment

    async def complete(self, order: WorkOrder, code: str) -> None:
        """The record of the work."""
        found, cause, done = facts("reports")["findings"][order.trade]
        resident = order.door_code is not None
        await self.stage.do(
            self.estate.crew[code],
            execution.complete,
            work_order_id=order.id,
            found=found,
            cause=cause,
            done=done,
            signature="业主签字" if resident else None,
            no_signature_reason=None if resident else "公区维修，无需签字",
        )

    async def called(self, order: WorkOrder, visit: Visit) -> Story:
        """The desk calls the customer back."""
        at = visit.called or self.stage.now
        if visit.unanswered_first:
            yield at - timedelta(minutes=30)
            await self._call(order, result=CallResult.NO_ANSWER)
        yield at
        await self._call(order, result=CallResult.ANSWERED, **_ANSWERS[visit.satisfied])

    async def _call(self, order: WorkOrder, **answers: Any) -> None:
        statement = select(Callback).where(
            Callback.ticket_id == order.ticket_id, Callback.ended_at.is_(None)
        )
        callback = (await self.stage.session.execute(statement)).scalar_one_or_none()
        if callback is not None:
            # After what was serious a manager calls.
            is_serious = callback.serious_reason is not None
            who = self.estate.roles[Role.PROJECT_MANAGER] if is_serious else self.estate.desk
            await self.stage.do(who, callbacks.record, callback_id=callback.id, **answers)

    async def _take(self, report: Report, wished: tuple[datetime, datetime] | None) -> Ticket:
        given: dict[str, Any] = {
            "place_id": self.draw.rng.choice(self.estate.public),
            "requester_name": "秩序部巡逻岗",
            "requester_phone": "8001",
            "channel": self.draw.rng.choice(_BY_PATROL),
        }
        if report.in_home:
            home = self.draw.rng.choice(self.estate.homes)
            given = {
                "place_id": home.place_id,
                "party_id": home.party_id,
                "channel": self.draw.rng.choice(_BY_HAND),
            }
        return await self.stage.do(
            self.estate.desk,
            tickets.create,
            site_id=self.estate.site.id,
            kind=TicketKind.REPAIR,
            description=report.words,
            wished_from=wished[0] if wished else None,
            wished_to=wished[1] if wished else None,
            **given,
        )

    async def _triage(self, ticket: Ticket, report: Report) -> WorkOrder:
        leaf = select(Category.id).where(
            Category.site_id == self.estate.site.id, Category.code == report.category
        )
        category_id = (await self.stage.session.execute(leaf)).scalar_one()
        await self.stage.do(
            self.estate.desk, tickets.triage, ticket_id=ticket.id, category_id=category_id
        )
        statement = select(WorkOrder).where(WorkOrder.ticket_id == ticket.id)
        return (await self.stage.session.execute(statement)).scalar_one()

    async def finished(self, order: WorkOrder, code: str, *, arrives: datetime) -> Story:
        """An order that a plan of a former day gave to somebody is done as planned."""
        who = self.estate.crew[code]
        if order.state is WorkOrderState.ASSIGNED:
            yield arrives - timedelta(minutes=20)
            await self.stage.do(who, execution.accept, work_order_id=order.id)
        if order.state is WorkOrderState.PAUSED:
            yield arrives
            await self.stage.do(who, execution.resume, work_order_id=order.id)
        steps = {
            WorkOrderState.ACCEPTED: (execution.set_out, timedelta(minutes=-8), {}),
            WorkOrderState.EN_ROUTE: (execution.arrive, timedelta(), {}),
            WorkOrderState.ARRIVED: (
                execution.start,
                _AT_THE_DOOR,
                {"door_code": order.door_code},
            ),
        }
        while order.state in steps:
            step, after, given = steps[order.state]
            yield arrives + after
            await self.stage.do(who, step, work_order_id=order.id, **given)
        yield arrives + timedelta(seconds=order.duration_s)
        await self.complete(order, code)
        yield arrives + timedelta(seconds=order.duration_s, minutes=50)
        await self._call(order, result=CallResult.ANSWERED, **_ANSWERS[True])
