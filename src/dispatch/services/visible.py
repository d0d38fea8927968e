"""What an actor may see, as conditions on queries: one rule for lists, ids and counts (SEC-2).

A row that may not be seen is not found. A row that may be seen, but not acted on, is forbidden.
"""

from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor
from dispatch.services.action import Tx
from dispatch.store.arrival_checks import ArrivalCheck
from dispatch.store.base import Base
from dispatch.store.callbacks import Callback
from dispatch.store.cases import Case
from dispatch.store.checks import Department, TicketCheck
from dispatch.store.clocks import Clock
from dispatch.store.duty_roster import DutyDay
from dispatch.store.events import Event
from dispatch.store.import_runs import ImportRun
from dispatch.store.materials import Material
from dispatch.store.messages import Message, MessageChannel
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.parties import Party
from dispatch.store.pay_sheets import SignedHours
from dispatch.store.plans import Plan, PlanRun
from dispatch.store.policies import PolicyRecord
from dispatch.store.saturations import Saturation
from dispatch.store.shift_extensions import ShiftExtension
from dispatch.store.sites import Place, Site
from dispatch.store.technicians import Technician, TechnicianSite
from dispatch.store.tickets import Ticket
from dispatch.store.users import Token, User
from dispatch.store.work_orders import Appointment, Assignment, CrewMember, WorkOrder

Row = TypeVar("Row", bound=Base)


def at_sites_where(
    actor: Actor,
    action: Action,
    site_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    *,
    own: bool = False,
) -> ColumnElement[bool]:
    """The column names a site of the actor's organization where the actor holds `action`; with
    `own`, at least for what is their own."""
    ids = actor.sites_where(action, own=own)
    if ids is not None and not ids:
        return false()
    return _at_sites(actor.organization_id, ids, site_id)


@lru_cache(maxsize=4096)
def _at_sites(
    organization_id: int,
    ids: frozenset[int] | None,
    site_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
) -> ColumnElement[bool]:
    # Part of nearly every query, and the same for all who work at the same sites.
    of_organization = select(Site.id).where(
        Site.organization_id == organization_id,
        Site.id.in_(ids) if ids is not None else true(),
    )
    return site_id.in_(of_organization)


def sites(actor: Actor) -> ColumnElement[bool]:
    return at_sites_where(actor, Action.SEE_SITE, Site.id)


def tickets(actor: Actor) -> ColumnElement[bool]:
    """All of a site for its staff; else what one reported oneself, or works on."""
    seen = at_sites_where(actor, Action.SEE_ALL_TICKETS, Ticket.site_id)
    if _sees_all(actor):
        return seen
    own = at_sites_where(actor, Action.SEE_OWN, Ticket.site_id, own=True)
    concerned = _concerns(
        user_id=actor.user_id, technician_id=actor.technician_id, party_id=actor.party_id
    )
    return _all_or_own(seen, own, concerned)


@lru_cache(maxsize=1024)
def _all_or_own(
    seen: ColumnElement[bool], own: ColumnElement[bool], mine: ColumnElement[bool]
) -> ColumnElement[bool]:
    # The parts are kept, too: the same actor has the same condition each time.
    return or_(seen, and_(own, mine))


@lru_cache(maxsize=1024)
def _concerns(
    *, user_id: int | None, technician_id: int | None, party_id: int | None
) -> ColumnElement[bool]:
    """What is one's own, or was one's to agree to (INT-10): theirs to see, not to end.

    A list of ids, each part of which an index has: of conditions joined by OR the database would
    look at every ticket instead.
    """
    mine = aliased(Ticket)
    ids: list[Select[Any]] = [
        select(TicketCheck.ticket_id).where(TicketCheck.checker_id == (user_id or 0))
    ]
    if party_id is not None:
        ids.append(select(mine.id).where(mine.party_id == party_id))
    if user_id is not None:
        ids.append(select(mine.id).where(mine.taken_by_id == user_id))
    if technician_id is not None:
        ids.append(select(WorkOrder.ticket_id).where(_held_by(technician_id)))
    return Ticket.id.in_(union_all(*ids))


def _sees_all(actor: Actor) -> bool:
    """Whether everything is theirs to see wherever they may see anything: then it does not matter
    who they are, and the database has less to look at."""
    everything = actor.sites_where(Action.SEE_ALL_TICKETS)
    own = actor.sites_where(Action.SEE_OWN, own=True)
    return everything is None or (own is not None and own <= everything)


