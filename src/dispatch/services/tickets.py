"""Taking reports in, triaging them, ending them (受理, 分类定级)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.numbers import Series
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action
from dispatch.domain.sizes import (
    LINK_MOST,
    PHOTOS_MOST,
    check_texts,
    demand_text,
)
from dispatch.domain.tickets import (
    STEPS,
    Area,
    Channel,
    Resolution,
    TicketKind,
    TicketState,
    TicketStep,
    check_intake,
)
from dispatch.domain.triage import Priority, danger_word, decide_priority
from dispatch.domain.work_orders import DONE_STATES, ENDED_STATES, STARTED_STATES
from dispatch.services import (
    accounts,
    appointments,
    cases,
    checks,
    duty_calls,
    guesses,
    lifts,
    ownership,
    rework,
    service_orders,
    visible,
    work_orders,
)
from dispatch.services.action import Tx, expect_version
from dispatch.services.categories import find_leaf, work_of
from dispatch.services.intake import (
    area_of,
    check_asset,
    check_own_unit,
    check_wish,
    find_requester,
)
from dispatch.services.photos import keep as keep_photos
from dispatch.services.photos import named as named_photos
from dispatch.services.policies import policy_of
from dispatch.services.remote_help import offer_guide
from dispatch.services.sites import check_point, find_place, local_day
from dispatch.services.visits import order_visit
from dispatch.services.warranty import vendor_in_charge
from dispatch.store.counters import take_number
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket


async def create(
    tx: Tx,
    *,
    site_id: int,
    kind: TicketKind,
    channel: Channel,
    description: str,
    requester_name: str | None = None,
    requester_phone: str | None = None,
    party_id: int | None = None,
    place_id: int | None = None,
    building: str | None = None,
    unit: str | None = None,
    floor: str | None = None,
    room: str | None = None,
    landmark: str | None = None,
    location_text: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    area: Area | None = None,
    asset_id: int | None = None,
    asset_name: str | None = None,
    asset_model: str | None = None,
    asset_tag: str | None = None,
    photos: Sequence[str] = (),
    wished_from: datetime | None = None,
    wished_to: datetime | None = None,
    category_id: int | None = None,
    reported_at: datetime | None = None,
) -> Ticket:
    """Takes a report from any channel into the one flow (INT-1, INT-2, INT-3).

    Refuses what the kind needs and lacks, one refusal per field. From a self-service channel an
    incomplete report is taken and waits as NEW for the desk (INT-4). Danger words raise it to
    EMERGENCY at once, before anybody has looked (TRI-2).
    """
    await visible.find_site(tx, site_id, Action.REPORT, own=True)
    party = await find_requester(tx, site_id=site_id, party_id=party_id)
    if party is not None:
        requester_name = requester_name or party.name
        requester_phone = requester_phone or next(iter(party.phones), None)
    intake = {
        "description": description,
        "requester_name": requester_name,
        "requester_phone": requester_phone,
        "place_id": place_id,
        "building": building,
        "unit": unit,
        "floor": floor,
        "room": room,
        "landmark": landmark,
        "location_text": location_text,
        "asset_name": asset_name,
        "asset_model": asset_model,
        "asset_tag": asset_tag,
    }
    point = latitude if longitude is None else longitude
    is_complete = check_intake(kind=kind, channel=channel, given={**intake, "point": point})
    check_point(latitude=latitude, longitude=longitude)
    check_wish(wished_from, wished_to)
    check_texts("photos", photos, count=PHOTOS_MOST, most=LINK_MOST)
    pictures = await named_photos(tx, "photos", photos, site_id=site_id)
    place = await find_place(tx, place_id, site_id=site_id) if place_id is not None else None
    await check_asset(tx, asset_id, site_id=site_id)
    await check_own_unit(tx, site_id=site_id, place=place, is_complete=is_complete)
    if category_id is not None:
        await find_leaf(tx, category_id, site_id=site_id)
    if reported_at is not None and reported_at > tx.now:
        raise refuse(Code.OUT_OF_RANGE, field="reported_at", least="", most=tx.now.isoformat())

    ticket = await enter(
        tx,
        Ticket(
            **intake,
            site_id=site_id,
            kind=kind,
            channel=channel,
            is_complete=is_complete,
            party_id=party.id if party is not None else None,
            latitude=latitude if latitude is not None or place is None else place.latitude,
            longitude=longitude if longitude is not None or place is None else place.longitude,
            area=area or area_of(place),
            asset_id=asset_id,
            photos=pictures,
            wished_from=wished_from,
            wished_to=wished_to,
            category_id=category_id,
            reported_at=reported_at or tx.now,
        ),
    )
    await keep_photos(tx, pictures, ticket_id=ticket.id)
    return ticket


async def enter(tx: Tx, ticket: Ticket) -> Ticket:
    """Takes a ticket that holds what was said into the flow: number, first priority, owner, and
    the checks that the site asks for."""
    site = await tx.session.get_one(Site, ticket.site_id)
    policy = await policy_of(tx, ticket.site_id)
    danger = danger_word(ticket.description, words=policy.danger_words)
    shut_in = lifts.trapped(ticket, policy)
    danger = danger or shut_in
    ticket.number = await take_number(
        tx.session, site_id=site.id, series=Series.TICKET, day=local_day(tx, site)
    )
    ticket.state = TicketState.NEW
    ticket.priority = Priority.EMERGENCY if danger else None
    ticket.priority_reason = danger
    ticket.taken_by_id = tx.actor.user_id
    ticket.taken_by_name = tx.actor.name
    ticket.created_at = tx.now
    ownership.own_first(tx, ticket)
    on_duty = await duty_calls.note_intake(tx, ticket, site)
    await tx.save(ticket, "ticket.created")
    await duty_calls.tell_intake(tx, ticket, on_duty)
    if shut_in is not None:
        await lifts.alarm(tx, ticket)
    await cases.open_for(tx, ticket)
    await service_orders.open_for(tx, ticket)
    await checks.require(tx, ticket)
    await _guess(tx, ticket, policy=policy, is_new=True)
    return ticket


async def _guess(tx: Tx, ticket: Ticket, *, policy: Policy, is_new: bool = False) -> None:
    """Keeps the classifier's guess; where the site lets it, a sure one triages a complete report
    at once (TRI-3)."""
    guess = await guesses.make(tx, ticket, policy=policy, is_new=is_new)
    sure = guess.is_sure and guess.category_id is not None
    if not (policy.guesses.triages and sure and ticket.is_complete):
        return
    guess.is_automatic = True
    await tx.save(guess, "guess.followed")
    service = accounts.service_actor(
        organization_id=tx.actor.organization_id, origin="classifier", language=tx.actor.language
    )
    await triage(
        replace(tx, actor=service), ticket_id=ticket.id, category_id=guess.category_id or 0
    )


_EDITABLE = frozenset(
    {
        "description",
        "requester_name",
        "requester_phone",
        "place_id",
        "building",
        "unit",
        "floor",
        "room",
        "landmark",
        "location_text",
        "latitude",
        "longitude",
        "area",
        "asset_id",
        "asset_name",
        "asset_model",
        "asset_tag",
        "photos",
        "wished_from",
        "wished_to",
        "kind",
    }
)


async def update(
    tx: Tx, *, ticket_id: int, version: int | None = None, changes: Mapping[str, Any]
) -> Ticket:
    """The desk completes or corrects a report that has not ended (INT-4)."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.TRIAGE)
    expect_version(ticket, version)
    if ticket.state not in (TicketState.NEW, TicketState.TRIAGED, TicketState.IN_PROGRESS):
        raise refuse(
            Code.WRONG_STEP,
            allowed=STEPS.allowed(ticket.state),
            noun="ticket",
            step="UPDATE",
            state=ticket.state.value,
        )
    unknown = sorted(set(changes) - _EDITABLE)
    if unknown:
        raise Refused(*(Refusal(Code.BAD_INPUT, (name,), {"given": name}) for name in unknown))
    if changes.get("place_id") is not None:
        place = await find_place(tx, changes["place_id"], site_id=ticket.site_id)
        if "latitude" not in changes:
            changes = {**changes, "latitude": place.latitude, "longitude": place.longitude}
    await check_asset(tx, changes.get("asset_id"), site_id=ticket.site_id)
    if "photos" in changes:
        check_texts("photos", changes["photos"], count=PHOTOS_MOST, most=LINK_MOST)
        pictures = await named_photos(tx, "photos", changes["photos"], site_id=ticket.site_id)
        await keep_photos(tx, pictures, ticket_id=ticket.id)
        changes = {**changes, "photos": pictures}
    for name, value in changes.items():
        setattr(ticket, name, value)
    ownership.own_first(tx, ticket)
    check_point(latitude=ticket.latitude, longitude=ticket.longitude)
    check_wish(ticket.wished_from, ticket.wished_to)
    given = {name: getattr(ticket, name) for name in _EDITABLE}
    # What the desk touched is held to the desk's standard.
    ticket.is_complete = check_intake(
        kind=ticket.kind, channel=ticket.channel, given={**given, "point": ticket.latitude}
    )
    await tx.save(ticket, "ticket.updated")
    if "description" in changes and ticket.state is TicketState.NEW:
        await _guess(tx, ticket, policy=await policy_of(tx, ticket.site_id))
    return ticket


