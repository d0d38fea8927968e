"""What dispatchers, desk and leaders decide: by hand, by plan, over time."""

from __future__ import annotations

from dispatch.domain.rights import Role
from dispatch.domain.triage import Priority
from tests.api.client import gid
from tests.api.operations.day import Day, order, ticket_of
from tests.api.test_one_path import DAY_AND_NIGHT

DISPATCHER = Role.DISPATCHER


async def by_hand(day: Day) -> None:
    world = day.world
    row = await world.public_order()
    await day.do("DispatcherAssign", DISPATCHER, **order(row), technicianId=gid(day.technician))
    await day.do("DispatcherUnassign", DISPATCHER, **order(row), reason="生病")
    await day.do("DispatcherCancelOrder", DISPATCHER, **order(row), reason="不需要")
    after = await world.public_order()
    await day.do(
        "DispatcherCreateOrder",
        DISPATCHER,
        ticketId=ticket_of(after),
        trade="electrical",
        duration="PT1H",
        afterId=gid(after),
        appointment={"startsAt": day.at(hours=1), "endsAt": day.at(hours=3)},
        insists=True,
    )
    world.clock.forward(minutes=-40)
    spoken = await world.public_order()
    world.clock.forward(minutes=40)
    await day.do(
        "DispatcherRecordVerbal",
        DISPATCHER,
        **order(spoken),
        technicianId=gid(day.technician),
        takenAt=day.at(minutes=-20),
        channel="RADIO",
    )
    await day.do("DeskLiftDoorCode", Role.DESK, **order(await world.order()), reason="电话")


async def decisions(day: Day) -> None:
    world = day.world
    asked = [await world.public_order() for _ in range(2)]
    why = {"type": "BULK", "reason": "老客户"}
    await day.do("DeskAskApproval", Role.DESK, **order(asked[0]), **why)
    await day.people[Role.DESK].do("DeskAskApproval", **order(asked[1]), **why)
    await day.do("LeaderApprove", Role.SUPERVISOR, **order(asked[0]), reason="可以")
    await day.do("LeaderReject", Role.SUPERVISOR, **order(asked[1]), reason="已过保")
    row = await world.public_order()
    await day.do("LeaderAllowPostponing", Role.PROJECT_MANAGER, **order(row), reason="今日无人")
    later = {"startsAt": day.at(days=1), "endsAt": day.at(days=1, hours=2)}
    await day.do("DeskPostpone", Role.DESK, **order(row), reason="人员不足", appointment=later)
    declared = await day.do(
        "LeaderDeclareSaturation",
        Role.TEAM_LEADER,
        **day.site,
        trade="gas",
        until=day.at(hours=1),
        reason="台风",
    )
    await day.do("LeaderEndSaturation", Role.TEAM_LEADER, saturationId=declared["id"])


async def appointments(day: Day) -> None:
    """On a day of its own, of which nobody else has anything."""
    world = day.world
    for ahead, role in enumerate((Role.DESK, Role.RESIDENT), start=day.round * 2):
        name = role.value.title()
        row = await world.order(party_id=world.party.id, duration_s=1800)
        window = {"startsAt": day.hour(14, days=ahead), "endsAt": day.hour(16, days=ahead)}
        held = await day.do(f"{name}HoldSlot", role, **order(row), **window)
        if role is Role.RESIDENT:
            # What is agreed is the desk's to take back.
            await day.do("ResidentReleaseSlot", role, appointmentId=held["id"])
            again = await day.people[role].do("ResidentHoldSlot", **order(row), **window)
            held = again["appointment"]
        await day.do(f"{name}ConfirmSlot", role, appointmentId=held["id"])
        if role is Role.DESK:
            moved = {"startsAt": day.hour(10, days=ahead), "endsAt": day.hour(12, days=ahead)}
            moved["reason"] = "客户要求"
            held = await day.do("DeskMoveAppointment", role, **order(row), **moved)
            await day.do("DeskReleaseSlot", role, appointmentId=held["id"], reason="客户不在")
    row = await world.order(duration_s=600)
    await day.walk(row, day.technician, day.account, 0)
    soon = {"startsAt": day.at(minutes=90), "endsAt": day.at(minutes=150)}
    moved = await day.people[Role.DESK].do(
        "DeskMoveAppointment", **order(row), **soon, reason="客户要求"
    )
    await day.do(
        "TechnicianAcknowledge",
        Role.TECHNICIAN,
        appointmentId=moved["appointment"]["id"],
    )
    day.made["wanted"] = gid(await world.order(party_id=world.party.id))


