"""Anything by its global id (全局编号)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api import ids
from dispatch.api.connections import PAGE_MOST
from dispatch.api.context import Info
from dispatch.api.ids import Node
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Batch, by_id, load
from dispatch.domain.errors import Code, refuse
from dispatch.services import visible
from dispatch.store.arrival_checks import ArrivalCheck
from dispatch.store.callbacks import Callback
from dispatch.store.clocks import Clock
from dispatch.store.duty_roster import DutyDay
from dispatch.store.events import Event
from dispatch.store.import_runs import ImportRun
from dispatch.store.messages import Message, MessageChannel
from dispatch.store.offers import Offer
from dispatch.store.pay_sheets import SignedHours
from dispatch.store.policies import PolicyRecord
from dispatch.store.saturations import Saturation
from dispatch.store.shift_extensions import ShiftExtension
from dispatch.store.technicians import Technician
from dispatch.store.users import Token, User

# What can be looked up, each with the condition of who may see it: a kind that is not here can
# only be reached through something that is.
_BATCHES: Mapping[str, Batch[int, Any]] = {
    "Appointment": batches.appointments_by_id,
    "ArrivalCheck": by_id(ArrivalCheck, visible.arrival_checks),
    "Clock": by_id(Clock, visible.clocks),
    "Callback": by_id(Callback, visible.callbacks),
    "DutyDay": by_id(DutyDay, visible.duty_days),
    "Event": by_id(Event, visible.events),
    "ImportRun": by_id(ImportRun, visible.import_runs),
    "Message": by_id(Message, visible.inbox),
    "MessageChannel": by_id(MessageChannel, visible.channels),
    "SentMessage": by_id(Message, visible.outbox),
    "Offer": by_id(Offer, visible.offers),
    "Policy": by_id(PolicyRecord, visible.policies),
    "Party": batches.parties,
    "Place": batches.places,
    "Plan": batches.plans,
    "PlanRun": batches.plan_runs,
    "Saturation": by_id(Saturation, visible.saturations),
    "ShiftExtension": by_id(ShiftExtension, visible.shift_extensions),
    "SignedHours": by_id(SignedHours, visible.signed_hours),
    "Site": batches.sites,
    "Token": by_id(Token, visible.tokens),
    "User": by_id(User, visible.users),
    "Technician": by_id(Technician, visible.technicians),
    "Ticket": batches.tickets,
    "WorkOrder": batches.work_orders,
}


@strawberry.type
class NodeQueries:
    @strawberry.field(
        graphql_type=Optional[Node],
        description="A thing by its global id (按编号查找); null when there is none, or none that "
        "the reader may see.",
    )
    async def node(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> Any:
        return await _look_up(info, id)

    @strawberry.field(
        graphql_type=list[Optional[Node]],
        description="Things by their global ids, in the order asked for (批量查找); null in place "
        "of what cannot be seen.",
    )
    async def nodes(
        root: None,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Ids, at most 200 (编号).")
        ],
    ) -> Sequence[Any]:
        if len(ids) > PAGE_MOST:
            raise refuse(Code.OUT_OF_RANGE, field="ids", least=0, most=PAGE_MOST)
        return await asyncio.gather(*(_look_up(info, each) for each in ids))


async def _look_up(info: Info, given: str) -> Any:
    # Not signed in: refused before a batch could answer with nothing.
    _ = info.context.actor
    kind, row_id = ids.parse(given)
    batch = _BATCHES.get(kind)
    return None if batch is None else await load(info, batch, row_id)
