"""The batches that several nouns share: rows by id, and what belongs to them.

Where rights can hide a row, the batch does: a relation to it is then null.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from dispatch.api.nouns.base import by_id, many
from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.late_steps import StepState
from dispatch.domain.rights import Action
from dispatch.domain.tickets import TicketState
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.grab_fit import GrabFit, fits_of
from dispatch.store.among import among
from dispatch.store.approvals import Approval
from dispatch.store.arrival_checks import ArrivalCheck
from dispatch.store.callbacks import Callback, CallbackCall
from dispatch.store.cases import Case, ServiceOrder
from dispatch.store.categories import Category, Trade
from dispatch.store.checks import TicketCheck
from dispatch.store.clocks import Clock
from dispatch.store.customer_calls import CustomerCall
from dispatch.store.grouping import group_by
from dispatch.store.guesses import Guess
from dispatch.store.help_requests import HelpRequest
from dispatch.store.identities import Identity
from dispatch.store.mediations import Mediation
from dispatch.store.messages import MessageChannel
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.parties import Party, PartyUnit
from dispatch.store.plans import Plan, PlanRoute, PlanRun
from dispatch.store.rework_reports import ReworkReport
from dispatch.store.sites import Asset, Place, Site
from dispatch.store.technicians import (
    Leave,
    ShiftException,
    ShiftPattern,
    Technician,
    TechnicianSite,
    TechnicianSkill,
)
from dispatch.store.tickets import Ticket
from dispatch.store.users import RoleGrant, Token
from dispatch.store.work_orders import Appointment, Assignment, CrewMember, WorkOrder
from dispatch.store.work_steps import WorkStep

sites = by_id(Site, visible.sites)
channels = by_id(MessageChannel, visible.channels)
places = by_id(Place, visible.places)
assets = by_id(Asset)
categories = by_id(Category)
parties = by_id(Party, visible.parties)
technicians = by_id(Technician)
technicians_known = by_id(Technician, visible.technicians)
tickets = by_id(Ticket, visible.tickets)
work_orders = by_id(WorkOrder, visible.work_orders)
offers = by_id(Offer, visible.offers)
appointments_by_id = by_id(Appointment, visible.appointments)
plans = by_id(Plan, visible.plans)
plan_runs = by_id(PlanRun, visible.plan_runs)
plan_routes = by_id(PlanRoute)
assignments = by_id(Assignment)

skills = many(TechnicianSkill, "technician_id", TechnicianSkill.trade)
shift_patterns = many(ShiftPattern, "technician_id", ShiftPattern.valid_from)
shift_exceptions = many(ShiftException, "technician_id", ShiftException.day)
leaves = many(Leave, "technician_id", Leave.starts_at)
crew = many(CrewMember, "assignment_id", CrewMember.is_lead.desc())
role_grants = many(RoleGrant, "user_id", RoleGrant.role)
identities = many(Identity, "user_id", Identity.created_at)
calls = many(CallbackCall, "callback_id", CallbackCall.at)
customer_calls = many(CustomerCall, "work_order_id", CustomerCall.at)
help_requests = many(HelpRequest, "work_order_id", HelpRequest.asked_at)
rework_reports = many(ReworkReport, "ticket_id", ReworkReport.at)
approvals = many(Approval, "work_order_id", Approval.asked_at)
mediations = many(Mediation, "work_order_id", Mediation.opened_at)
appointments = many(Appointment, "work_order_id", Appointment.created_at)


checks = many(TicketCheck, "ticket_id")


async def merged_tickets(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Ticket]]:
    """Tickets merged into one, as far as the actor may see them, by the main ticket."""
    statement = (
        select(Ticket)
        .where(among(Ticket.merged_into_id, keys), visible.tickets(tx.actor))
        .order_by(Ticket.id)
    )
    return group_by((await tx.session.execute(statement)).scalars().all(), "merged_into_id")


async def ticket_states(tx: Tx, keys: Sequence[int]) -> Mapping[int, TicketState]:
    """The bare states of tickets, whoever's they are: what a merged one is answered with."""
    statement = select(Ticket.id, Ticket.state).where(among(Ticket.id, keys))
    return dict((await tx.session.execute(statement)).all())