def own_tickets(actor: Actor) -> ColumnElement[bool]:
    """What the actor reported or is served by, or works on."""
    own: list[ColumnElement[bool]] = [false()]
    if actor.party_id is not None:
        own.append(Ticket.party_id == actor.party_id)
    if actor.user_id is not None:
        own.append(Ticket.taken_by_id == actor.user_id)
    if actor.technician_id is not None:
        own.append(Ticket.id.in_(select(WorkOrder.ticket_id).where(_held_by(actor.technician_id))))
    return or_(*own)


def work_orders(actor: Actor) -> ColumnElement[bool]:
    """All of a site for its staff; a technician's own and those on offer to them; a resident's."""
    seen = at_sites_where(actor, Action.SEE_ALL_TICKETS, WorkOrder.site_id)
    if _sees_all(actor):
        return seen
    own = at_sites_where(actor, Action.SEE_OWN, WorkOrder.site_id, own=True)
    return _all_or_own(seen, own, own_work_orders(actor))


def own_work_orders(actor: Actor) -> ColumnElement[bool]:
    """What the actor holds, held or is offered, and the orders of a resident's tickets."""
    return _own_work_orders(technician_id=actor.technician_id, party_id=actor.party_id)


@lru_cache(maxsize=4096)
def _own_work_orders(*, technician_id: int | None, party_id: int | None) -> ColumnElement[bool]:
    # Part of whatever a technician does or looks at.
    own: list[ColumnElement[bool]] = [false()]
    if technician_id is not None:
        own += [_held_by(technician_id), on_offer_to(technician_id)]
    if party_id is not None:
        own.append(WorkOrder.ticket_id.in_(select(Ticket.id).where(Ticket.party_id == party_id)))
    return or_(*own)


def technicians(actor: Actor) -> ColumnElement[bool]:
    """Those who serve a site whose people the actor may see, and oneself."""
    serving = select(TechnicianSite.technician_id).where(
        at_sites_where(actor, Action.SEE_TECHNICIANS, TechnicianSite.site_id)
    )
    return and_(
        Technician.organization_id == actor.organization_id,
        or_(Technician.id.in_(serving), Technician.id == (actor.technician_id or 0)),
    )


def plans(actor: Actor) -> ColumnElement[bool]:
    return at_sites_where(actor, Action.SEE_PLANS, Plan.site_id)


def plan_runs(actor: Actor) -> ColumnElement[bool]:
    return at_sites_where(actor, Action.SEE_PLANS, PlanRun.site_id)


def offers(actor: Actor) -> ColumnElement[bool]:
    """All of a site for its dispatchers; a technician's own alone."""
    mine = select(OfferRecipient.offer_id).where(
        OfferRecipient.technician_id == (actor.technician_id or 0)
    )
    return or_(
        at_sites_where(actor, Action.OFFER, Offer.site_id),
        and_(at_sites_where(actor, Action.WORK, Offer.site_id, own=True), Offer.id.in_(mine)),
    )


def inbox(actor: Actor) -> ColumnElement[bool]:
    """What one was told oneself."""
    return and_(
        Message.channel_id.is_(None),
        Message.user_id == actor.user_id if actor.user_id is not None else false(),
    )


def outbox(actor: Actor) -> ColumnElement[bool]:
    """What leaves a site by its channels, for who sets them up."""
    return and_(
        Message.channel_id.is_not(None),
        at_sites_where(actor, Action.SET_POLICY, Message.site_id),
    )


def channels(actor: Actor) -> ColumnElement[bool]:
    return at_sites_where(actor, Action.SET_POLICY, MessageChannel.site_id)


def callbacks(actor: Actor) -> ColumnElement[bool]:
    return at_sites_where(actor, Action.CALL_BACK, Callback.site_id)


def arrival_checks(actor: Actor) -> ColumnElement[bool]:
    return at_sites_where(actor, Action.CALL_BACK, ArrivalCheck.site_id)


def clocks(actor: Actor) -> ColumnElement[bool]:
    """The deadlines of the sites where the actor sees every ticket; a technician's own orders'."""
    seen = at_sites_where(actor, Action.SEE_ALL_TICKETS, Clock.site_id)
    if actor.technician_id is None:
        return seen
    held = select(WorkOrder.id).where(_held_by(actor.technician_id))
    own = at_sites_where(actor, Action.WORK, Clock.site_id, own=True)
    return or_(seen, and_(own, Clock.work_order_id.in_(held)))


