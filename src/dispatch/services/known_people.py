"""Which technicians are known in a building, or to a customer: they did work there lately."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import aliased

from dispatch.domain.work_orders import AssignmentEnd
from dispatch.services.action import Tx
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, WorkOrder


@dataclass(frozen=True, slots=True)
class Known:
    """Who did work in a building, and for a customer."""

    in_building: Mapping[int, AbstractSet[int]]
    by_party: Mapping[int, AbstractSet[int]]

    def to(self, building_id: int | None, party_id: int | None) -> frozenset[int]:
        """Of an order's building or customer, whoever is known to either."""
        found: set[int] = set()
        if building_id is not None:
            found |= self.in_building.get(building_id, frozenset())
        if party_id is not None:
            found |= self.by_party.get(party_id, frozenset())
        return frozenset(found)


async def known_people(
    tx: Tx, is_open: ColumnElement[bool], *, site_id: int, since: datetime, until: datetime
) -> Known:
    """Who did work from `since` to `until` where there is open work, or for those who wait.

    Asked by building and customer, not by order: a site has thousands of orders that met each of
    thousands open, but few buildings.
    """
    buildings = select(WorkOrder.building_id).where(is_open, WorkOrder.building_id.is_not(None))
    parties = (
        select(Ticket.party_id)
        .join(WorkOrder, WorkOrder.ticket_id == Ticket.id)
        .where(is_open, Ticket.party_id.is_not(None))
    )
    earlier, report = aliased(WorkOrder), aliased(Ticket)
    done = and_(
        earlier.site_id == site_id,
        # No work is done in an order that had ended before: the index knows those.
        or_(earlier.ended_at.is_(None), earlier.ended_at >= since),
        Assignment.end == AssignmentEnd.DONE,
        Assignment.ended_at < until,
        Assignment.ended_at >= since,
    )
    served = (
        select(literal(True), earlier.building_id, Assignment.technician_id)
        .join(Assignment, Assignment.work_order_id == earlier.id)
        .where(done, earlier.building_id.in_(buildings))
        .union(
            select(literal(False), report.party_id, Assignment.technician_id)
            .join(earlier, earlier.ticket_id == report.id)
            .join(Assignment, Assignment.work_order_id == earlier.id)
            .where(done, report.party_id.in_(parties))
        )
    )
    in_building: defaultdict[int, set[int]] = defaultdict(set)
    by_party: defaultdict[int, set[int]] = defaultdict(set)
    for is_building, key, technician_id in await tx.session.execute(served):
        if key is not None:
            (in_building if is_building else by_party)[key].add(technician_id)
    return Known(in_building, by_party)