async def overtime(day: Day) -> None:
    world = day.world
    who, account = await world.technician("Li")
    phone = await day.person(account)

    def asked(days: int) -> dict[str, str]:
        return {
            **day.site,
            "technicianId": gid(who),
            "startsAt": day.hour(18, days=days),
            "endsAt": day.hour(19, days=days),
            "reason": "抢修",
        }

    made = await day.do("DispatcherAskOvertime", DISPATCHER, **asked(1))
    of = {"shiftExtensionId": made["id"]}
    await day.do("TechnicianAgreeOvertime", phone, **of)
    await day.do("LeaderApproveOvertime", Role.SUPERVISOR, **of)
    await day.do("DispatcherWithdrawOvertime", DISPATCHER, **of)
    again = (await day.people[DISPATCHER].do("DispatcherAskOvertime", **asked(2)))["shiftExtension"]
    await day.do("TechnicianDeclineOvertime", phone, shiftExtensionId=again["id"])
    again = (await day.people[DISPATCHER].do("DispatcherAskOvertime", **asked(3)))["shiftExtension"]
    await day.do(
        "LeaderRejectOvertime", Role.SUPERVISOR, shiftExtensionId=again["id"], reason="不需要"
    )
    day.made["overtime"] = gid(who)


async def roster(day: Day) -> None:
    boss, when = Role.SUPERVISOR, day.date(5 + day.round)
    people = {
        "managerIds": [gid(day.world.users[Role.PROJECT_MANAGER])],
        "technicianIds": [gid(day.technician)],
    }
    await day.do("LeaderSetDutyDay", boss, **day.site, day=when, **people)
    await day.do("LeaderPublishDuty", boss, **day.site, fromDay=when, toDay=when)


async def running_day(day: Day) -> None:
    """Emergencies, delays, illness."""
    world = day.world
    near, account = await world.technician("near", **DAY_AND_NIGHT)
    urgent = await world.public_order(priority=Priority.EMERGENCY, duration_s=1800)
    await day.do("DispatcherEmergency", DISPATCHER, **order(urgent))
    await day.do("DispatcherInsert", DISPATCHER, **order(await world.public_order()))
    # Somebody waits for them, so that it matters when they are late.
    await day.walk(await world.public_order(), near, account, 0)
    me = {"technicianId": gid(near)}
    phone = await day.person(account)
    await day.do("TechnicianReportDelay", phone, **me, freeAt=day.at(hours=1))
    await day.do("TechnicianLocate", phone, **me, latitude=31.3, longitude=120.6)
    await day.do("DispatcherReportIll", DISPATCHER, **me, reason="发烧")


async def plans(day: Day) -> None:
    """Last: the optimizer gives everything that waits to somebody."""
    when = {**day.site, "day": day.date(1)}
    # A reason that names a trade is among the plan's reasons, whatever else it has room for.
    await day.world.public_order(category="lift_noise")
    first = await day.do("DispatcherPropose", DISPATCHER, **when, seconds=0.5, seed=1)
    await day.do("DispatcherDrop", DISPATCHER, planId=first["id"])
    auto = await day.do("DispatcherAutoAssign", DISPATCHER, **when, seconds=0.5)
    repaired = await day.do("DispatcherRepair", DISPATCHER, **when, seconds=0.5)
    again = (await day.people[DISPATCHER].do("DispatcherPropose", **when, seconds=0.5))["plan"]
    await day.do("DispatcherPublish", DISPATCHER, planId=again["id"], version=again["version"])
    day.made |= {"plan": auto["id"], "other_plan": repaired["id"]}