def cases(actor: Actor) -> ColumnElement[bool]:
    """How complaints and matters are handled: for the site's staff, and whose hands they are in."""
    return or_(
        at_sites_where(actor, Action.SEE_ALL_TICKETS, Case.site_id),
        and_(at_sites_where(actor, Action.SEE_SITE, Case.site_id), cases_in_hand(actor)),
    )


def cases_in_hand(actor: Actor) -> ColumnElement[bool]:
    """Cases that the actor leads, was handed, or owns."""
    if actor.user_id is None:
        return false()
    mine = (Case.lead_id, Case.handler_id, Case.owner_id)
    return or_(*(each == actor.user_id for each in mine))


def parties(actor: Actor) -> ColumnElement[bool]:
    """Customers, for those who see every ticket; a resident sees themself."""
    return or_(
        at_sites_where(actor, Action.SEE_ALL_TICKETS, Party.site_id),
        Party.id == (actor.party_id or 0),
    )


def users(actor: Actor) -> ColumnElement[bool]:
    """Accounts, for who manages the company; each sees their own."""
    if actor.may_everywhere(Action.MANAGE_COMPANY):
        return User.organization_id == actor.organization_id
    return User.id == (actor.user_id or 0)


def tokens(actor: Actor) -> ColumnElement[bool]:
    """Tokens of the accounts that the actor sees."""
    return Token.user_id.in_(select(User.id).where(users(actor)))


def appointments(actor: Actor) -> ColumnElement[bool]:
    """Of the orders and tickets that the actor may see, and what they hold themself."""
    tickets_seen = select(Ticket.id).where(own_tickets(actor))
    own: list[ColumnElement[bool]] = [Appointment.ticket_id.in_(tickets_seen)]
    if actor.user_id is not None:
        own.append(Appointment.made_by_id == actor.user_id)
    if actor.technician_id is not None or actor.party_id is not None:
        orders = select(WorkOrder.id).where(own_work_orders(actor))
        own.append(Appointment.work_order_id.in_(orders))
    return or_(
        at_sites_where(actor, Action.SEE_ALL_TICKETS, Appointment.site_id),
        and_(at_sites_where(actor, Action.SEE_OWN, Appointment.site_id, own=True), or_(*own)),
    )


def saturations(actor: Actor) -> ColumnElement[bool]:
    """For those who may see a site's plans."""
    return at_sites_where(actor, Action.SEE_PLANS, Saturation.site_id)


def departments(actor: Actor) -> ColumnElement[bool]:
    """For those who see every ticket of a site."""
    return at_sites_where(actor, Action.SEE_ALL_TICKETS, Department.site_id)


def import_runs(actor: Actor) -> ColumnElement[bool]:
    """For who may import there."""
    return at_sites_where(actor, Action.IMPORT, ImportRun.site_id)


def materials(actor: Actor) -> ColumnElement[bool]:
    """For those who work at a site, or see its tickets."""
    return or_(
        at_sites_where(actor, Action.SEE_ALL_TICKETS, Material.site_id),
        at_sites_where(actor, Action.WORK, Material.site_id, own=True),
    )


def places(actor: Actor) -> ColumnElement[bool]:
    return at_sites_where(actor, Action.SEE_SITE, Place.site_id)


def events(actor: Actor) -> ColumnElement[bool]:
    """The record of the sites where the actor may see it."""
    return at_sites_where(actor, Action.SEE_RECORD, Event.site_id)


def policies(actor: Actor) -> ColumnElement[bool]:
    """Policies of the sites whose every ticket the actor may see."""
    return at_sites_where(actor, Action.SEE_ALL_TICKETS, PolicyRecord.site_id)


