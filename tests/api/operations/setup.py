"""What administrators set up: sites, places, people, accounts, tables, the policy."""

from __future__ import annotations

import base64
from datetime import timedelta

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.notify import NotSent
from dispatch.services.action import Tx
from dispatch.services.outbox import deliver_due
from dispatch.services.telling import tell
from dispatch.store.messages import Message
from dispatch.store.users import Token
from tests.api.client import gid
from tests.api.documents import Person
from tests.api.operations.day import Day

ADMIN = Role.ADMINISTRATOR
KEYS = {
    # Of the example of RFC 8291.
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIA"
    "iw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


async def places(day: Day) -> None:
    world, site = day.world, day.site
    await day.do(
        "AdministratorCreateSite",
        day.boss,
        code=f"north-{day.round}",
        name="北区",
        kind="CAMPUS",
        timeZone="Asia/Shanghai",
        latitude=31.3,
        longitude=120.6,
    )
    place = await day.do(
        "AdministratorCreatePlace", ADMIN, **site, kind="BUILDING", name=f"9-{day.round} 幢"
    )
    steward = gid(world.users[Role.STEWARD])
    await day.do("AdministratorSetCare", ADMIN, placeId=place["id"], stewardId=steward)
    asset = await day.do(
        "AdministratorCreateAsset", ADMIN, **site, tag=f"L{day.round}", name="电梯"
    )
    await day.do(
        "AdministratorSetWarranty",
        ADMIN,
        assetId=asset["id"],
        vendorId=gid(day.technician),
        warrantyUntil=day.date(100),
    )
    leaf = gid(await world.category("tap_leak"))
    await day.do("AdministratorSetGuide", ADMIN, categoryId=leaf, zh=f"先关闭角阀 {day.round}")
    when = {**site, "day": day.date(30)}
    await day.do("AdministratorSetCalendarDay", ADMIN, **when, kind="HOLIDAY", name="停水")
    await day.do("AdministratorClearCalendarDay", ADMIN, **when)


async def customers(day: Day) -> None:
    site = day.site
    party = await day.do(
        "AdministratorCreateParty",
        ADMIN,
        **site,
        name="李雷",
        phones=["13700000000"],
        placeIds=[gid(day.world.rooms[1])],
    )
    department = await day.do(
        "AdministratorCreateDepartment", ADMIN, **site, code=f"physics-{day.round}", name="物理系"
    )
    of = {"departmentId": department["id"]}
    head = gid(day.world.users[Role.RESIDENT])
    await day.do("AdministratorSetDepartmentHead", ADMIN, **of, headId=head)
    await day.do("AdministratorSetPartyDepartment", ADMIN, partyId=party["id"], **of)
    await day.do("AdministratorExportPerson", ADMIN, partyId=party["id"])
    await day.do("AdministratorErasePerson", ADMIN, partyId=party["id"], reason="迁出")


async def technicians(day: Day) -> None:
    made = await day.do(
        "AdministratorCreateTechnician",
        ADMIN,
        code=f"N{day.round}",
        name="小赵",
        kind="STAFF",
        travel="SCOOTER",
        skills=[{"trade": "plumbing", "level": 2, "expiresOn": "2099-12-31"}],
        siteIds=[gid(day.world.site)],
        workLimit="PT8H",
    )
    of = {"technicianId": made["id"]}
    skills = [{"trade": "electrical", "level": 1}]
    await day.do("AdministratorSetSkills", ADMIN, **of, skills=skills)
    await day.do(
        "AdministratorAddShiftPattern",
        ADMIN,
        **of,
        weekdays=[0, 1, 2],
        starts="08:00",
        ends="17:00",
        breakStarts="11:30",
        breakEnds="13:00",
        breakMinutes=45,
        validFrom="2026-01-01",
    )
    await day.do("AdministratorAddShiftException", ADMIN, **of, day=day.date(30), reason="调休")
    leave = {"startsAt": day.at(days=1), "endsAt": day.at(days=2)}
    await day.do("AdministratorAddLeave", ADMIN, **of, **leave)
    await day.do("AdministratorSetPhoto", ADMIN, **of, photo="https://p.example/1")
    pay = {"payBasis": "HOURLY", "payAmount": "36", "payCurrency": "CNY"}
    await day.do("AdministratorSetTerms", ADMIN, **of, firm="顺达", **pay)


async def users(day: Day) -> None:
    boss, password, name = day.boss, "long enough a secret", f"zhao-{day.round}"
    user = await day.do(
        "AdministratorCreateUser", boss, username=name, name="赵", password=password
    )
    of = {"userId": user["id"]}
    role = {**of, "role": "DESK", "siteId": gid(day.world.site)}
    await day.do("AdministratorGrantRole", boss, **role)
    await day.do("AdministratorIssueToken", boss, **of, label="board", days=7)
    identity = {**of, "issuer": "https://id.example", "subject": name}
    await day.do("AdministratorLinkIdentity", boss, **identity)
    await day.do("AdministratorUnlinkIdentity", boss, **identity)
    signed = await day.ask(
        "SignIn", None, input={"username": name, "password": password, "label": "phone"}
    )
    assert signed["userErrors"] == []
    zhao = Person(day.client, signed["token"])
    await day.do("AccountSetEmail", zhao, email=f"{name}@example.com")
    await day.look("AccountPushKey", zhao)
    browser = {"endpoint": f"https://push.example.com/{name}", **KEYS}
    await day.do("AccountPushSubscribe", zhao, **browser)
    await day.do("AccountPushUnsubscribe", zhao, endpoint=browser["endpoint"])
    rotated = await day.ask("AccountRotateToken", zhao)
    zhao = Person(day.client, rotated["token"])
    new = {"currentPassword": password, "password": "another long secret"}
    await day.do("AccountChangePassword", zhao, **new)
    await day.look("AccountProviders", None)
    leaving = await accounts_token(day, of["userId"])
    await day.ask("SignOut", leaving)
    await accounts_token(day, of["userId"])
    (token, *_) = [
        each
        for each in await day.world.rows(Token, Token.revoked_at.is_(None))
        if each.label == "again"
    ]
    await day.do("AdministratorRevokeToken", boss, tokenId=gid(token))
    await day.do("AdministratorRevokeTokens", boss, **of)
    await day.do("AdministratorRevokeRole", boss, **role)
    await day.do("AdministratorDisableUser", boss, **of)
    await day.do("AdministratorEnableUser", boss, **of)


async def accounts_token(day: Day, user_id: str) -> Person:
    sent = {"input": {"userId": user_id, "label": "again", "days": 7}}
    answer = await day.boss.send("AdministratorIssueToken", sent)
    return Person(day.client, answer.data["tokenIssue"]["token"])


async def tables(day: Day) -> None:
    rows = ["编码,名称,单位,单价", *(f"M{day.round}-{each},阀门,个,1.5" for each in range(12))]
    content = base64.b64encode("\r\n".join(rows).encode()).decode()
    payload = await day.ask(
        "AdministratorImportTable",
        ADMIN,
        input={**day.site, "kind": "MATERIALS", "fileName": "m.csv", "content": content},
    )
    assert payload["report"]["imported"] == 12
    day.made["import"] = payload["run"]["id"]


async def policy(day: Day) -> None:
    later = await day.do(
        "AdministratorUpdatePolicy",
        ADMIN,
        **day.site,
        document={"callback_scale": 3},
        validFrom=day.at(days=3),
    )
    await day.do("AdministratorWithdrawPolicy", ADMIN, policyId=later["id"])
    await day.do("AdministratorApplyProfile", ADMIN, **day.site, profile="ESTATE")
    await day.policy()


async def messages(day: Day) -> None:
    """A channel that nobody answers, and one's own inbox."""
    world = day.world
    made = await day.do(
        "AdministratorCreateChannel",
        ADMIN,
        **day.site,
        name=f"hook {day.round}",
        kind="WEB_HOOK",
        config=[{"name": "url", "value": "https://example.com/secret"}],
    )
    of = {"channelId": made["id"]}
    await day.look("AdministratorWebHookSecret", ADMIN, **of)
    ticket = await world.ticket(party_id=world.party.id)
    await world.do(world.root, _tell, site_id=world.site.id, ticket_id=ticket.id)
    await deliver_due(world.services, _fails)
    sent = await day.look("AdministratorOutbox", ADMIN, **day.site, first=50)
    dead = [each for each in sent["nodes"] if each["state"] == "DEAD"]
    await day.do("AdministratorSendAgain", ADMIN, messageId=dead[0]["id"])
    await day.do("AdministratorUpdateChannel", ADMIN, **of, isActive=False)
    await day.do("AdministratorRotateSecret", ADMIN, **of)
    inbox = await day.look("ResidentMessages", Role.RESIDENT, first=20)
    assert inbox["nodes"]
    (own, *_) = await world.rows(Message, Message.party_id == world.party.id)
    await day.do("AccountMarkRead", Role.RESIDENT, messageIds=[gid(own)])


async def _tell(tx: Tx, *, site_id: int, ticket_id: int) -> None:
    await tell(
        tx,
        MessageKind.CLOCK_BREACHED,
        Audience(reporter=True, owner=True),
        site_id=site_id,
        ticket_id=ticket_id,
        number="TK-1",
        clock="ARRIVE",
        due_at=(tx.now + timedelta(hours=1)).isoformat(),
    )


async def _fails(_: object) -> None:
    raise NotSent("nobody is there", is_final=True)
