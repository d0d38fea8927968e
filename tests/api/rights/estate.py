"""A site where everything there is to see bears a mark that tells what it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, time, timedelta
from typing import Any

from dispatch.api.ids import encode
from dispatch.domain.callbacks import CallResult
from dispatch.domain.imports import ImportKind, ImportRunState
from dispatch.domain.places import PlaceKind
from dispatch.domain.plans import PlanRunState, PlanState
from dispatch.domain.rights import Action, Actor, Grant, Role
from dispatch.services import (
    accounts,
    appointments,
    callbacks,
    care,
    duty_roster,
    execution,
    offers,
    policies,
    saturations,
    shift_extensions,
    sites,
    technicians,
    tickets,
    work_orders,
)
from dispatch.services.action import Tx
from dispatch.store.callbacks import Callback
from dispatch.store.events import Event
from dispatch.store.import_runs import ImportRun
from dispatch.store.offers import Offer
from dispatch.store.plans import Plan, PlanRun
from dispatch.store.users import RoleGrant, Token, User
from dispatch.store.work_orders import Appointment, WorkOrder
from tests.api.client import token_for
from tests.factories import World, a_world, another_site, parts, reopened
from tests.support.worlds import fill

# What each mark stands for, and the rights of which one is needed to come across it.
MARKS: dict[str, tuple[Action, ...]] = {
    "place": (Action.SEE_SITE,),
    "access": (Action.SEE_ALL_TICKETS,),
    "customer": (Action.SEE_ALL_TICKETS,),
    "phone": (Action.SEE_ALL_TICKETS,),
    "words": (Action.SEE_ALL_TICKETS,),
    "colleague": (Action.SEE_TECHNICIANS,),
    "leave": (Action.SEE_TECHNICIANS,),
    "weighed": (Action.SEE_PLANS,),
    "imported": (Action.IMPORT,),
    "record": (Action.SEE_RECORD,),
    # What a call brought is in the record, too.
    "callback": (Action.CALL_BACK, Action.SEE_RECORD),
    "account": (Action.MANAGE_COMPANY,),
}
STRANGER = "another company's administrator"
_MARK = re.compile("⟦([a-z]+)⟧")


def mark(name: str) -> str:
    assert name in MARKS
    return f"⟦{name}⟧ 天地玄黄"


def marks_in(text: str) -> set[str]:
    return set(_MARK.findall(text))


@dataclass
class Estate:
    """The marked site, ids of its things by type, and who reads."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)
    door_code: str = ""
    insiders: dict[str, Actor] = field(default_factory=dict)
    outsiders: dict[str, Actor] = field(default_factory=dict)
    holder: Actor | None = None

    def missing(self) -> dict[str, str]:
        """Ids of the same types that lead to nothing."""
        return {kind: encode(kind, 9_999_000) for kind in self.ids}


@asynccontextmanager
async def a_walked_estate(url: str) -> AsyncIterator[Estate]:
    """A copy of the site as it is now; it is marked once a run."""
    kept = await fill(url, _mark_in, name="estate")
    async with reopened(url, kept["world"], now=kept["now"]) as world:
        yield Estate(world, **kept["estate"])


async def _mark_in(url: str) -> dict[str, Any]:
    async with a_world(url, now=datetime.now(UTC)) as world:
        estate = await an_estate(world)
        rest = {each.name: getattr(estate, each.name) for each in fields(Estate)}
        del rest["world"]
        return {"world": parts(world), "estate": rest, "now": world.clock.now}


async def an_estate(world: World) -> Estate:
    estate = Estate(world)
    await _things(estate)
    await _readers(estate)
    return estate


