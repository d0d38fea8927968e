"""Whom tickets concern in person: asked once for all who listen, where each would ask alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.rights import Actor
from dispatch.store.checks import TicketCheck
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder


@dataclass(frozen=True, slots=True)
class Concern:
    """The people of a ticket: its customer, who took or checks it, who works or worked on it."""

    party_id: int | None = None
    user_ids: frozenset[int] = frozenset()
    technician_ids: frozenset[int] = frozenset()

    def is_of(self, actor: Actor) -> bool:
        """Whether the ticket may be the actor's own; of nobody else is it (`visible.tickets`)."""
        # Who it is, is asked first: an actor who stands for many notes it.
        return (
            actor.user_id in self.user_ids
            or (actor.party_id is not None and actor.party_id == self.party_id)
            or actor.technician_id in self.technician_ids
        )


async def concerned(session: AsyncSession, ticket_ids: Iterable[int]) -> dict[int, Concern]:
    """The people of each of these tickets that there is."""
    wanted = set(ticket_ids)
    tickets = select(Ticket.id, Ticket.party_id, Ticket.taken_by_id).where(Ticket.id.in_(wanted))
    checkers = select(TicketCheck.ticket_id, TicketCheck.checker_id).where(
        TicketCheck.ticket_id.in_(wanted)
    )
    crews = (
        select(WorkOrder.ticket_id, CrewMember.technician_id)
        .join(Assignment, Assignment.work_order_id == WorkOrder.id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(WorkOrder.ticket_id.in_(wanted))
        .distinct()
    )
    rows = (await session.execute(tickets)).all()
    checked, worked = await _pairs(session, checkers), await _pairs(session, crews)
    return {
        row.id: Concern(
            party_id=row.party_id,
            user_ids=frozenset({row.taken_by_id, *checked[row.id]} - {None}),
            technician_ids=frozenset(worked[row.id]),
        )
        for row in rows
    }


async def _pairs(session: AsyncSession, statement: Select[int, Any]) -> defaultdict[int, set[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for ticket_id, person in await session.execute(statement):
        found[ticket_id].add(person)
    return found
