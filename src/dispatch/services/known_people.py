"""Which technicians are known in a building, or to a customer: they did work there lately."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from dispatch.domain.work_orders import AssignmentEnd
from dispatch.services.action import Tx
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, WorkOrder

_EARLIER, _REPORT = aliased(WorkOrder), aliased(Ticket)


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


def asking_known(is_open: ColumnElement[bool]) -> Select[int, int, str]:
    """Who did work at a `site`, from `since` to `until`, where there is open work, or for those
    who wait.

    Asked by building and customer, not by order: a site has thousands of orders that met each of
    thousands open, but few buildings.
    """
    buildings = select(WorkOrder.building_id).where(is_open, WorkOrder.building_id.is_not(None))
    parties = (
        select(Ticket.party_id)
        .join(WorkOrder, WorkOrder.ticket_id == Ticket.id)
        .where(is_open, Ticket.party_id.is_not(None))
    )
    # Read once for both: PostgreSQL would else put it into each.
    done = (
        select(_EARLIER.building_id, _EARLIER.ticket_id, Assignment.technician_id)
        .join(Assignment, Assignment.work_order_id == _EARLIER.id)
        .where(
            _EARLIER.site_id == bindparam("site"),
            # No work is done in an order that had ended before: the index knows those.
            or_(_EARLIER.ended_at.is_(None), _EARLIER.ended_at >= bindparam("since")),
            Assignment.end == AssignmentEnd.DONE,
            Assignment.ended_at < bindparam("until"),
            Assignment.ended_at >= bindparam("since"),
        )
        .cte("done")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    served = (
        select(
            literal(1).label("is_building"), done.c.building_id.label("key"), done.c.technician_id
        )
        .where(done.c.building_id.in_(buildings))
        .union(
            select(literal(0), _REPORT.party_id, done.c.technician_id)
            .join(_REPORT, _REPORT.id == done.c.ticket_id)
            .where(_REPORT.party_id.in_(parties))
        )
        .subquery()
    )
    # A row for each building and customer, not for each who was there: there are a hundred times
    # as many of those.
    people = func.aggregate_strings(cast(served.c.technician_id, String), ",")
    statement = select(served.c.is_building, served.c.key, people)
    return statement.group_by(served.c.is_building, served.c.key)


async def known_people(tx: Tx, statement: Select[int, int, str], asked: Mapping[str, Any]) -> Known:
    """What `asking_known` asks, of a site and a time."""
    in_building: dict[int, frozenset[int]] = {}
    by_party: dict[int, frozenset[int]] = {}
    for is_building, key, listed in await tx.session.execute(statement, asked):
        (in_building if is_building else by_party)[key] = frozenset(map(int, listed.split(",")))
    return Known(in_building, by_party)
