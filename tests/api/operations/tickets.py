"""What residents, desk and stewards do with tickets and cases."""

from __future__ import annotations

from typing import Any

from dispatch.domain.rights import Role
from dispatch.domain.tickets import Channel, Resolution, TicketKind
from dispatch.services import hand_over, tickets
from tests.api.client import gid
from tests.api.operations.day import Day, ticket_of, uploaded


def report(day: Day, **more: Any) -> dict[str, Any]:
    return {
        **day.site,
        "kind": "REPAIR",
        "channel": "PHONE",
        "description": "水管漏水",
        "requesterName": "王芳",
        "requesterPhone": "13800000000",
        "placeId": gid(day.world.rooms[0]),
        **more,
    }


async def intake(day: Day) -> None:
    world, desk = day.world, Role.DESK
    leaf = gid(await world.category("tap_leak"))
    photo = await uploaded(day, "Resident", Role.RESIDENT)
    own = await day.do(
        "ResidentReport", Role.RESIDENT, **report(day, channel="APP", photos=[photo])
    )
    await day.do("DeskTake", desk, ticketId=own["id"])
    colleague, _ = await world.user(Role.DESK)
    await day.do("DeskChangeOwner", desk, ticketId=own["id"], ownerId=gid(colleague), reason="下班")
    await day.do("ResidentCancel", Role.RESIDENT, ticketId=own["id"], reason="不漏了")
    thin = await day.do("DeskReport", desk, **report(day, channel="WEB", requesterName=None))
    of_thin = {"ticketId": thin["id"]}
    await day.do("DeskComplete", desk, **of_thin, requesterName="王芳", room="101")
    await day.do("DeskTriage", desk, **of_thin, categoryId=leaf)
    works = [{"trade": "plumbing"}, {"trade": "masonry", "after": 0}]
    await day.do("DeskSplit", desk, **of_thin, works=works)
    day.made["ticket"] = thin["id"]
    remote = await world.ticket()
    await world.do(
        world.desk,
        tickets.triage,
        ticket_id=remote.id,
        category_id=(await world.category("tap_leak")).id,
        resolution=Resolution.REMOTE_HELP,
    )
    await day.do(
        "DeskResolveWithoutVisit",
        desk,
        ticketId=gid(remote),
        resolution="REMOTE_HELP",
        note="告知关阀",
    )
    await day.do("DeskCancel", desk, ticketId=gid(await world.ticket()), reason="重复")
    twin, main = await world.ticket(), await world.order()
    await day.do("DeskMerge", desk, ticketId=gid(twin), intoId=ticket_of(main))
    hers = await world.ticket(world.resident, channel=Channel.APP)
    await world.do(
        world.desk,
        tickets.triage,
        ticket_id=hers.id,
        category_id=(await world.category("tap_leak")).id,
        resolution=Resolution.SELF_HELP,
    )
    await day.do("ResidentAnswerGuide", Role.RESIDENT, ticketId=gid(hers), solved=True)
    answer = {"solved": True, "satisfied": True, "scores": {"total": 5}}
    await day.do("ResidentAnswerCallback", Role.RESIDENT, ticketId=gid(hers), **answer)


async def stewards(day: Day) -> None:
    world = day.world
    fault = ticket_of(await world.order())
    steward = gid(world.users[Role.STEWARD])
    note = {"ticketId": fault, "note": "交房时墙面空鼓"}
    await day.do("DeskHandOver", Role.DESK, **note, stewardId=steward)
    await day.do("StewardReport", Role.STEWARD, **note)
    await day.do("StewardReportFixed", Role.STEWARD, **note)
    # Another one stays on the steward's list.
    await world.do(
        world.desk,
        hand_over.hand_to_steward,
        ticket_id=(await world.order()).ticket_id,
        note="裂缝",
        steward_id=world.users[Role.STEWARD].id,
    )


async def checks(day: Day) -> None:
    await day.policy(intake={"check_by_logistics": True})
    checked = await day.world.ticket()
    await day.policy()
    await day.do("LeaderCheckTicket", Role.SUPERVISOR, ticketId=gid(checked), agreed=True)


async def cases(day: Day) -> None:
    world, desk = day.world, Role.DESK
    concern = ("GREENING", "CLEANING")[day.round - 1]
    await day.do(
        "AdministratorAssignResponsibility",
        Role.ADMINISTRATOR,
        **day.site,
        concern=concern,
        department="绿化部",
        leadId=gid(world.users[Role.STEWARD]),
    )
    complaint = await world.ticket(kind=TicketKind.COMPLAINT, description="保安态度恶劣")
    of = {"ticketId": gid(complaint)}
    await day.do("CaseTake", desk, **of)
    await day.do("CaseContact", desk, **of, note="已致歉")
    await day.do("CaseSetLevel", Role.SUPERVISOR, **of, level="NORMAL")
    await day.do("CaseSolve", desk, **of, solution="调岗")
    matter = await world.ticket(
        kind=TicketKind.MATTER, description="树枝压坏了围栏", place_id=world.garden.id
    )
    of = {"ticketId": gid(matter)}
    await day.do("CaseRoute", desk, **of, concern=concern)
    helper, _ = await world.user(Role.STEWARD)
    await day.do("CaseHandOn", Role.STEWARD, **of, handlerId=gid(helper))
    await day.do("CaseSplitRepair", desk, **of, description="围栏断了两根")
    wanted, unwanted = [
        await world.ticket(kind=TicketKind.SERVICE, channel=Channel.WEB) for _ in range(2)
    ]
    await day.do(
        "ServiceOrderConfirm",
        desk,
        ticketId=gid(wanted),
        provider="清泉水站",
        confirmedWith="李店长",
        startsAt=day.at(hours=3),
        endsAt=day.at(hours=5),
    )
    await day.do("ServiceOrderDecline", desk, ticketId=gid(unwanted), reason="缺货")
