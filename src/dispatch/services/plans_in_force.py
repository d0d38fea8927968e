"""The plan in force of a site's day (当日执行方案): counted up with each change, disturbed, told.

Whoever changes who holds what and when calls `changed` last in their transaction: the row stays
locked until it ends.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, or_, select

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.plans_in_force import (
    NOBODY,
    DisturbanceCause,
    Held,
    Move,
    PlanCause,
    is_moved,
    real,
)
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentEnd, AssignmentStep, WorkOrderState
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.sites import local_day
from dispatch.services.telling import tell
from dispatch.store.among import among
from dispatch.store.inserts import dialect_of, insert_into
from dispatch.store.plans_in_force import Disturbance, PlanInForce
from dispatch.store.sites import Site
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

CHANGED = "plan_in_force.changed"

_TAKEN = {AssignmentStep.GRAB: PlanCause.GRABBED, AssignmentStep.AUTO: PlanCause.INSERTED}
_ENDED = {
    AssignmentEnd.DONE: PlanCause.COMPLETED,
    AssignmentEnd.DECLINED: PlanCause.DECLINED,
    AssignmentEnd.GIVEN_BACK: PlanCause.GIVEN_BACK,
    AssignmentEnd.REASSIGNED: PlanCause.UNASSIGNED,
    AssignmentEnd.CANCELLED: PlanCause.CANCELLED,
}

# Asked with every change of a day: put together once.
_CREWS = (
    select(CrewMember.assignment_id, CrewMember.technician_id)
    .where(among(CrewMember.assignment_id, "ids"))
    .order_by(CrewMember.technician_id)
)
_WAITS_ALREADY = (
    select(Disturbance)
    .where(
        Disturbance.site_id == bindparam("site"),
        Disturbance.day == bindparam("day"),
        Disturbance.cause == bindparam("cause"),
        Disturbance.work_order_id.is_not_distinct_from(bindparam("order")),
        Disturbance.technician_id.is_not_distinct_from(bindparam("person")),
        Disturbance.settled_at.is_(None),
    )
    .limit(1)
)


@cache
def _counting_up(dialect: str) -> Any:
    counted = insert_into(dialect, PlanInForce).values(
        site_id=bindparam("site"),
        day=bindparam("on"),
        cause=bindparam("why"),
        changed_at=bindparam("now"),
        version=1,
    )
    given = counted.excluded
    return (
        counted.on_conflict_do_update(
            index_elements=["site_id", "day"],
            set_={
                "version": PlanInForce.version + 1,
                "cause": given.cause,
                "changed_at": given.changed_at,
            },
        )
        .returning(PlanInForce)
        .execution_options(populate_existing=True)
    )


async def changed(
    tx: Tx,
    *,
    site_id: int,
    day: date,
    cause: PlanCause,
    moves: Sequence[Move] = (),
    work_order_id: int | None = None,
    plan_id: int | None = None,
    **data: Any,
) -> PlanInForce:
    """The plan in force of the day is another now: counts it up, and keeps who lost or got what."""
    values = {"site": site_id, "on": day, "why": cause.value, "now": tx.now}
    statement = _counting_up(dialect_of(tx.session))
    row = (await tx.session.execute(statement, values)).scalar_one()
    tx.note(
        row,
        CHANGED,
        day=day,
        cause=cause,
        version=row.version,
        plan_id=plan_id,
        **data,
        moves=[_told(move) for move in real(moves)],
        **({"work_order_id": work_order_id} if work_order_id is not None else {}),
    )
    return row


async def order_changed(
    tx: Tx,
    order: WorkOrder,
    *,
    cause: PlanCause,
    was: Held = NOBODY,
    now: Held = NOBODY,
    also: Sequence[Move] = (),
    **data: Any,
) -> PlanInForce:
    """`changed` for one order, on the day it was planned for, else is planned for, else today.

    `also`: what moves with it.
    """
    day = await day_of(tx, order.site_id, was.starts_at or now.starts_at)
    return await changed(
        tx,
        site_id=order.site_id,
        day=day,
        cause=cause,
        moves=[Move(order.id, was, now), *also],
        work_order_id=order.id,
        **data,
    )


async def taken(
    tx: Tx,
    order: WorkOrder,
    assignment: Assignment,
    *,
    helper_ids: Sequence[int] = (),
    cause: PlanCause | None = None,
    also: Sequence[Move] = (),
    **data: Any,
) -> None:
    """Somebody holds the order now; without a planned time the day has to find one."""
    now = held(assignment, helper_ids)
    cause = cause or _TAKEN.get(assignment.step, PlanCause.ASSIGNED)
    row = await order_changed(tx, order, cause=cause, now=now, also=also, **data)
    if assignment.planned_start is None:
        await disturbed(
            tx,
            site_id=order.site_id,
            day=row.day,
            cause=DisturbanceCause.TAKEN,
            work_order_id=order.id,
            technician_id=assignment.technician_id,
            is_open=True,
        )


async def ended(tx: Tx, order: WorkOrder, assignment: Assignment) -> None:
    """Nobody holds the order any more; one that was turned down has to find somebody else."""
    if assignment.end is None:
        return
    crews = await _crews(tx, [assignment])
    was = held(assignment, crews[assignment.id])
    row = await order_changed(tx, order, cause=_ENDED[assignment.end], was=was)
    if assignment.end in (AssignmentEnd.DECLINED, AssignmentEnd.GIVEN_BACK):
        await disturbed(
            tx,
            site_id=order.site_id,
            day=row.day,
            cause=DisturbanceCause.DECLINED,
            work_order_id=order.id,
            technician_id=assignment.technician_id,
            is_open=True,
        )


async def all_unassigned(tx: Tx, taken: Sequence[tuple[WorkOrder, Assignment]]) -> None:
    """Orders were taken from their technicians all at once: each day is another one time."""
    crews = await _crews(tx, [assignment for _, assignment in taken])
    lost: defaultdict[tuple[int, date], list[Move]] = defaultdict(list)
    for order, assignment in taken:
        was = held(assignment, crews[assignment.id])
        day = await day_of(tx, order.site_id, was.starts_at)
        lost[order.site_id, day].append(Move(order.id, was, NOBODY))
    for (site_id, day), moves in sorted(lost.items()):
        await changed(tx, site_id=site_id, day=day, cause=PlanCause.UNASSIGNED, moves=moves)


async def _crews(tx: Tx, assignments: Sequence[Assignment]) -> Mapping[int, Sequence[int]]:
    """Who was to do the work of each assignment, in order."""
    crews: dict[int, list[int]] = {each.id: [] for each in assignments}
    for assignment_id, technician_id in await tx.session.execute(_CREWS, {"ids": list(crews)}):
        crews[assignment_id].append(technician_id)
    return crews


async def disturbed(
    tx: Tx,
    *,
    site_id: int,
    day: date,
    cause: DisturbanceCause,
    work_order_id: int | None = None,
    technician_id: int | None = None,
    is_open: bool = False,
    **data: Any,
) -> Disturbance:
    """The rest of the day has to be repaired (DSP-7); the same cause waits once.

    `is_open`: the day's row is known to be there.
    """
    asked = {
        "site": site_id,
        "day": day,
        "cause": cause.value,
        "order": work_order_id,
        "person": technician_id,
    }
    found = (await tx.session.execute(_WAITS_ALREADY, asked)).scalar_one_or_none()
    if found is not None:
        return found
    if not is_open:
        await open_day(tx, site_id=site_id, day=day)
    row = Disturbance(
        site_id=site_id,
        day=day,
        cause=cause.value,
        at=tx.now,
        work_order_id=work_order_id,
        technician_id=technician_id,
    )
    await tx.save(row, "disturbance.noted", **data)
    return row


async def unsettled(
    tx: Tx, *, site_id: int, day: date
) -> frozenset[tuple[DisturbanceCause, int | None, int | None]]:
    """What disturbs a day and waits already: the cause, the order, the technician."""
    statement = select(
        Disturbance.cause, Disturbance.work_order_id, Disturbance.technician_id
    ).where(
        Disturbance.site_id == site_id,
        Disturbance.day == day,
        Disturbance.settled_at.is_(None),
    )
    return frozenset(
        (DisturbanceCause(row.cause), row.work_order_id, row.technician_id)
        for row in await tx.session.execute(statement)
    )


async def absent(tx: Tx, technician_id: int, *, starts_at: datetime, ends_at: datetime) -> None:
    """Somebody is away while they were to do something: each such day has to be repaired."""
    statement = (
        select(WorkOrder.site_id, Assignment.planned_start)
        .join(Assignment, Assignment.work_order_id == WorkOrder.id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(
            CrewMember.technician_id == technician_id,
            Assignment.ended_at.is_(None),
            or_(
                Assignment.planned_start.is_(None),
                and_(Assignment.planned_start < ends_at, Assignment.planned_end > starts_at),
            ),
        )
    )
    found = (await tx.session.execute(statement)).all()
    days = {(each.site_id, await day_of(tx, each.site_id, each.planned_start)) for each in found}
    for site_id, day in sorted(days):
        await disturbed(
            tx,
            site_id=site_id,
            day=day,
            cause=DisturbanceCause.ILL,
            technician_id=technician_id,
            starts_at=starts_at,
            ends_at=ends_at,
        )


async def emergency(tx: Tx, order: WorkOrder) -> None:
    """An order that may have become an emergency: by policy the nearest is sent by itself."""
    if order.priority is not Priority.EMERGENCY or order.state is not WorkOrderState.QUEUED:
        return
    if (await policy_of(tx, order.site_id)).live.emergencies_automatic:
        await disturbed(
            tx,
            site_id=order.site_id,
            day=await day_of(tx, order.site_id, None),
            cause=DisturbanceCause.EMERGENCY,
            work_order_id=order.id,
        )


async def open_day(tx: Tx, *, site_id: int, day: date) -> None:
    """The row of a day on which nothing was planned yet."""
    statement = (
        insert_into(dialect_of(tx.session), PlanInForce)
        .values(
            site_id=site_id, day=day, cause=PlanCause.OPENED.value, changed_at=tx.now, version=0
        )
        .on_conflict_do_nothing(index_elements=["site_id", "day"])
    )
    await tx.session.execute(statement)


async def day_of(tx: Tx, site_id: int, moment: datetime | None) -> date:
    """The site's calendar day of a moment; None: today."""
    site = await tx.session.get_one(Site, site_id)
    if moment is None:
        return local_day(tx, site)
    return moment.astimezone(ZoneInfo(site.time_zone)).date()