async def triage(
    tx: Tx,
    *,
    ticket_id: int,
    version: int | None = None,
    category_id: int,
    priority: Priority | None = None,
    priority_reason: str | None = None,
    resolution: Resolution | None = None,
    vendor_id: int | None = None,
    level: int | None = None,
    duration_s: int | None = None,
    crew_size: int | None = None,
    area: Area | None = None,
    create_work_order: bool = True,
) -> Ticket:
    """Gives a complete ticket its category's trade, level, duration, crew and priority (TRI-1).

    What is named in the call goes before the category's. For a visit the work order is made at
    once, unless `create_work_order` is false or somebody has yet to agree (INT-10). What is under
    warranty goes to its vendor unless another way is named (TRI-5); a guide is sent (TRI-4).
    """
    ticket = await visible.find_ticket(tx, ticket_id, Action.TRIAGE)
    expect_version(ticket, version)
    state = STEPS.after(state=ticket.state, step=TicketStep.TRIAGE)
    check_intake(
        kind=ticket.kind,
        # Whoever triages answers for the whole report, by whatever channel it came.
        channel=Channel.PHONE,
        given={name: getattr(ticket, name) for name in _EDITABLE if name not in ("kind", "photos")}
        | {"point": ticket.latitude},
    )
    category = await find_leaf(tx, category_id, site_id=ticket.site_id)
    policy = await policy_of(tx, ticket.site_id)
    work = work_of(category)
    ticket.state = state
    ticket.answered_at = ticket.answered_at or tx.now
    ticket.category_id = category.id
    ticket.trade = work.trade
    ticket.level = level or work.level
    ticket.duration_s = duration_s or work.duration_s or policy.intake.usual_duration_s
    ticket.crew_size = crew_size or work.crew_size
    ticket.chargeable = category.chargeable
    ticket.area = area or ticket.area or work.area
    decided = decide_priority(
        category=work.priority,
        category_is_danger=category.is_danger,
        danger=danger_word(ticket.description, words=policy.danger_words)
        or lifts.trapped(ticket, policy),
        wished=priority,
        reason=priority_reason,
    )
    ticket.priority = decided
    ticket.priority_reason = priority_reason or ticket.priority_reason
    await _choose_way(tx, ticket, resolution, vendor_id=vendor_id)
    ticket.is_complete = True
    _check_work(ticket)
    ticket.due_at = ticket.reported_at + timedelta(seconds=policy.answer_within_s[decided.value])
    ownership.own_first(tx, ticket)
    await tx.save(ticket, "ticket.triaged")
    await checks.follow_priority(tx, ticket)
    await rework.link(tx, ticket)
    await guesses.learn(tx, ticket)
    if lifts.trapped(ticket, policy) or (category.is_danger and work.trade == lifts.LIFT_TRADE):
        await lifts.alarm(tx, ticket)
    orders = await work_orders.follow_triage(tx, ticket)
    if create_work_order:
        await order_visit(tx, ticket, known=orders)
    if ticket.resolution is Resolution.SELF_HELP:
        await offer_guide(tx, ticket)
    return ticket


