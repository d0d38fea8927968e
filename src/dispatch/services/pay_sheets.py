"""Hours of temporary workers: signed off by the lead, corrected in the open, summed up (RST-6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from dispatch.domain import pay_sheets as rules
from dispatch.domain.errors import Code, refuse
from dispatch.domain.pay_sheets import PayDay, PayTotal
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_number, check_text, demand_text
from dispatch.domain.technicians import PayBasis, TechnicianKind
from dispatch.domain.work_orders import STEPS, AssignmentEnd
from dispatch.services import duty, visible
from dispatch.services.action import Tx
from dispatch.store.pay_sheets import SignedHours
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician, TechnicianSite
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_SECONDS_MOST = 7 * 24 * 3600
_DAYS_MOST = 366


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Hours that were counted and that nobody has signed yet; they are not paid."""

    day: date
    work_order_id: int
    seconds: int


@dataclass(frozen=True, slots=True)
class PaySheet:
    """A worker's hours at a site between two days, both included, and what they come to."""

    lines: Sequence[SignedHours]
    days: Sequence[PayDay]
    totals: Sequence[PayTotal]
    unsigned: Sequence[Unsigned]

    @property
    def seconds(self) -> int:
        return sum(line.seconds for line in self.lines)


async def sign(
    tx: Tx,
    *,
    work_order_id: int,
    technician_id: int,
    seconds: int | None = None,
    reason: str | None = None,
) -> SignedHours:
    """Signs off somebody's hours on an order that is done, with the pay agreed now.

    By the lead of its crew, or who may sign for the whole site; never one's own. Hours other than
    those counted need a reason.
    """
    order = await visible.find_work_order(tx, work_order_id, Action.SEE_SITE, lock=False)
    visible.demand(tx, Action.SIGN_HOURS, site_id=order.site_id, own=True)
    member, assignment = await _done_by(tx, order, technician_id)
    _check_signer(tx, order, assignment, technician_id)
    technician = await tx.session.get_one(Technician, technician_id)
    if technician.kind is TechnicianKind.STAFF:
        raise refuse(Code.BAD_INPUT, field="technician_id", given=technician.name)
    if await _first(tx, member) is not None:
        raise refuse(Code.ALREADY_EXISTS, field="technician_id")
    counted = member.worked_s or 0
    site = await tx.session.get_one(Site, order.site_id)
    began = member.joined_at or member.left_at or assignment.ended_at or tx.now
    row = SignedHours(
        site_id=order.site_id,
        technician_id=technician_id,
        work_order_id=order.id,
        crew_member_id=member.id,
        day=duty.local_date(site, began),
        seconds=_checked(counted, seconds, reason),
        counted_s=counted,
        pay_basis=PayBasis(technician.pay_basis) if technician.pay_basis else None,
        pay_amount=technician.pay_amount,
        pay_currency=technician.pay_currency,
        reason=reason,
        signed_at=tx.now,
        signed_by_id=tx.actor.user_id,
        signed_by_name=tx.actor.name,
    )
    await tx.save(row, "signed_hours.signed", ticket_id=order.ticket_id)
    return row


async def correct(tx: Tx, *, signed_hours_id: int, seconds: int, reason: str) -> SignedHours:
    """Puts other hours, with the reason, in place of signed ones; what was signed stays on record.

    The pay agreed when they were first signed stays.
    """
    was = await visible.find(
        tx,
        SignedHours,
        signed_hours_id,
        visible.signed_hours(tx.actor),
        field="signed_hours_id",
        lock=True,
    )
    visible.demand(tx, Action.SIGN_HOURS, site_id=was.site_id)
    if tx.actor.technician_id == was.technician_id:
        raise refuse(Code.FORBIDDEN, action=Action.SIGN_HOURS.value)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    check_number("seconds", seconds, least=0, most=_SECONDS_MOST)
    later = select(SignedHours.id).where(SignedHours.corrects_id == was.id)
    if (await tx.session.execute(later)).first() is not None:
        # Only what stands can be corrected, so that each has one successor.
        raise refuse(Code.ALREADY_EXISTS, field="signed_hours_id")
    row = SignedHours(
        **{
            name: getattr(was, name)
            for name in (
                "site_id",
                "technician_id",
                "work_order_id",
                "crew_member_id",
                "day",
                "counted_s",
                "pay_basis",
                "pay_amount",
                "pay_currency",
            )
        },
        seconds=seconds,
        reason=reason,
        signed_at=tx.now,
        signed_by_id=tx.actor.user_id,
        signed_by_name=tx.actor.name,
        corrects_id=was.id,
    )
    await tx.save(row, "signed_hours.corrected", was=was.seconds)
    return row


