"""Tables brought in through the API: tried, whole, or not at all."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.domain.technicians import TechnicianKind, Travel
from dispatch.services import policies
from dispatch.store.materials import Material
from dispatch.store.parties import Party
from dispatch.store.sites import Place
from dispatch.store.technicians import Technician, TechnicianSkill
from dispatch.store.tickets import Ticket
from tests.api.client import Client, gid
from tests.api.nouns.desk import ERRORS, Hand, hand
from tests.imports.workbooks import workbook

MORNING = False
"""The site stays in Shanghai."""

REPORT = """report { read known imported isWritten badRows { row column cause value }
    warnings { row cause } }"""
NOTHING_BAD: list[Any] = []


def csv(*rows: str) -> bytes:
    return "\r\n".join(rows).encode("gb18030")


async def send(
    person: Hand, kind: str, name: str, content: bytes, /, **given: Any
) -> tuple[dict[str, Any], list[str]]:
    """The report and the codes of the refusals."""
    document = (
        f"mutation($input: ImportRunInput!) {{ importRun(input: $input) {{ {REPORT} {ERRORS} }} }}"
    )
    sent = {
        "siteId": gid(person.client.world.site),
        "kind": kind,
        "fileName": name,
        "content": base64.b64encode(content).decode(),
        **given,
    }
    payload = (await person.ask(document, input=sent))["importRun"]
    return payload["report"], [each["code"] for each in payload["userErrors"]]


async def administrator(client: Client) -> Hand:
    return await hand(client, client.world.actors[Role.ADMINISTRATOR])


def figures(report: dict[str, Any]) -> tuple[int, int, int, bool]:
    return report["read"], report["known"], report["imported"], report["isWritten"]


UNITS = ("楼栋", "单元", "楼层", "房号", "业主", "电话", "保修期至")


@pytest.mark.rule("INT-11")
async def test_units_come_with_their_people_from_csv_and_workbook(client: Client) -> None:
    world = client.world
    admin = await administrator(client)
    rows = [
        UNITS,
        ("8 幢", "甲单元", 1, "101", "赵一", "13811110001", "2028-01-01"),
        ("8 幢", "甲单元", 2, "201", "赵一", "13811110001", ""),
        ("1 幢", "", 1, "101", "", "", ""),
    ]
    tried = await world.counts()
    report, errors = await send(admin, "UNITS", "u.xlsx", workbook(*rows), dryRun=True)
    assert (figures(report), errors) == ((3, 1, 2, False), [])
    assert await world.counts() == tried
    report, _ = await send(admin, "UNITS", "u.xlsx", workbook(*rows))
    assert figures(report) == (3, 1, 2, True)
    (first,) = await world.rows(Place, Place.name == "101", Place.floor == 1, Place.id > 5)
    assert str(first.warranty_until) == "2028-01-01"
    (owner,) = await world.rows(Party, Party.name == "赵一")
    homes = await admin.ask(
        "query($id: ID!) { party(id: $id) { units { name parent { name parent { name } } } } }",
        id=gid(owner),
    )
    stairs = {"name": "甲单元", "parent": {"name": "8 幢"}}
    assert homes["party"]["units"] == [
        {"name": "101", "parent": stairs},
        {"name": "201", "parent": stairs},
    ]
    # The same again, as text: everything is known.
    text = csv(*(",".join(map(str, row)) for row in rows))
    report, _ = await send(admin, "UNITS", "u.csv", text)
    assert figures(report) == (3, 3, 0, True)


@pytest.mark.rule("INT-11")
async def test_technicians_come_with_their_trades(client: Client) -> None:
    world = client.world
    admin = await administrator(client)
    text = csv(
        "工号,姓名,电话,类型,出行方式,技能,每日工时上限",
        "W01,王师傅,13900000001,正式,电动车,水暖 3；疏通,6",
        "W02,外协李,,外协,,electrical:2,",
    )
    report, errors = await send(admin, "TECHNICIANS", "t.csv", text)
    assert (figures(report), errors) == ((2, 0, 2, True), [])
    wang, li = await world.rows(Technician)
    assert (wang.name, wang.kind, wang.travel) == ("王师傅", TechnicianKind.STAFF, Travel.SCOOTER)
    assert (wang.work_limit_s, li.kind) == (6 * 3600, TechnicianKind.VENDOR)
    skills = {
        (each.technician_id, each.trade): each.level for each in await world.rows(TechnicianSkill)
    }
    assert skills == {(wang.id, "plumbing"): 3, (wang.id, "drains"): 1, (li.id, "electrical"): 2}


@pytest.mark.rule("INT-11")
async def test_materials_keep_their_price_to_the_cent(client: Client) -> None:
    world = client.world
    admin = await administrator(client)
    rows = [("编码", "名称", "规格", "单位", "单价"), ("M-1", "角阀", "DN15", "个", 18.9)]
    report, _ = await send(admin, "MATERIALS", "m.xlsx", workbook(*rows))
    assert figures(report) == (1, 0, 1, True)
    (stored,) = await world.rows(Material)
    assert (stored.price, stored.currency) == (Decimal("18.90"), "CNY")
    _, technician = await world.technician()
    ask = """query($s: ID!) { materials(siteId: $s, first: 5) {
        nodes { code name model unit price currency } } }"""
    of_site = {"s": gid(world.site)}
    seen = await (await hand(client, technician)).ask(ask, **of_site)
    assert seen["materials"]["nodes"] == [
        {
            "code": "M-1",
            "name": "角阀",
            "model": "DN15",
            "unit": "个",
            "price": "18.90",
            "currency": "CNY",
        }
    ]
    hidden = await (await hand(client, world.resident)).ask(ask, **of_site)
    assert hidden["materials"]["nodes"] == []


@pytest.mark.rule("INT-11")
async def test_every_bad_row_is_told_by_number_and_nothing_is_written(client: Client) -> None:
    world = client.world
    admin = await administrator(client)
    before = await world.counts()
    technicians = csv(
        "工号,姓名,类型,技能,每日工时上限",
        "W01,好的,正式,水暖 2,",
        ",无号,正式,水暖,",
        "W03,坏类型,飞行员,水暖,",
        "W04,坏技能,正式,魔法 2,",
        "W05,坏等级,正式,水暖 9,",
        "W06,坏工时,正式,水暖,很多",
        "W01,重号,正式,水暖,",
        "W08," + "长" * 201 + ",正式,水暖,",
    )
    expected = [
        (3, "工号", "MISSING"),
        (4, "类型", "UNKNOWN_WORD"),
        (5, "技能", "REFUSED"),
        (6, "技能", "BAD_VALUE"),
        (7, "每日工时上限", "BAD_NUMBER"),
        (8, "工号", "SAME_ID"),
        (9, "姓名", "TOO_LONG"),
    ]
    for dry_run in (True, False):
        report, errors = await send(admin, "TECHNICIANS", "t.csv", technicians, dryRun=dry_run)
        told = [(each["row"], each["column"], each["cause"]) for each in report["badRows"]]
        assert told == expected
        assert not report["isWritten"]
        assert errors == ([] if dry_run else ["BAD_ROWS"])
    units = csv(",".join(UNITS), "9 幢,,一,101,,,", "9 幢,,1,,,,", "9 幢,,1,102,,,2028-13-01")
    report, errors = await send(admin, "UNITS", "u.csv", units)
    assert [(each["row"], each["cause"]) for each in report["badRows"]] == [
        (2, "BAD_NUMBER"),
        (3, "MISSING"),
        (4, "BAD_TIME"),
    ]
    materials = csv("编码,名称,单位,单价", "M1,阀,个,-1", "M2,管,米,1.234", "M3,胶,,2")
    report, errors = await send(admin, "MATERIALS", "m.csv", materials)
    assert [(each["row"], each["cause"]) for each in report["badRows"]] == [
        (2, "BAD_NUMBER"),
        (3, "BAD_NUMBER"),
        (4, "MISSING"),
    ]
    for name, content in (("m.pdf", materials), ("m.csv", csv("编码,名称")), ("m.xlsx", b"PK")):
        report, errors = await send(admin, "MATERIALS", name, content)
        assert (report, errors) == (None, ["FILE_UNREADABLE"])
    _, errors = await send(admin, "MATERIALS", "m.csv", materials, content="%%%")
    assert errors == ["BAD_INPUT"]
    assert await world.counts() == before


TICKETS = ("单号", "报单时间", "关闭时间", "状态", "来源", "类别", "描述", "报修人", "电话",
           "楼栋", "房号", "位置", "处理结果")  # fmt: skip


@pytest.mark.rule("INT-11")
async def test_tickets_come_from_a_workbook_in_the_sites_own_words(client: Client) -> None:
    world = client.world
    admin = await administrator(client)
    at = datetime(2026, 11, 2, 9, 30)  # noqa: DTZ001 -- the site's own time
    done = datetime(2026, 11, 2, 11, 0)  # noqa: DTZ001
    rows = [
        TICKETS,
        ("A-1", at, "", "未完成", "电话", "水龙头漏水", "厨房漏水", "王芳", "138",
         "1 幢", "101", "", ""),
        ("A-2", at, done, "已完成", "微信", "tap_leak", "阳台漏水", "李雷", "139",
         "1 幢", "201", "", "换垫片"),
    ]  # fmt: skip
    tried = await world.counts()
    report, _ = await send(admin, "TICKETS", "t.xlsx", workbook(*rows), dryRun=True)
    assert figures(report)[:3] == (2, 0, 2)
    assert await world.counts() == tried
    report, _ = await send(admin, "TICKETS", "t.xlsx", workbook(*rows))
    assert figures(report) == (2, 0, 2, True)
    first, second = await world.rows(Ticket)
    assert first.reported_at == datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
    assert (first.state, second.state) == ("TRIAGED", "CLOSED")
    assert (first.trade, second.trade) == ("plumbing", "plumbing")
    bad = [rows[0], rows[1], ("A-9", "昨天", "", "未完成", "鸽子", "", "", *([""] * 6))]
    report, errors = await send(admin, "TICKETS", "t.xlsx", workbook(*bad))
    assert errors == ["BAD_ROWS"]
    assert {(each["row"], each["column"]) for each in report["badRows"]} == {
        (3, "报单时间"),
        (3, "来源"),
        (3, "描述"),
    }
    assert len(await world.rows(Ticket)) == 2


@pytest.mark.rule("INT-11")
async def test_a_map_comes_with_the_file_and_never_from_the_servers_disk(client: Client) -> None:
    world = client.world
    admin = await administrator(client)
    own = """
    name = "Old desk"
    source = "old"
    [time]
    format = "%d.%m.%Y"
    [ticket]
    taken_by = "old"
    [columns]
    external_ref = "nr"
    reported_at = "day"
    description = "what"
    """
    text = csv("nr,day,what", "7,03.11.2026,leak")
    report, _ = await send(admin, "TICKETS", "t.csv", text, map=own)
    assert figures(report) == (1, 0, 1, True)
    (ticket,) = await world.rows(Ticket)
    assert (ticket.external_ref, ticket.source, ticket.state) == ("7", "old", "NEW")
    for given in ("/etc/hostname", "pyproject.toml"):
        _, errors = await send(admin, "TICKETS", "t.csv", text, map=given)
        assert errors == ["FILE_UNREADABLE"]


@pytest.mark.rule("INT-11")
async def test_only_who_may_import_does(client: Client) -> None:
    world = client.world
    text = base64.b64encode(csv("编码,名称,单位", "M1,阀,个")).decode()
    given = {"siteId": gid(world.site), "kind": "MATERIALS", "fileName": "m.csv", "content": text}
    roles = (Role.DESK, Role.RESIDENT, Role.STEWARD, Role.ANALYST)
    people = [await hand(client, world.actors[role]) for role in roles]
    before = await world.counts()
    for person in people:
        assert await person.forbidden("importRun", **given) == "FORBIDDEN"
    assert await world.counts() == before


RUN = """id kind state fileName isBackground requestedByName finishedAt failureCode failure
    report { read known imported isWritten badRows { row column cause value } }"""


async def ended(person: Hand, run_id: str) -> dict[str, Any]:
    """The run, once a worker has ended it."""
    async with asyncio.timeout(60):
        while True:
            asked = f"query($id: ID!) {{ importRun(id: $id) {{ {RUN} }} }}"
            run = (await person.ask(asked, id=run_id))["importRun"]
            if run["state"] in ("DONE", "FAILED"):
                return run
            assert run["report"] is None
            await asyncio.sleep(0.05)


@pytest.mark.rule("INT-11")
async def test_a_long_file_is_imported_in_the_background(working_client: Client) -> None:
    """What is asked for, looked up, listed and hidden: by length, by wish, and with a fault."""
    world = working_client.world
    admin = await administrator(working_client)
    document = {"intake": {"import_rows_at_once": 2}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)

    async def start(*rows: str, **given: Any) -> dict[str, Any]:
        content = base64.b64encode(csv("编码,名称,单位", *rows)).decode()
        sent = {"siteId": gid(world.site), "kind": "MATERIALS", "fileName": "m.csv", **given}
        return await admin.do(
            "importRun", f"run {{ {RUN} }} report {{ read }}", **sent, content=content
        )

    good = ("M1,阀,个", "M2,管,米", "M3,胶,支")
    asked = await start(*good, idempotencyKey="once")
    assert (asked["report"], asked["run"]["isBackground"]) == (None, True)
    done = await ended(admin, asked["run"]["id"])
    assert (done["state"], done["failureCode"], done["failure"]) == ("DONE", None, None)
    assert figures(done["report"]) == (3, 0, 3, True)
    assert done["requestedByName"] == world.actors[Role.ADMINISTRATOR].name
    # Who asks again with the key hears what came of it.
    again = await start(*good, idempotencyKey="once")
    assert (again["run"], again["report"]) == (done, {"read": 3})
    asked = await start("M4,,个", background=True)
    failed = await ended(admin, asked["run"]["id"])
    assert (failed["state"], failed["failureCode"]) == ("FAILED", "BAD_ROWS")
    assert "1 rows have mistakes" in failed["failure"]
    assert failed["report"]["badRows"] == [
        {"row": 2, "column": "名称", "cause": "MISSING", "value": ""}
    ]
    short = await start("M5,钉,盒")
    assert (short["run"]["state"], short["run"]["isBackground"]) == ("DONE", False)
    assert [each.code for each in await world.rows(Material)] == ["M1", "M2", "M3", "M5"]
    listed = """query($s: ID!, $f: ImportRunFilter) { importRuns(siteId: $s, filter: $f, first: 9) {
        nodes { id state } } }"""
    runs = (await admin.ask(listed, s=gid(world.site)))["importRuns"]["nodes"]
    assert [each["id"] for each in runs] == [short["run"]["id"], failed["id"], done["id"]]
    wanted = {"state": {"eq": "FAILED"}}
    runs = (await admin.ask(listed, s=gid(world.site), f=wanted))["importRuns"]["nodes"]
    assert runs == [{"id": failed["id"], "state": "FAILED"}]
    desk = await hand(working_client, world.desk)
    assert (await desk.ask(listed, s=gid(world.site)))["importRuns"]["nodes"] == []
    one = "query($id: ID!) { importRun(id: $id) { id } }"
    hidden = await working_client.gql(one, {"id": failed["id"]}, token=desk.token)
    assert hidden.code == "NOT_FOUND"