async def _choose_way(
    tx: Tx, ticket: Ticket, resolution: Resolution | None, *, vendor_id: int | None
) -> None:
    """How the ticket is to be solved: as named, else by the vendor whose warranty covers it."""
    in_charge = await vendor_in_charge(tx, ticket) if vendor_id is None else vendor_id
    usual = Resolution.SITE_VISIT if in_charge is None else Resolution.VENDOR_VISIT
    ticket.resolution = resolution or usual
    ticket.vendor_id = in_charge if ticket.resolution is Resolution.VENDOR_VISIT else None


async def cancel(tx: Tx, *, ticket_id: int, version: int | None = None, reason: str) -> Ticket:
    """Ends a ticket and its orders, as long as nobody has begun to work."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.CANCEL_TICKET)
    expect_version(ticket, version)
    demand_text("reason", reason)
    state = STEPS.after(state=ticket.state, step=TicketStep.CANCEL)
    orders = await work_orders.orders_of(tx, ticket)
    if any(order.state in STARTED_STATES | DONE_STATES for order in orders):
        raise refuse(Code.WORK_HAS_STARTED)
    for order in orders:
        if order.state not in ENDED_STATES:
            await work_orders.cancel_order(tx, order, reason=reason)
    await appointments.release_of_ticket(tx, ticket, reason=reason)
    await checks.waive(tx, ticket)
    ticket.state = state
    ticket.end_reason = reason
    ticket.closed_at = tx.now
    await tx.save(ticket, "ticket.cancelled")
    return ticket


def _check_work(ticket: Ticket) -> None:
    limits = (("level", 1, 3), ("duration_s", 60, 30 * 24 * 3600), ("crew_size", 1, 20))
    faults = [
        Refusal(Code.OUT_OF_RANGE, (name,), {"least": least, "most": most})
        for name, least, most in limits
        if not least <= getattr(ticket, name) <= most
    ]
    if faults:
        raise Refused(*faults)