async def _things(estate: Estate) -> None:
    world, ids = estate.world, estate.ids
    home = await world.do(
        world.root,
        sites.create_place,
        site_id=world.site.id,
        parent_id=world.building.id,
        kind=PlaceKind.ROOM,
        name=mark("place"),
        access_notes=mark("access"),
    )
    asset = await world.do(
        world.root, sites.create_asset, site_id=world.site.id, tag="A1", name=mark("place")
    )
    department = await world.do(
        world.root,
        care.create_department,
        site_id=world.site.id,
        code="D1",
        name=mark("customer"),
    )
    party = await world.do(
        world.root,
        sites.create_party,
        site_id=world.site.id,
        name=mark("customer"),
        phones=[mark("phone")],
        place_ids=[home.id],
    )
    account = await world.do(world.root, accounts.create_user, username=mark("account"), name="x")
    person, estate.holder = await world.technician(
        "Zhao", phone=mark("colleague"), starts=time(0), ends=time(0)
    )
    other, _ = await world.technician("Qian", starts=time(0), ends=time(0))
    late, _ = await world.technician(
        "Sun", weekdays=[(world.clock.now + timedelta(days=3)).weekday()]
    )
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=other.id,
        starts_at=world.clock.now + timedelta(days=30),
        ends_at=world.clock.now + timedelta(days=31),
        reason=mark("leave"),
    )
    overtime = await world.do(
        world.dispatcher,
        shift_extensions.ask,
        site_id=world.site.id,
        technician_id=late.id,
        starts_at=world.clock.now + timedelta(days=20),
        ends_at=world.clock.now + timedelta(days=20, hours=1),
        reason=mark("leave"),
    )
    await world.do(
        world.root,
        duty_roster.set_day,
        site_id=world.site.id,
        day=world.clock.now.date() + timedelta(days=40),
        technician_ids=[person.id],
        manager_ids=[world.users[Role.PROJECT_MANAGER].id],
    )
    given: dict[str, Any] = {
        "place_id": home.id,
        "party_id": party.id,
        "asset_id": asset.id,
        "description": mark("words"),
        "requester_name": mark("customer"),
        "requester_phone": mark("phone"),
        "location_text": mark("customer"),
    }
    held = await world.order(**given)
    estate.door_code = (await world.rows(WorkOrder, WorkOrder.id == held.id))[0].door_code
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=held.id,
        technician_id=person.id,
        reason=mark("weighed"),
    )
    done = await world.order(**given)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=done.id, technician_id=person.id
    )
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(estate.holder, step, work_order_id=done.id)
    await world.do(
        world.desk, execution.lift_door_code, work_order_id=done.id, reason=mark("record")
    )
    await world.do(estate.holder, execution.start, work_order_id=done.id)
    words = {name: mark("words") for name in ("found", "cause", "done", "signature")}
    await world.do(estate.holder, execution.complete, work_order_id=done.id, **words)
    (owed,) = await world.rows(Callback, Callback.ticket_id == done.ticket_id)
    await world.do(
        world.desk,
        callbacks.record,
        callback_id=owed.id,
        result=CallResult.NO_ANSWER,
        remarks=mark("callback"),
    )
    promised = await world.do(world.desk, _promise, order=held)
    saturation = await world.do(
        world.root,
        saturations.declare,
        site_id=world.site.id,
        trade="lift",
        until=world.clock.now + timedelta(hours=1),
        reason=mark("weighed"),
    )
    offered = await world.order(**given)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=offered.id)
    cancelled = await world.ticket(**given)
    await world.do(world.desk, tickets.cancel, ticket_id=cancelled.id, reason=mark("words"))
    run, plan = await _a_plan(world)
    imported = await _an_import(world)
    (offer,) = await world.rows(Offer)
    event = (await world.rows(Event, Event.ticket_id == held.ticket_id))[0]
    leaf = await world.category("tap_leak")
    policy = await world.do(
        world.root, policies.set_policy, site_id=world.site.id, document={"callback_scale": 5}
    )
    named = {
        "Appointment": promised,
        "Asset": asset,
        "Callback": owed,
        "Category": leaf,
        "Department": department,
        "Event": event,
        "ImportRun": imported,
        "Offer": offer,
        "Party": party,
        "Place": home,
        "Plan": plan,
        "Policy": policy,
        "PlanRun": run,
        "Saturation": saturation,
        "ShiftExtension": overtime,
        "Site": world.site,
        "Technician": person,
        "User": account,
        "WorkOrder": held,
    }
    ids.update({kind: encode(kind, row.id) for kind, row in named.items()})
    ids["Ticket"] = encode("Ticket", held.ticket_id)
    ids["User"] = encode("User", account.id)
    await token_for(world, _as(world, account))
    (token,) = await world.rows(Token, Token.user_id == account.id)
    ids["Token"] = encode("Token", token.id)