async def sheet(
    tx: Tx, *, site_id: int, technician_id: int, from_day: date, to_day: date
) -> PaySheet:
    """The sheet of a worker, for themself and for who sees the hours of the site."""
    is_own = tx.actor.technician_id == technician_id
    action = Action.WORK if is_own else Action.SEE_HOURS
    site = await visible.find_site(tx, site_id, action, own=is_own)
    if not from_day <= to_day < from_day + timedelta(days=_DAYS_MOST):
        raise refuse(Code.OUT_OF_RANGE, field="to", least=from_day.isoformat(), most=_DAYS_MOST)
    # Who pays them need not see where the site's people are.
    serves = select(TechnicianSite.technician_id).where(TechnicianSite.site_id == site.id)
    seen = or_(visible.technicians(tx.actor), Technician.id.in_(serves))
    await visible.find(tx, Technician, technician_id, seen, field="technician_id")
    later = aliased(SignedHours)
    statement = (
        select(SignedHours)
        .outerjoin(later, later.corrects_id == SignedHours.id)
        .where(
            SignedHours.site_id == site.id,
            SignedHours.technician_id == technician_id,
            SignedHours.day.between(from_day, to_day),
            later.id.is_(None),
        )
        .order_by(SignedHours.day, SignedHours.id)
    )
    lines = (await tx.session.execute(statement)).scalars().all()
    days = rules.days_of([_signed(line) for line in lines])
    return PaySheet(
        lines=lines,
        days=days,
        totals=rules.totals_of(days),
        unsigned=await _unsigned(tx, site, technician_id, from_day=from_day, to_day=to_day),
    )


async def _unsigned(
    tx: Tx, site: Site, technician_id: int, *, from_day: date, to_day: date
) -> list[Unsigned]:
    zone = ZoneInfo(site.time_zone)
    begins = datetime.combine(from_day, time(), zone)
    ends = datetime.combine(to_day + timedelta(days=1), time(), zone)
    statement = (
        select(CrewMember.joined_at, CrewMember.worked_s, WorkOrder.id)
        .join(Assignment, Assignment.id == CrewMember.assignment_id)
        .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
        .join(Technician, Technician.id == CrewMember.technician_id)
        .outerjoin(SignedHours, SignedHours.crew_member_id == CrewMember.id)
        .where(
            WorkOrder.site_id == site.id,
            CrewMember.technician_id == technician_id,
            Technician.kind != TechnicianKind.STAFF,
            Assignment.end == AssignmentEnd.DONE,
            CrewMember.joined_at >= begins,
            CrewMember.joined_at < ends,
            SignedHours.id.is_(None),
        )
        .order_by(CrewMember.joined_at, CrewMember.id)
    )
    return [
        Unsigned(duty.local_date(site, joined_at), order_id, worked_s or 0)
        for joined_at, worked_s, order_id in (await tx.session.execute(statement)).all()
        if joined_at is not None
    ]


def _signed(row: SignedHours) -> rules.Signed:
    return rules.Signed(
        day=row.day,
        seconds=row.seconds,
        pay_basis=row.pay_basis,
        pay_amount=row.pay_amount,
        pay_currency=row.pay_currency,
    )


def _check_signer(tx: Tx, order: WorkOrder, assignment: Assignment, technician_id: int) -> None:
    is_lead = tx.actor.technician_id == assignment.technician_id
    if tx.actor.technician_id == technician_id:
        raise refuse(Code.FORBIDDEN, action=Action.SIGN_HOURS.value)
    visible.demand(tx, Action.SIGN_HOURS, site_id=order.site_id, own=is_lead)


def _checked(counted: int, seconds: int | None, reason: str | None) -> int:
    if seconds is None or seconds == counted:
        check_text("reason", reason, most=REASON_MOST)
        return counted
    check_number("seconds", seconds, least=0, most=_SECONDS_MOST)
    demand_text("reason", reason or "")
    check_text("reason", reason, most=REASON_MOST)
    return seconds


async def _done_by(tx: Tx, order: WorkOrder, technician_id: int) -> tuple[CrewMember, Assignment]:
    """The person's part of the work that was done; locked, for two may sign at once."""
    statement = select(Assignment).where(
        Assignment.work_order_id == order.id, Assignment.end == AssignmentEnd.DONE
    )
    assignment = (await tx.session.execute(statement)).scalar_one_or_none()
    if assignment is None:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step="SIGN_HOURS",
            state=order.state.value,
        )
    crew = (
        select(CrewMember)
        .where(CrewMember.assignment_id == assignment.id, CrewMember.technician_id == technician_id)
        .with_for_update()
    )
    member = (await tx.session.execute(crew)).scalar_one_or_none()
    if member is None:
        raise refuse(Code.NOT_FOUND, field="technician_id", id=technician_id)
    return member, assignment


async def _first(tx: Tx, member: CrewMember) -> SignedHours | None:
    statement = select(SignedHours).where(
        SignedHours.crew_member_id == member.id, SignedHours.corrects_id.is_(None)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()
