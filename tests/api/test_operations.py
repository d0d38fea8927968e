"""Every published document is valid, and does its job at a site where work is going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from graphql import parse, validate

from dispatch.api.ids import encode
from dispatch.api.schema import schema
from dispatch.domain.rights import Actor, Role
from dispatch.domain.work_orders import PauseReason
from dispatch.services import accounts, execution, offers, work_orders
from dispatch.store.callbacks import Callback
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.documents import FOLDER, Person, documents
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World

# Run over a web socket in test_subscriptions.py; here they are held valid.
SUBSCRIPTIONS = {"TicketsOfSite", "OffersToMe", "BoardOfDay", "ChangesOfDay", "ProgressOfRun"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.graphql")), ids=lambda path: path.stem)
def test_document_is_valid_and_says_who_uses_it(path: Any) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# ")
    assert validate(schema._schema, parse(text)) == []


@dataclass
class Seed:
    """A site with an order in each state that a document needs."""

    world: World
    technician: Technician
    account: Actor
    orders: dict[str, WorkOrder]
    callback: Callback
    person: dict[Role, Person]
    made: dict[str, str]

    @property
    def site(self) -> str:
        return gid(self.world.site)

    @property
    def day(self) -> str:
        now = self.world.clock.now.astimezone(ZoneInfo(self.world.site.time_zone))
        return (now + timedelta(hours=3)).date().isoformat()

    def order(self, name: str) -> dict[str, str]:
        return {"workOrderId": gid(self.orders[name])}

    def later(self, **delta: float) -> str:
        return (self.world.clock.now + timedelta(**delta)).isoformat()


async def _seed(client: Client) -> Seed:
    world = client.world
    technician, account = await world.technician(**DAY_AND_NIGHT)
    names = ("queued", "create", "assign", "unassign", "offer", "withdraw", "cancel", "lift")
    steps = ("accept", "decline", "set_out", "arrive", "start", "pause", "resume", "complete")
    orders = {name: await world.public_order() for name in (*names, *steps)}
    for name in ("grab", "give_back"):
        orders[name] = await world.public_order()
        await world.do(world.dispatcher, offers.open_offer, work_order_id=orders[name].id)
    await world.do(account, offers.grab, work_order_id=orders["give_back"].id)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=orders["withdraw"].id)
    for name in ("unassign", *steps):
        await _assign(world, orders[name], technician)
    orders["resident"] = await world.order(party_id=world.party.id)
    walk = (execution.accept, execution.set_out, execution.arrive, execution.start)
    taken = {"set_out": 1, "arrive": 2, "start": 3, "pause": 4, "resume": 4, "complete": 4}
    for name, count in taken.items():
        for step in walk[:count]:
            await world.do(account, step, work_order_id=orders[name].id)
    await _pause(world, account, orders["resume"])
    done = await world.public_order()
    await _assign(world, done, technician)
    for step in walk:
        await world.do(account, step, work_order_id=done.id)
    await world.do(
        account,
        execution.complete,
        work_order_id=done.id,
        found="found",
        cause="cause",
        done="done",
        signature="王芳",
    )
    (callback,) = await world.rows(Callback)
    person = {role: Person(client, await client.token(who)) for role, who in world.actors.items()}
    person[Role.TECHNICIAN] = Person(client, await client.token(account))
    return Seed(world, technician, account, orders, callback, person, {})


async def _assign(world: World, order: WorkOrder, technician: Technician) -> None:
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician.id,
    )


async def _pause(world: World, account: Actor, order: WorkOrder) -> None:
    await world.do(
        account,
        execution.pause,
        work_order_id=order.id,
        reason=PauseReason.PARTS,
        resume_on=world.clock.now + timedelta(days=1),
    )


Variables = Callable[[Seed], dict[str, Any]]


def _nothing(_: Seed) -> dict[str, Any]:
    return {}


def _site(seed: Seed) -> dict[str, Any]:
    return {"siteId": seed.site}


def _page(seed: Seed) -> dict[str, Any]:
    return {"siteId": seed.site, "first": 50}


def _day(seed: Seed) -> dict[str, Any]:
    return {"siteId": seed.site, "day": seed.day}


# Operation -> who sends it, with which variables; mutations are given their `input`. The order
# matters: a later call may use what an earlier one made (`seed.made`).
QUERIES: dict[str, tuple[Role, Variables]] = {
    "DeskStart": (Role.DESK, _nothing),
    "DeskCategories": (Role.DESK, _site),
    "DeskGuess": (Role.DESK, lambda seed: {**_site(seed), "description": "厨房水龙头漏水"}),
    "DeskPlaces": (Role.DESK, lambda seed: {**_site(seed), "name": "花园"}),
    "DeskParties": (Role.DESK, lambda seed: {**_site(seed), "name": "王"}),
    "DeskInbox": (Role.DESK, _page),
    "DeskTicketDetails": (Role.DESK, lambda seed: {"id": seed.made["DeskReport"]}),
    "BoardDay": (Role.DISPATCHER, lambda seed: {**_day(seed), "lanes": 50}),
    "BoardUnplaced": (Role.DISPATCHER, lambda seed: {**_day(seed), "first": 50}),
    "DispatcherQueue": (Role.DISPATCHER, _page),
    "DispatcherTechnicians": (Role.DISPATCHER, _page),
    "DispatcherPlans": (Role.DISPATCHER, _day),
    "DispatcherPlanDetails": (
        Role.DISPATCHER,
        lambda seed: {"id": seed.made["DispatcherAutoAssign"], "routes": 20},
    ),
    "DispatcherCompare": (
        Role.DISPATCHER,
        lambda seed: {
            "a": seed.made["DispatcherRepair"],
            "b": seed.made["DispatcherAutoAssign"],
        },
    ),
    "DispatcherWhyNot": (Role.DISPATCHER, lambda seed: seed.order("decline")),
    "DeskSlots": (
        Role.DESK,
        lambda seed: {
            "visit": {
                **_site(seed),
                "placeId": gid(seed.world.garden),
                "trade": "plumbing",
                "duration": "PT1H",
            }
        },
    ),
    "ResidentSlots": (
        Role.RESIDENT,
        lambda seed: {"workOrderId": gid(seed.orders["resident"]), "days": 2},
    ),
    "TechnicianMe": (Role.TECHNICIAN, _nothing),
    "TechnicianDay": (Role.TECHNICIAN, lambda seed: {"me": gid(seed.technician)}),
    "TechnicianOffers": (Role.TECHNICIAN, _nothing),
    "ResidentMe": (Role.RESIDENT, _nothing),
    "ResidentTickets": (Role.RESIDENT, lambda _: {"first": 50}),
    "AdministratorPolicyPage": (Role.ADMINISTRATOR, _site),
    "AdministratorPolicyVersions": (Role.ADMINISTRATOR, _page),
    "AdministratorPolicyProfiles": (Role.ADMINISTRATOR, _site),
    "AdministratorMessagePreviews": (Role.ADMINISTRATOR, _site),
    "AdministratorChannels": (Role.ADMINISTRATOR, _page),
    "AdministratorOutbox": (Role.ADMINISTRATOR, lambda seed: {**_site(seed), "first": 20}),
    "ResidentMessages": (Role.RESIDENT, lambda _: {"first": 20}),
    "ResidentTicket": (Role.RESIDENT, lambda seed: {"id": seed.made["ResidentReport"]}),
    "CallbacksDue": (Role.DESK, _page),
    "AnalystTickets": (Role.ANALYST, _page),
    "AnalystWorkOrders": (Role.ANALYST, _page),
    "AnalystCallbacks": (Role.QUALITY, _page),
    "AnalystRecord": (Role.ANALYST, _page),
    "AnalystRuns": (Role.ANALYST, _page),
    "AnalystClassifier": (Role.ANALYST, _site),
    "AnalystPolicy": (Role.ANALYST, _site),
    "AdministratorSites": (Role.ADMINISTRATOR, lambda _: {"first": 50}),
}


def _report(seed: Seed, **more: Any) -> dict[str, Any]:
    return {
        "siteId": seed.site,
        "kind": "REPAIR",
        "channel": "PHONE",
        "description": "水管漏水",
        "requesterName": "王芳",
        "requesterPhone": "13800000000",
        "placeId": gid(seed.world.rooms[0]),
        **more,
    }


MUTATIONS: dict[str, tuple[Role, Variables]] = {
    "ResidentReport": (Role.RESIDENT, _report),
    "DeskReport": (Role.DESK, lambda seed: _report(seed, channel="WEB", requesterName=None)),
    "DeskComplete": (
        Role.DESK,
        lambda seed: {"ticketId": seed.made["DeskReport"], "requesterName": "王芳", "room": "101"},
    ),
    "DeskTriage": (
        Role.DESK,
        lambda seed: {"ticketId": seed.made["DeskReport"], "categoryId": seed.made["category"]},
    ),
    "DeskResolveWithoutVisit": (
        Role.DESK,
        lambda seed: {
            "ticketId": seed.made["DeskReport"],
            "resolution": "REMOTE_HELP",
            "note": "told how to shut the valve",
        },
    ),
    "DeskCancel": (
        Role.DESK,
        lambda seed: {"ticketId": gid_of_ticket(seed, "cancel"), "reason": "reported twice"},
    ),
    "DeskLiftDoorCode": (Role.DESK, lambda seed: {**seed.order("lift"), "reason": "called"}),
    "DispatcherCreateOrder": (
        Role.DISPATCHER,
        lambda seed: {
            "ticketId": gid_of_ticket(seed, "create"),
            "trade": "electrical",
            "duration": "PT1H",
            "afterId": gid(seed.orders["create"]),
            "appointment": {"startsAt": seed.later(hours=1), "endsAt": seed.later(hours=3)},
        },
    ),
    "DispatcherAssign": (
        Role.DISPATCHER,
        lambda seed: {**seed.order("assign"), "technicianId": gid(seed.technician)},
    ),
    "DispatcherUnassign": (
        Role.DISPATCHER,
        lambda seed: {**seed.order("unassign"), "reason": "ill"},
    ),
    "DispatcherOffer": (Role.DISPATCHER, lambda seed: seed.order("offer")),
    "DispatcherWithdrawOffer": (Role.DISPATCHER, lambda seed: seed.order("withdraw")),
    "DispatcherCancelOrder": (
        Role.DISPATCHER,
        lambda seed: {**seed.order("queued"), "reason": "not needed"},
    ),
    "TechnicianGrab": (
        Role.TECHNICIAN,
        lambda seed: {**seed.order("grab"), "canReach": True},
    ),
    "TechnicianGiveBack": (
        Role.TECHNICIAN,
        lambda seed: {**seed.order("give_back"), "reason": "no tools"},
    ),
    "TechnicianAccept": (Role.TECHNICIAN, lambda seed: seed.order("accept")),
    "TechnicianDecline": (
        Role.TECHNICIAN,
        lambda seed: {**seed.order("decline"), "reason": "too far"},
    ),
    "TechnicianSetOut": (Role.TECHNICIAN, lambda seed: seed.order("set_out")),
    "TechnicianArrive": (Role.TECHNICIAN, lambda seed: seed.order("arrive")),
    "TechnicianStart": (Role.TECHNICIAN, lambda seed: seed.order("start")),
    "TechnicianPause": (
        Role.TECHNICIAN,
        lambda seed: {**seed.order("pause"), "reason": "PARTS", "resumeOn": seed.later(days=1)},
    ),
    "TechnicianResume": (Role.TECHNICIAN, lambda seed: seed.order("resume")),
    "TechnicianComplete": (
        Role.TECHNICIAN,
        lambda seed: {
            **seed.order("complete"),
            "found": "broken",
            "cause": "age",
            "done": "replaced",
            "hours": [{"technicianId": gid(seed.technician), "worked": "PT1H30M"}],
            "noSignatureReason": "nobody at home",
        },
    ),
    "CallbackRecord": (
        Role.DESK,
        lambda seed: {"callbackId": gid(seed.callback), "result": "NO_ANSWER"},
    ),
    "ResidentCancel": (
        Role.RESIDENT,
        lambda seed: {"ticketId": seed.made["ResidentReport"], "reason": "it stopped"},
    ),
    "DispatcherRepair": (Role.DISPATCHER, lambda seed: {**_day(seed), "seconds": 0.5}),
    "DispatcherPropose": (Role.DISPATCHER, lambda seed: {**_day(seed), "seconds": 0.5, "seed": 1}),
    "DispatcherDrop": (
        Role.DISPATCHER,
        lambda seed: {"planId": seed.made["DispatcherPropose"]},
    ),
    "DispatcherAutoAssign": (Role.DISPATCHER, lambda seed: {**_day(seed), "seconds": 0.5}),
    "AdministratorCreateSite": (
        Role.ADMINISTRATOR,
        lambda _: {
            "code": "north",
            "name": "北区",
            "kind": "CAMPUS",
            "timeZone": "Asia/Shanghai",
            "latitude": 31.3,
            "longitude": 120.6,
        },
    ),
    "AdministratorCreatePlace": (
        Role.ADMINISTRATOR,
        lambda seed: {**_site(seed), "kind": "BUILDING", "name": "9 幢"},
    ),
    "AdministratorCreateAsset": (
        Role.ADMINISTRATOR,
        lambda seed: {**_site(seed), "tag": "LIFT-1", "name": "电梯"},
    ),
    "AdministratorCreateChannel": (
        Role.ADMINISTRATOR,
        lambda seed: {
            **_site(seed),
            "name": "group",
            "kind": "WECOM",
            "config": [{"name": "key", "value": "not-a-real-key"}],
        },
    ),
    "AdministratorCreateParty": (
        Role.ADMINISTRATOR,
        lambda seed: {
            **_site(seed),
            "name": "李雷",
            "phones": ["13700000000"],
            "placeIds": [gid(seed.world.rooms[1])],
        },
    ),
    "AdministratorCreateTechnician": (
        Role.ADMINISTRATOR,
        lambda seed: {
            "code": "N1",
            "name": "小赵",
            "kind": "STAFF",
            "travel": "SCOOTER",
            "skills": [{"trade": "plumbing", "level": 2, "expiresOn": "2099-12-31"}],
            "siteIds": [seed.site],
            "workLimit": "PT8H",
        },
    ),
    "AdministratorSetSkills": (
        Role.ADMINISTRATOR,
        lambda seed: {
            "technicianId": seed.made["AdministratorCreateTechnician"],
            "skills": [{"trade": "electrical", "level": 1}],
        },
    ),
    "AdministratorAddShiftPattern": (
        Role.ADMINISTRATOR,
        lambda seed: {
            "technicianId": seed.made["AdministratorCreateTechnician"],
            "weekdays": [0, 1, 2],
            "starts": "08:00",
            "ends": "17:00",
            "breakStarts": "11:30",
            "breakEnds": "13:00",
            "breakMinutes": 45,
            "validFrom": "2026-01-01",
        },
    ),
    "AdministratorAddShiftException": (
        Role.ADMINISTRATOR,
        lambda seed: {
            "technicianId": seed.made["AdministratorCreateTechnician"],
            "day": "2026-12-31",
            "reason": "元旦前调休",
        },
    ),
    "AdministratorAddLeave": (
        Role.ADMINISTRATOR,
        lambda seed: {
            "technicianId": seed.made["AdministratorCreateTechnician"],
            "startsAt": seed.later(days=1),
            "endsAt": seed.later(days=2),
        },
    ),
    "AdministratorApplyProfile": (
        Role.ADMINISTRATOR,
        lambda seed: {**_site(seed), "profile": "ESTATE"},
    ),
    "AdministratorUpdatePolicy": (
        Role.ADMINISTRATOR,
        lambda seed: {**_site(seed), "document": {"callback_scale": 3}},
    ),
}
# Only who manages all sites may do these; the seed's administrator manages one.
COMPANY = {
    "AdministratorCreateSite",
    "AdministratorCreateUser",
    "AdministratorGrantRole",
    "AdministratorIssueToken",
}
# Walked through in other tests: signing in and out, publishing what was proposed.
# The running day's are tested with it.
ELSEWHERE = {
    "SignIn",
    "SignOut",
    "DispatcherPublish",
    "DispatcherDay",
    "DispatcherEmergency",
    "DispatcherInsert",
    "DispatcherMoveStop",
    "DispatcherReportIll",
    "TechnicianLocate",
    "TechnicianReportDelay",
}


def gid_of_ticket(seed: Seed, name: str) -> str:
    return encode("Ticket", seed.orders[name].ticket_id)


def test_no_document_is_forgotten() -> None:
    known = {*QUERIES, *MUTATIONS, *COMPANY, *ELSEWHERE, *SUBSCRIPTIONS}
    assert known == set(documents())


async def test_every_document_does_its_job(working_client: Client) -> None:
    client = working_client
    seed = await _seed(client)
    seed.made["category"] = gid(await seed.world.category("tap_leak"))
    for operation, (role, variables) in MUTATIONS.items():
        if operation in COMPANY:
            continue
        payload = await seed.person[role].do(operation, **variables(seed))
        made = next(value for name, value in payload.items() if name not in ("userErrors", "edge"))
        seed.made[operation] = made["id"]
    for operation, (role, variables) in QUERIES.items():
        found = await seed.person[role].look(operation, **variables(seed))
        assert found, operation


async def test_who_manages_the_company_sets_up_sites_and_accounts(client: Client) -> None:
    world = client.world
    _, everywhere = await world.user(Role.ADMINISTRATOR)
    await world.do(
        world.root,
        accounts.grant_role,
        user_id=everywhere.user_id,
        role=Role.ADMINISTRATOR,
        site_id=None,
    )
    boss = Person(client, await client.token(everywhere))
    _, variables = MUTATIONS["AdministratorCreateSite"]
    site = await boss.do("AdministratorCreateSite", **variables(None))  # type: ignore[arg-type]
    user = await boss.do(
        "AdministratorCreateUser", username="zhao", name="赵", password="long enough"
    )
    of_user = {"userId": user["user"]["id"]}
    grant = await boss.do(
        "AdministratorGrantRole", **of_user, role="DESK", siteId=site["site"]["id"]
    )
    assert grant["roleGrant"]["site"]["name"] == "北区"
    token = (await boss.do("AdministratorIssueToken", **of_user, label="board", days=7))["token"]
    zhao = Person(client, token)
    (role,) = (await zhao.look("DeskStart"))["roles"]
    assert (role["role"], role["site"]["id"]) == ("DESK", site["site"]["id"])
    await boss.refused("AdministratorIssueToken", **of_user, label="board", days=100_000)