async def tell_arrival(
    tx: Tx, order: WorkOrder, starts_at: datetime | None, *, more_than_s: int | None = None
) -> bool:
    """Tells the customer of a start that is moved by more than the policy's minutes (DSP-7).

    Judged against what they were told last, so that many small moves do not pass unseen. The
    caller saves the order.
    """
    if starts_at is None:
        return False
    if more_than_s is None:
        more_than_s = (await policy_of(tx, order.site_id)).live.tell_moved_s
    was = order.told_start
    if was is None:
        order.told_start = starts_at
        return False
    if not is_moved(told=was, now=starts_at, more_than_s=more_than_s):
        return False
    order.told_start = starts_at
    await tell(
        tx,
        MessageKind.ARRIVAL_MOVED,
        Audience(reporter=True),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        was=was,
        now=starts_at,
    )
    return True


def held(assignment: Assignment | None, crew: Sequence[int] = ()) -> Held:
    """What an assignment says, for the record; `crew`: its helpers."""
    if assignment is None:
        return NOBODY
    others = tuple(each for each in crew if each != assignment.technician_id)
    return Held((assignment.technician_id, *others), assignment.planned_start)


def _told(move: Move) -> dict[str, Any]:
    return {
        "work_order_id": move.work_order_id,
        "was_crew": move.was.crew,
        "was_starts_at": _utc(move.was.starts_at),
        "crew": move.now.crew,
        "starts_at": _utc(move.now.starts_at),
    }


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment is not None else None