async def late_steps(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[WorkStep]]:
    """Steps that wait or were refused, by work order; for staff, and for whose they are."""
    statement = (
        select(WorkStep)
        .where(
            among(WorkStep.work_order_id, keys),
            WorkStep.state != StepState.TAKEN,
            or_(
                visible.at_sites_where(tx.actor, Action.SEE_ALL_TICKETS, WorkStep.site_id),
                WorkStep.technician_id == (tx.actor.technician_id or 0),
            ),
        )
        .order_by(WorkStep.at, WorkStep.id)
    )
    return group_by((await tx.session.execute(statement)).scalars().all(), "work_order_id")


async def guesses(tx: Tx, keys: Sequence[int]) -> Mapping[int, Guess]:
    """What the classifier guessed, by ticket."""
    statement = select(Guess).where(among(Guess.ticket_id, keys))
    return {each.ticket_id: each for each in (await tx.session.execute(statement)).scalars()}


async def cases(tx: Tx, keys: Sequence[int]) -> Mapping[int, Case]:
    """The handling of complaints and matters, as far as the actor may see it, by ticket."""
    statement = select(Case).where(among(Case.ticket_id, keys), visible.cases(tx.actor))
    return {each.ticket_id: each for each in (await tx.session.execute(statement)).scalars()}


async def service_orders(tx: Tx, keys: Sequence[int]) -> Mapping[int, ServiceOrder]:
    """What was ordered, by ticket, for who may see the ticket."""
    statement = (
        select(ServiceOrder)
        .join(Ticket, Ticket.id == ServiceOrder.ticket_id)
        .where(among(ServiceOrder.ticket_id, keys), visible.tickets(tx.actor))
    )
    return {each.ticket_id: each for each in (await tx.session.execute(statement)).scalars()}


async def standing_appointments(tx: Tx, keys: Sequence[int]) -> Mapping[int, Appointment]:
    """The appointment in force, by work order."""
    statement = select(Appointment).where(
        among(Appointment.work_order_id, keys), Appointment.state.in_(STANDING_STATES)
    )
    found = (await tx.session.execute(statement)).scalars()
    return {each.work_order_id: each for each in found if each.work_order_id is not None}


async def open_assignments(tx: Tx, keys: Sequence[int]) -> Mapping[int, Assignment]:
    """Who holds an order, by work order."""
    statement = select(Assignment).where(
        among(Assignment.work_order_id, keys), Assignment.ended_at.is_(None)
    )
    found = (await tx.session.execute(statement)).scalars()
    return {each.work_order_id: each for each in found if each.work_order_id is not None}


async def open_offers(tx: Tx, keys: Sequence[int]) -> Mapping[int, Offer]:
    """The open offer, by work order, as far as the actor may see it."""
    statement = select(Offer).where(
        among(Offer.work_order_id, keys), Offer.closed_at.is_(None), visible.offers(tx.actor)
    )
    found = (await tx.session.execute(statement)).scalars()
    return {each.work_order_id: each for each in found if each.work_order_id is not None}


async def offer_recipients(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Technician]]:
    """The technicians to whom an offer is open, by offer."""
    statement = (
        select(OfferRecipient.offer_id, Technician)
        .join(Technician, Technician.id == OfferRecipient.technician_id)
        .where(among(OfferRecipient.offer_id, keys))
        .order_by(Technician.code)
    )
    groups: dict[int, list[Technician]] = {}
    for offer_id, technician in await tx.session.execute(statement):
        groups.setdefault(offer_id, []).append(technician)
    return groups


