"""Repairs of repairs (返修): found by place and kind, and reported on until closed (EXE-7)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select

from dispatch.domain.clocks import ClockKind
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import LONG_TEXT_MOST, check_text, demand_text
from dispatch.domain.tickets import ENDED_STATES
from dispatch.domain.work_orders import DONE_STATES
from dispatch.services import clocks, visible
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.changes import write_down
from dispatch.store.clocks import Clock
from dispatch.store.events import Event
from dispatch.store.rework_reports import ReworkReport
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder


async def link(tx: Tx, ticket: Ticket) -> None:
    """Marks a triaged ticket as rework if the same fault was repaired there not long ago; it is
    linked to the first of them."""
    if ticket.rework_of_id is not None:
        return
    earlier = await _repaired_before(tx, ticket)
    if earlier is None:
        return
    ticket.rework_of_id = earlier.rework_of_id or earlier.id
    first = await tx.session.get_one(Ticket, ticket.rework_of_id)
    await tx.save(ticket, "ticket.is_rework", first=first.number)
    await tell(
        tx,
        MessageKind.REWORK_FOUND,
        Audience(roles=(Role.SUPERVISOR,), owner=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        first=first.number,
    )
    await watch(tx, ticket)


async def watch(tx: Tx, ticket: Ticket) -> None:
    """From now on the ticket's progress is reported every day until it is closed."""
    policy = await policy_of(tx, ticket.site_id)
    await clocks.start(
        tx,
        ClockKind.REWORK_REPORT,
        ticket,
        site_id=ticket.site_id,
        after_s=policy.on_site.rework_report_s,
        step=1,
    )


async def report_due(tx: Tx, clock: Clock) -> None:
    """Draws up the day's report, sends it, and asks for the next."""
    ticket = await tx.session.get_one(Ticket, clock.subject_id)
    if ticket.state in ENDED_STATES:
        return
    report = await _draw_up(tx, ticket, note=None)
    await _send(tx, ticket, report, day=clock.step)
    policy = await policy_of(tx, ticket.site_id)
    await clocks.start(
        tx,
        ClockKind.REWORK_REPORT,
        ticket,
        site_id=ticket.site_id,
        after_s=policy.on_site.rework_report_s,
        step=clock.step + 1,
    )


async def report(tx: Tx, *, ticket_id: int, note: str) -> ReworkReport:
    """Somebody's own words on how far it has come, between the daily reports."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.ASSIGN)
    demand_text("note", note)
    check_text("note", note, most=LONG_TEXT_MOST)
    written = await _draw_up(tx, ticket, note=note)
    await _send(tx, ticket, written, day=0)
    return written


async def _repaired_before(tx: Tx, ticket: Ticket) -> Ticket | None:
    places = []
    if ticket.place_id is not None:
        places.append(Ticket.place_id == ticket.place_id)
    if ticket.asset_id is not None:
        places.append(Ticket.asset_id == ticket.asset_id)
    if not places or ticket.category_id is None:
        return None
    policy = await policy_of(tx, ticket.site_id)
    since = ticket.reported_at - timedelta(seconds=policy.on_site.rework_within_s)
    done = exists().where(WorkOrder.ticket_id == Ticket.id, WorkOrder.state.in_(DONE_STATES))
    statement = (
        select(Ticket)
        .where(
            Ticket.site_id == ticket.site_id,
            Ticket.id != ticket.id,
            Ticket.category_id == ticket.category_id,
            or_(*places),
            Ticket.resolved_at >= since,
            Ticket.resolved_at <= ticket.reported_at,
            done,
        )
        .order_by(Ticket.resolved_at.desc())
        .limit(1)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def _draw_up(tx: Tx, ticket: Ticket, *, note: str | None) -> ReworkReport:
    statement = select(func.max(ReworkReport.at)).where(ReworkReport.ticket_id == ticket.id)
    since = (await tx.session.execute(statement)).scalar_one() or ticket.created_at
    report = ReworkReport(
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        at=tx.now,
        by_id=tx.actor.user_id,
        by_name=tx.actor.name,
        note=note,
        facts=await _facts(tx, ticket, since=since),
    )
    await tx.save(report, "rework_report.made", note=note)
    return report


async def _facts(tx: Tx, ticket: Ticket, *, since: Any) -> dict[str, Any]:
    orders = (
        await tx.session.execute(
            select(WorkOrder.number, WorkOrder.state)
            .where(WorkOrder.ticket_id == ticket.id)
            .order_by(WorkOrder.id)
        )
    ).all()
    await write_down(tx.session)
    steps = (
        await tx.session.execute(
            select(Event.kind)
            .where(
                Event.ticket_id == ticket.id,
                Event.subject == WorkOrder.__tablename__,
                Event.at > since,
            )
            .order_by(Event.id)
        )
    ).scalars()
    return {
        "state": ticket.state.value,
        "orders": [{"number": number, "state": state.value} for number, state in orders],
        "steps": [kind.removeprefix("work_order.") for kind in steps],
    }


async def _send(tx: Tx, ticket: Ticket, report: ReworkReport, *, day: int) -> None:
    await tell(
        tx,
        MessageKind.REWORK_REPORT,
        Audience(roles=(Role.SUPERVISOR, Role.PROJECT_MANAGER), owner=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        day=day,
        state=ticket.state,
        orders=[f"{each['number']} {each['state']}" for each in report.facts["orders"]],
        note=report.note or "",
    )