def _held_by(technician_id: int) -> ColumnElement[bool]:
    return WorkOrder.id.in_(
        select(Assignment.work_order_id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(CrewMember.technician_id == technician_id)
    )


def on_offer_to(technician_id: int) -> ColumnElement[bool]:
    """Orders that the technician could grab."""
    return WorkOrder.id.in_(
        select(Offer.work_order_id)
        .join(OfferRecipient, OfferRecipient.offer_id == Offer.id)
        .where(OfferRecipient.technician_id == technician_id, Offer.closed_at.is_(None))
    )


def signed_hours(actor: Actor) -> ColumnElement[bool]:
    """Those of a site for who sees its hours, and one's own."""
    return or_(
        at_sites_where(actor, Action.SEE_HOURS, SignedHours.site_id),
        SignedHours.technician_id == actor.technician_id
        if actor.technician_id is not None
        else false(),
    )


def duty_days(actor: Actor) -> ColumnElement[bool]:
    """Published ones for who sees the site's people or works there; drafts for who sets them."""
    works = or_(
        at_sites_where(actor, Action.SEE_TECHNICIANS, DutyDay.site_id),
        at_sites_where(actor, Action.WORK, DutyDay.site_id, own=True),
    )
    return or_(
        at_sites_where(actor, Action.SET_ROSTER, DutyDay.site_id),
        and_(DutyDay.published_at.is_not(None), works),
    )


def shift_extensions(actor: Actor) -> ColumnElement[bool]:
    """Those of a site for who sees its people, and one's own."""
    return or_(
        at_sites_where(actor, Action.SEE_TECHNICIANS, ShiftExtension.site_id),
        ShiftExtension.technician_id == actor.technician_id
        if actor.technician_id is not None
        else false(),
    )


async def find(
    tx: Tx,
    row: type[Row],
    row_id: int,
    seen: ColumnElement[bool],
    *,
    field: str,
    lock: bool = False,
) -> Row:
    """The row of an id if the condition lets it be seen; else NOT_FOUND names the input field.

    With `lock` the row is read fresh and stays locked until the transaction ends.
    """
    statement = _by_id(row, seen, lock=lock)
    found = (await tx.session.execute(statement, {"found": row_id})).scalar_one_or_none()
    if found is None:
        raise refuse(Code.NOT_FOUND, field=field, id=row_id)
    return found


@lru_cache(maxsize=1024)
def _by_id(row: type[Row], seen: ColumnElement[bool], *, lock: bool) -> Select[Row]:
    # The same people do the same things again and again: what they may see is one condition.
    statement = select(row).where(row.id == bindparam("found"), seen)
    if lock:
        statement = statement.with_for_update(of=row).execution_options(populate_existing=True)
    return statement


def demand(tx: Tx, action: Action, *, site_id: int, own: bool = False) -> None:
    """Refuses an actor who may see the thing, but not do this with it.

    With `own` a right to one's own is enough: the caller has made sure that the thing is.
    """
    if not tx.actor.may(action, site_id=site_id, own=own):
        raise refuse(Code.FORBIDDEN, action=action.value)


def demand_company(actor: Actor) -> None:
    """Refuses who does not manage the company as a whole."""
    if not actor.may_everywhere(Action.MANAGE_COMPANY):
        raise refuse(Code.FORBIDDEN, action=Action.MANAGE_COMPANY.value)


async def find_site(
    tx: Tx, site_id: int, action: Action, *, field: str = "site_id", own: bool = False
) -> Site:
    """The site, for an actor who holds `action` there; with `own`, at least for their own."""
    site = await find(tx, Site, site_id, sites(tx.actor), field=field)
    demand(tx, action, site_id=site.id, own=own)
    return site


async def find_ticket(tx: Tx, ticket_id: int, action: Action, *, lock: bool = True) -> Ticket:
    """The ticket, for an actor who holds `action` at its site, or for their own when it is."""
    ticket = await find(tx, Ticket, ticket_id, tickets(tx.actor), field="ticket_id", lock=lock)
    own = await _is_own(tx, Ticket, ticket, own_tickets(tx.actor), action)
    demand(tx, action, site_id=ticket.site_id, own=own)
    return ticket


async def find_work_order(
    tx: Tx, work_order_id: int, action: Action, *, lock: bool = True
) -> WorkOrder:
    """The order, for an actor who holds `action` at its site, or for their own when it is."""
    order = await find(
        tx, WorkOrder, work_order_id, work_orders(tx.actor), field="work_order_id", lock=lock
    )
    # Who does not see all orders of the site has found it because it is their own.
    own = not tx.actor.may(Action.SEE_ALL_TICKETS, site_id=order.site_id) or await _is_own(
        tx, WorkOrder, order, own_work_orders(tx.actor), action
    )
    demand(tx, action, site_id=order.site_id, own=own)
    return order


async def _is_own(
    tx: Tx,
    row: type[Ticket] | type[WorkOrder],
    found: Ticket | WorkOrder,
    owned: ColumnElement[bool],
    action: Action,
) -> bool:
    """Whether the row is the actor's own; asked for only where that decides."""
    site_id = found.site_id
    if tx.actor.may(action, site_id=site_id) or not tx.actor.may(action, site_id=site_id, own=True):
        return False
    statement = select(row.id).where(row.id == found.id, owned)
    return (await tx.session.execute(statement)).first() is not None