async def sites_served(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Site]]:
    """Sites that a technician serves and the actor may see, by technician."""
    statement = (
        select(TechnicianSite.technician_id, Site)
        .join(Site, Site.id == TechnicianSite.site_id)
        .where(among(TechnicianSite.technician_id, keys), visible.sites(tx.actor))
        .order_by(Site.id)
    )
    groups: dict[int, list[Site]] = {}
    for technician_id, site in await tx.session.execute(statement):
        groups.setdefault(technician_id, []).append(site)
    return groups


async def units(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Place]]:
    """The units of a party, by party."""
    statement = (
        select(PartyUnit.party_id, Place)
        .join(Place, Place.id == PartyUnit.place_id)
        .where(among(PartyUnit.party_id, keys))
        .order_by(Place.id)
    )
    groups: dict[int, list[Place]] = {}
    for party_id, place in await tx.session.execute(statement):
        groups.setdefault(party_id, []).append(place)
    return groups


async def callbacks(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Callback]]:
    """Callbacks of a ticket, oldest first, by ticket."""
    statement = (
        select(Callback)
        .where(among(Callback.ticket_id, keys), visible.callbacks(tx.actor))
        .order_by(Callback.id)
    )
    return group_by((await tx.session.execute(statement)).scalars().all(), "ticket_id")


async def tokens(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Token]]:
    """Tokens that still work, by account; for its owner and who manages the company."""
    statement = (
        select(Token)
        .where(
            among(Token.user_id, keys),
            Token.revoked_at.is_(None),
            Token.expires_at > tx.now,
            visible.tokens(tx.actor),
        )
        .order_by(Token.id.desc())
    )
    return group_by((await tx.session.execute(statement)).scalars().all(), "user_id")


async def trades(tx: Tx, codes: Sequence[str]) -> Mapping[str, Trade]:
    """A batch of the organization's trades."""
    statement = select(Trade).where(
        Trade.organization_id == tx.actor.organization_id, Trade.code.in_(codes)
    )
    return {trade.code: trade for trade in (await tx.session.execute(statement)).scalars()}


async def offer_fits(tx: Tx, keys: Sequence[int]) -> Mapping[int, GrabFit]:
    """How the orders on offer to the reader would fit into their day, by offer."""
    if tx.actor.technician_id is None:
        return {}
    statement = (
        select(Offer.id, WorkOrder)
        .join(WorkOrder, WorkOrder.id == Offer.work_order_id)
        .join(OfferRecipient, OfferRecipient.offer_id == Offer.id)
        .where(
            among(Offer.id, keys),
            Offer.closed_at.is_(None),
            OfferRecipient.technician_id == tx.actor.technician_id,
        )
    )
    offered = [(offer_id, order) for offer_id, order in await tx.session.execute(statement)]
    if not offered:
        return {}
    technician = await tx.session.get_one(Technician, tx.actor.technician_id)
    fits = await fits_of(tx, technician, [order for _, order in offered])
    return {offer_id: fits[order.id] for offer_id, order in offered}


async def ticket_clocks(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Clock]]:
    """The deadlines of a ticket itself, oldest first, by ticket."""
    statement = (
        select(Clock)
        .where(among(Clock.ticket_id, keys), Clock.subject == "ticket", visible.clocks(tx.actor))
        .order_by(Clock.id)
    )
    return group_by((await tx.session.execute(statement)).scalars().all(), "ticket_id")


async def order_clocks(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Clock]]:
    """The deadlines of a work order, oldest first, by work order."""
    statement = (
        select(Clock)
        .where(among(Clock.work_order_id, keys), visible.clocks(tx.actor))
        .order_by(Clock.id)
    )
    return group_by((await tx.session.execute(statement)).scalars().all(), "work_order_id")


async def arrival_checks(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[ArrivalCheck]]:
    """Calls whether the technician is there, oldest first, by work order."""
    statement = (
        select(ArrivalCheck)
        .where(among(ArrivalCheck.work_order_id, keys), visible.arrival_checks(tx.actor))
        .order_by(ArrivalCheck.id)
    )
    return group_by((await tx.session.execute(statement)).scalars().all(), "work_order_id")
