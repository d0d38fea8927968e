"""What technicians do on their way and at the door, and who helps them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from dispatch.domain.rights import Role
from dispatch.domain.technicians import PayBasis, TechnicianKind
from dispatch.domain.work_orders import PauseReason
from dispatch.services import execution, offers, technicians, work_orders
from dispatch.store.messages import Message
from tests.api.client import gid
from tests.api.operations.day import Day, order, ticket_of, uploaded
from tests.api.test_one_path import DAY_AND_NIGHT

PHONE = Role.TECHNICIAN


async def steps(day: Day) -> None:
    world = day.world
    for operation, behind, more in (
        ("Accept", 0, {}),
        ("Decline", 0, {"reason": "太远"}),
        ("SetOut", 1, {}),
        ("Arrive", 2, {}),
        ("Start", 3, {}),
        ("Pause", 4, {"reason": "PARTS", "resumeOn": day.at(days=1)}),
    ):
        await day.do(f"Technician{operation}", PHONE, **order(await day.held(behind)), **more)
    paused = await day.held(4)
    await world.do(
        day.account,
        execution.pause,
        work_order_id=paused.id,
        reason=PauseReason.PARTS,
        resume_on=world.clock.now + timedelta(days=1),
    )
    await day.do("TechnicianResume", PHONE, **order(paused))
    await day.do("TechnicianReportProgress", PHONE, **order(paused), note="在修")
    await day.do(
        "TechnicianAddWork",
        PHONE,
        **order(paused),
        description="顺便看看水表",
        categoryId=gid(await world.category("water_meter")),
    )
    await day.do("TechnicianNoteCall", PHONE, **order(await day.held(1)), result="REACHED")
    record = {"found": "坏", "cause": "旧", "done": "换", "noSignatureReason": "无人在家"}
    after = await uploaded(day, "Technician", PHONE)
    # What the clock counts is nothing on a fast machine: then no shifts are asked for.
    worked = [{"technicianId": gid(day.technician), "worked": "PT20M"}]
    done = {**record, "photosAfter": [after], "hours": worked}
    await day.do("TechnicianComplete", PHONE, **order(await day.held(4)), **done)
    late = await day.held()
    told: list[dict[str, Any]] = [
        {
            **order(late),
            "step": step,
            "key": f"{late.id}-{step}",
            "occurredAt": day.at(minutes=-20 + at),
            **more,
        }
        for at, (step, more) in enumerate(
            (
                ("ACCEPT", {}),
                ("SET_OUT", {}),
                ("ARRIVE", {}),
                ("START", {}),
                ("COMPLETE", {"record": record}),
            )
        )
    ]
    results = await day.do("TechnicianTellSteps", PHONE, steps=told)
    assert {each["state"] for each in results} == {"TAKEN"}


async def offered(day: Day) -> None:
    world = day.world
    for operation in ("Grab", "GiveBack"):
        _, account = await world.technician(**DAY_AND_NIGHT)
        phone = await day.person(account)
        row = await world.public_order()
        with day.caught_up():
            await world.do(world.dispatcher, offers.open_offer, work_order_id=row.id)
        if operation == "Grab":
            await day.do("TechnicianGrab", phone, **order(row), canReach=True)
        else:
            await world.do(account, offers.grab, work_order_id=row.id, can_reach=True)
            await day.do("TechnicianGiveBack", phone, **order(row), reason="工具不在")
    row = await world.public_order()
    await day.do("DispatcherOffer", Role.DISPATCHER, **order(row))
    await day.do("DispatcherWithdrawOffer", Role.DISPATCHER, **order(row))


async def crews(day: Day) -> None:
    world, ask = day.world, {"people": 1, "reason": "管道太重"}
    helper, _ = await world.technician("帮手", **DAY_AND_NIGHT)
    late, helping = await world.technician("后到", **DAY_AND_NIGHT)
    row = await day.held(4)
    await day.do("TechnicianAskHelp", PHONE, **order(row), **ask)
    await day.do("LeaderAddHelpers", Role.TEAM_LEADER, **order(row), helperIds=[gid(helper)])
    await day.do("DispatcherAddHelper", Role.DISPATCHER, **order(row), technicianId=gid(late))
    await day.do("TechnicianHelperJoin", PHONE, **order(row), technicianId=gid(late))
    await day.do("TechnicianHelperLeave", await day.person(helping), **order(row))
    for operation, more in (("DispatchHelp", {}), ("DeclineHelp", {"reason": "无人"})):
        row = await day.held(4)
        await day.people[PHONE].do("TechnicianAskHelp", **order(row), **ask)
        await day.do(f"Dispatcher{operation}", Role.DISPATCHER, **order(row), **more)


async def hours(day: Day) -> None:
    """Of a temporary worker who came along."""
    world = day.world
    who, _ = await world.technician("临时工", kind=TechnicianKind.TEMPORARY)
    await world.do(
        world.root,
        technicians.set_terms,
        technician_id=who.id,
        pay_basis=PayBasis.HOURLY,
        pay_amount=Decimal(36),
        pay_currency="CNY",
    )
    rows = []
    for _ in range(2):
        row = await world.public_order(crew_size=2)
        of = {"work_order_id": row.id}
        await world.do(
            world.dispatcher,
            work_orders.assign,
            technician_id=day.technician.id,
            helper_ids=[who.id],
            **of,
        )
        for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
            await world.do(day.account, step, **of)
        await day.finish(row)
        rows.append(row)
    signed = await day.do("LeaderSignHours", Role.SUPERVISOR, **order(rows[0]), **_of(who))
    await day.do(
        "LeaderCorrectHours",
        Role.SUPERVISOR,
        signedHoursId=signed["id"],
        worked="PT30M",
        reason="重复计时",
    )
    day.made["temporary"] = gid(who)


def _of(technician: Any) -> dict[str, str]:
    return {"technicianId": gid(technician)}


async def afterwards(day: Day) -> None:
    """Calls to customers after the visit."""
    world, desk = day.world, Role.DESK
    good = {"solved": True, "satisfied": True}
    first, second = [await day.finish(await day.held(4)) for _ in range(2)]
    await day.do("CallbackMarkSerious", desk, callbackId=gid(second), reason="扬言投诉")
    await day.do("CallbackRecord", Role.QUALITY, callbackId=gid(first), result="ANSWERED", **good)
    third = await day.finish(await day.held(4))
    links = await world.rows(Message, Message.kind == "CALLBACK_LINK")
    (link,) = [each for each in links if each.ticket_id == third.ticket_id]
    secret = {"secret": link.params["link"].removeprefix("/callback/")}
    await day.look("ResidentCallbackQuestions", None, **secret)
    await day.do("ResidentAnswerByLink", None, **secret, **good)
    again = await world.public_order()
    assert again.is_rework
    await day.do("LeaderReportRework", Role.SUPERVISOR, ticketId=ticket_of(again), note="等配件")
    row = await world.public_order()
    await day.do("DeskMediate", desk, **order(row), complaint="一拖再拖")
    seen = await day.people[desk].client.gql(
        "query($id: ID!) { workOrder(id: $id) { mediations { id } } }",
        {"id": gid(row)},
        token=day.people[desk].token,
    )
    (task,) = seen.data["workOrder"]["mediations"]
    await day.do("MediationRecord", Role.QUALITY, mediationId=task["id"], outcome="已道歉")
    check = (await day.look("ArrivalChecksDue", desk, **day.site, first=50))["nodes"][0]
    await day.do("ArrivalCheckRecord", desk, arrivalCheckId=check["id"], isThere=True)
