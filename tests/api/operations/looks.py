"""What people look at, once much has happened."""

from __future__ import annotations

from typing import Any

from dispatch.domain.rights import Role
from dispatch.services import offers
from dispatch.store.tickets import Ticket
from tests.api.client import gid
from tests.api.operations.day import Day

DESK, DISPATCHER, ANALYST = Role.DESK, Role.DISPATCHER, Role.ANALYST

LISTS: tuple[tuple[str, Role], ...] = (
    ("DeskInbox", DESK),
    ("DeskClocks", DESK),
    ("CallbacksDue", DESK),
    ("DispatcherQueue", DISPATCHER),
    ("DispatcherTechnicians", DISPATCHER),
    ("DispatcherOvertime", DISPATCHER),
    ("StewardHandedOver", Role.STEWARD),
    ("LeaderOverdueBoard", Role.SUPERVISOR),
    ("LeaderDutyDays", Role.SUPERVISOR),
    ("AdministratorDepartments", Role.ADMINISTRATOR),
    ("AdministratorMaterials", Role.ADMINISTRATOR),
    ("AdministratorImports", Role.ADMINISTRATOR),
    ("AdministratorPolicyVersions", Role.ADMINISTRATOR),
    ("AdministratorChannels", Role.ADMINISTRATOR),
    ("AnalystTickets", ANALYST),
    ("AnalystWorkOrders", ANALYST),
    ("AnalystRecord", ANALYST),
    ("AnalystRuns", ANALYST),
    ("AnalystCallbacks", Role.QUALITY),
)
GROWING = ("DeskInbox", "CallbacksDue", "DispatcherTechnicians", "AnalystTickets", "BoardDay")
SITES: tuple[tuple[str, Role], ...] = (
    ("DeskCategories", DESK),
    ("DispatcherSaturation", DISPATCHER),
    ("LeaderDutyGaps", Role.SUPERVISOR),
    ("AdministratorResponsibilities", Role.ADMINISTRATOR),
    ("AdministratorPolicyPage", Role.ADMINISTRATOR),
    ("AdministratorPolicyProfiles", Role.ADMINISTRATOR),
    ("AdministratorMessagePreviews", Role.ADMINISTRATOR),
    ("AnalystClassifier", ANALYST),
    ("AnalystPolicy", ANALYST),
)


async def lists(day: Day) -> None:
    # One order at least is on offer to somebody, whatever the plans before did.
    row = await day.world.public_order()
    await day.world.do(day.world.dispatcher, offers.open_offer, work_order_id=row.id)
    for operation, role in LISTS:
        await day.look(operation, role, **day.site, first=200)
    for operation, role in SITES:
        await day.look(operation, role, **day.site)


async def figures(day: Day) -> None:
    span = {**day.site, "from": day.date(-1), "to": day.today}
    by_people = {**span, "groupBy": ["TECHNICIAN", "TRADE", "HOUR_OF_DAY"]}
    await day.look("AnalystServiceLevels", ANALYST, **by_people)
    await day.look("AnalystWorkload", ANALYST, **span, groupBy=["TECHNICIAN"], idle=True)
    await day.look("AnalystDemand", ANALYST, **span, groupBy=["TRADE", "BUILDING"])
    await day.do("AnalystExport", ANALYST, **span, family="WORKLOAD", format="CSV")


async def desk(day: Day) -> None:
    site = day.site
    await day.look("DeskStart", DESK)
    await day.look("DeskGuess", DESK, **site, description="厨房水龙头漏水")
    await day.look("DeskPlaces", DESK, **site, name="花园")
    await day.look("DeskParties", DESK, **site, name="王")
    await day.look("DeskTicketDetails", DESK, id=day.made["ticket"])
    visit: dict[str, Any] = {
        **site,
        "placeId": gid(day.world.garden),
        "trade": "plumbing",
        "duration": "PT1H",
    }
    await day.look("DeskSlots", DESK, visit=visit)
    named = gid(day.technician)
    await day.look("DeskNamedTechnician", DESK, visit=visit, technicianId=named)
    span = {"startsAt": day.at(days=-1), "endsAt": day.at(days=1)}
    await day.look("CallbackReportOfSite", DESK, **site, **span)


async def boards(day: Day) -> None:
    when = {**day.site, "day": day.today}
    await day.look("BoardDay", DISPATCHER, **when, lanes=50)
    await day.look("BoardUnplaced", DISPATCHER, **when, first=50)
    await day.look("DispatcherDay", DISPATCHER, **when)
    await day.look("DispatcherPlans", DISPATCHER, **day.site, day=day.date(1))
    await day.look("DispatcherPlanDetails", DISPATCHER, id=day.made["plan"], routes=50)
    await day.look("DispatcherCompare", DISPATCHER, a=day.made["plan"], b=day.made["other_plan"])
    await day.look("DispatcherWhyNot", DISPATCHER, workOrderId=day.made["wanted"])
    of = {**day.site, "technicianId": day.made["overtime"]}
    await day.look("DispatcherOvertimeLeft", DISPATCHER, **of, day=day.today)
    paid = {**day.site, "technicianId": day.made["temporary"]}
    span = {"from": day.today, "to": day.today}
    await day.look("LeaderPaySheet", Role.SUPERVISOR, **paid, **span)
    await day.look("LeaderWorkOrder", Role.SUPERVISOR, id=day.made["wanted"])


async def phones(day: Day) -> None:
    phone, me = Role.TECHNICIAN, gid(day.technician)
    await day.look("TechnicianMe", phone)
    await day.look("TechnicianProfile", phone, id=me)
    held = await day.look("TechnicianDay", phone, me=me)
    await day.look("TechnicianOffers", phone)
    ids = [each["id"] for each in held["nodes"]]
    await day.look("TechnicianRefetch", phone, id=ids[0])
    await day.look("TechnicianRefetchAll", phone, ids=ids)
    await day.look("ResidentMe", Role.RESIDENT)
    await day.look("ResidentTickets", Role.RESIDENT, first=50)
    own = await day.world.rows(Ticket, Ticket.party_id == day.world.party.id)
    await day.look("ResidentTicket", Role.RESIDENT, id=gid(own[0]))
    wanted = {"workOrderId": day.made["wanted"], "days": 2}
    await day.look("ResidentSlots", Role.RESIDENT, **wanted)


async def setup(day: Day) -> None:
    admin = Role.ADMINISTRATOR
    await day.look("AdministratorSites", admin, first=50)
    await day.look("AdministratorSite", admin, id=gid(day.world.site))
    await day.look("AdministratorPlace", admin, id=gid(day.world.building))
    await day.look("AdministratorParty", admin, id=gid(day.world.party))
    await day.look("AdministratorTrades", admin)
    await day.look("AdministratorUsers", day.boss, first=100)
    await day.look("AdministratorImport", admin, id=day.made["import"])
    span = {"from": day.today, "to": day.date(40)}
    await day.look("AdministratorCalendar", admin, **day.site, **span)
