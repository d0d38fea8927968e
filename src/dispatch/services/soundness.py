"""Whether the records of a site are sound: every invariant of the domain, ticket by ticket."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.deadlines import stops_clocks
from dispatch.domain.invariants import Held, OrderState, TicketSnapshot, Ticking, broken
from dispatch.domain.work_orders import WorkOrderState
from dispatch.services.policies import policy_at
from dispatch.store.base import Base
from dispatch.store.callbacks import Callback
from dispatch.store.clocks import Clock
from dispatch.store.offers import Offer
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Appointment, Assignment, CrewMember, WorkOrder

Row = TypeVar("Row", bound=Base)


async def unsound(session: AsyncSession, site_id: int, *, now: datetime) -> list[str]:
    """Every broken invariant of a site's tickets, in words, by the policy in force at `now`. Reads
    all of them: for checks."""
    policy = await policy_at(session, site_id, now)
    tickets = await _rows(session, Ticket, Ticket.site_id == site_id)
    orders = _by(await _rows(session, WorkOrder, WorkOrder.site_id == site_id), "ticket_id")
    of_site = select(WorkOrder.id).where(WorkOrder.site_id == site_id)
    assignments = await _rows(session, Assignment, Assignment.work_order_id.in_(of_site))
    held = _by(assignments, "work_order_id")
    crew = _by(await _rows(session, CrewMember, CrewMember.is_lead), "assignment_id")
    is_open = (Offer.site_id == site_id, Offer.closed_at.is_(None))
    offers = _by(await _rows(session, Offer, *is_open), "work_order_id")
    promised = await _rows(session, Appointment, Appointment.work_order_id.in_(of_site))
    appointments = _by(promised, "work_order_id")
    callbacks = _by(await _rows(session, Callback, Callback.site_id == site_id), "ticket_id")
    clocks: dict[tuple[str, int], list[Clock]] = defaultdict(list)
    for clock in await _rows(session, Clock, Clock.site_id == site_id):
        clocks[clock.subject, clock.subject_id].append(clock)

    def order_state(order: WorkOrder) -> OrderState:
        return OrderState(
            number=order.number,
            state=order.state,
            started_at=order.started_at,
            ended_at=order.ended_at,
            pause_reason=order.pause_reason,
            resume_on=order.resume_on,
            waits_for_customer=order.state is WorkOrderState.PAUSED
            and stops_clocks(order.pause_reason, policy.clocks),
            held=[_held(each, crew[each.id]) for each in held[order.id]],
            open_offers=len(offers[order.id]),
            appointments=[each.state for each in appointments[order.id]],
            clocks=_ticking(clocks["work_order", order.id]),
        )

    faults: list[str] = []
    for ticket in tickets:
        faults += broken(
            TicketSnapshot(
                number=ticket.number,
                state=ticket.state,
                resolved_at=ticket.resolved_at,
                closed_at=ticket.closed_at,
                merged_into_id=ticket.merged_into_id,
                orders=[order_state(each) for each in orders[ticket.id]],
                callbacks=[each.state for each in callbacks[ticket.id]],
                clocks=_ticking(clocks["ticket", ticket.id]),
            )
        )
    return faults


def _held(assignment: Assignment, leads: Sequence[CrewMember]) -> Held:
    return Held(
        technician_id=assignment.technician_id,
        created_at=assignment.created_at,
        ended_at=assignment.ended_at,
        leads=tuple(each.technician_id for each in leads),
    )


def _ticking(clocks: Iterable[Clock]) -> list[Ticking]:
    return [Ticking(each.kind, each.state, each.due_at, each.paused_at) for each in clocks]


async def _rows(session: AsyncSession, row: type[Row], *conditions: Any) -> Sequence[Row]:
    statement = select(row).where(*conditions).order_by(row.id)
    return (await session.execute(statement)).scalars().all()


def _by(rows: Iterable[Row], name: str) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, name)].append(row)
    return grouped