async def _promise(tx: Tx, *, order: WorkOrder) -> Appointment:
    starts_at = tx.now + timedelta(hours=2)
    row = await appointments.promise(
        tx, order, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)
    )
    row.agreed_by = mark("customer")
    return row


def _as(world: World, user: User) -> Actor:
    return Actor(organization_id=world.root.organization_id, name=user.name, user_id=user.id)


async def _a_plan(world: World) -> tuple[PlanRun, Plan]:
    now = world.clock.now
    run = PlanRun(
        site_id=world.site.id,
        day=now.date(),
        state=PlanRunState.DONE,
        requested_by_name=mark("weighed"),
        starts_at=now,
        ends_at=now,
        started_at=now,
        seconds=1.0,
        seed=0,
        engine="auto",
    )
    async with world.services.writing(world.root) as tx:
        tx.session.add(run)
        await tx.session.flush()
        plan = Plan(
            run_id=run.id,
            site_id=world.site.id,
            number="PL-1",
            day=now.date(),
            state=PlanState.PROPOSED,
            created_at=now,
        )
        tx.session.add(plan)
        await tx.session.flush()
    return run, plan


async def _an_import(world: World) -> ImportRun:
    """With everything that people said in a file, and in its bad rows."""
    said = {"row": 2, "cause": "TOO_LONG", "column": "x", "value": mark("imported")}
    run = ImportRun(
        site_id=world.site.id,
        kind=ImportKind.TICKETS,
        state=ImportRunState.FAILED,
        file_name=mark("imported"),
        content=mark("imported").encode(),
        requested_by_name=mark("imported"),
        requested_at=world.clock.now,
        outcome={"kind": "TICKETS", "read": 1, "bad_rows": [said], "warnings": []},
        refusal={"code": "BAD_ROWS", "params": {"count": 1}},
    )
    async with world.services.writing(world.root) as tx:
        tx.session.add(run)
        await tx.session.flush()
    return run


async def _readers(estate: Estate) -> None:
    world = estate.world
    # The factory's own resident is a neighbour: none of the marked things are theirs.
    for role, actor in world.actors.items():
        estate.insiders[role.value] = actor
    # A technician on nobody's list: not on duty when the order was put on offer.
    _, idle = await world.technician(trades={"lift": 1}, starts=time(0), ends=time(0, 1))
    estate.insiders[Role.TECHNICIAN.value] = idle
    far = await another_site(world.services, world.root, code="hill")
    for role in Role:
        given: dict[str, Any] = {"site_id": far.id}
        if role is Role.TECHNICIAN:
            person, actor = await world.technician(site_ids=[far.id])
            user = (await world.rows(User, User.technician_id == person.id))[0]
            await _move(world, user, far.id)
            actor = Actor(
                organization_id=actor.organization_id,
                name=actor.name,
                user_id=actor.user_id,
                grants=frozenset({Grant(role, far.id)}),
                technician_id=person.id,
            )
        else:
            _, actor = await world.user(role, **given)
        estate.outsiders[f"{role.value} of another site"] = actor
    estate.outsiders["nobody anywhere"] = await _nobody(world)
    estate.outsiders[STRANGER] = await _stranger(world)


async def _move(world: World, user: User, site_id: int) -> None:
    async with world.services.writing(world.root) as tx:
        (grant,) = await world.rows(RoleGrant, RoleGrant.user_id == user.id)
        row = await tx.session.get_one(RoleGrant, grant.id)
        row.site_id = site_id
        await tx.session.flush()


async def _nobody(world: World) -> Actor:
    user = await world.do(world.root, accounts.create_user, username="nobody", name="nobody")
    return _as(world, user)


async def _stranger(world: World) -> Actor:
    service = accounts.service_actor(organization_id=0, origin="test")
    company = await world.do(service, sites.create_organization, code="other", name="other")
    root = accounts.service_actor(organization_id=company.id, origin="test")
    user = await world.do(root, accounts.create_user, username="stranger", name="stranger")
    await world.do(
        root, accounts.grant_role, user_id=user.id, role=Role.ADMINISTRATOR, site_id=None
    )
    return Actor(
        organization_id=company.id,
        name="stranger",
        user_id=user.id,
        grants=frozenset({Grant(Role.ADMINISTRATOR, None)}),
    )
