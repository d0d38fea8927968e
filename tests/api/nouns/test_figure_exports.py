"""Figures as files: the same numbers, as CSV and as a workbook, for who may see them (ANL-5)."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from dispatch.domain.figures.demand import BACKLOG, DEMAND
from dispatch.domain.figures.figure import Unit
from dispatch.domain.figures.service_levels import SERVICE_LEVELS
from dispatch.domain.figures.workload import WORKLOAD
from dispatch.domain.rights import Role
from dispatch.store.figure_exports import FigureExport
from dispatch.store.users import User
from dispatch.texts.figures import figure_name
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.lived import Lived
from tests.api.nouns.test_demand import ASK as ASK_DEMAND
from tests.api.nouns.test_on_site import ERRORS, call, person
from tests.api.nouns.test_service_levels import ASK as ASK_LEVELS
from tests.api.nouns.test_service_levels import span
from tests.api.nouns.test_workload import ASK as ASK_WORK

ADDRESS = f"export {{ address expiresAt family format }} {ERRORS}"
FAMILIES = (
    ("SERVICE_LEVELS", "TECHNICIAN", SERVICE_LEVELS, ASK_LEVELS, ("serviceLevels", "rows")),
    ("WORKLOAD", "TECHNICIAN", WORKLOAD, ASK_WORK, ("workload", "rows")),
    ("DEMAND", "TRADE", DEMAND, ASK_DEMAND, ("demand", "rows")),
    ("BACKLOG", "TRADE", BACKLOG, ASK_DEMAND, ("demand", "backlog")),
)


async def address_of(who: Person, lived: Lived, **given: Any) -> str:
    asked = {"siteId": gid(lived.world.site), **span(lived), **given}
    payload = await call(who, "exportFigures", ADDRESS, **asked)
    assert payload["userErrors"] == [], payload
    return payload["export"]["address"]


def seconds(value: str) -> int:
    """Of an ISO 8601 duration of hours, minutes and seconds."""
    total, number = 0, ""
    for sign in value.removeprefix("-").removeprefix("PT"):
        if sign.isdigit():
            number += sign
            continue
        total += int(number) * {"H": 3600, "M": 60, "S": 1}[sign]
        number = ""
    return -total if value.startswith("-") else total


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)


@pytest.mark.rule("ANL-5")
async def test_files_hold_the_figures_that_the_roots_tell(
    lived: Lived, lived_client: Client
) -> None:
    supervisor = await person(lived_client, Role.SUPERVISOR)
    for family, dimension, figures, document, (root, rows) in FAMILIES:
        days = {"siteId": gid(lived.world.site), **span(lived), "groupBy": [dimension]}
        told = (await lived_client.gql(document, days, token=supervisor.token)).data[root][rows]
        expected = [
            [
                seconds(row[camel(name)]) if isinstance(row[camel(name)], str) else row[camel(name)]
                for name in figures
            ]
            for row in told
        ]
        ages = {place for place, name in enumerate(figures) if name.startswith("age_")}
        for form in ("CSV", "XLSX"):
            address = await address_of(
                supervisor, lived, family=family, format=form, groupBy=[dimension]
            )
            response = await lived_client.http.get(address)
            assert response.status_code == 200, response.text
            assert f".{form.lower()}" in response.headers["content-disposition"]
            head, *found = _read(form, response.content)
            assert len(head) == 1 + len(figures)
            for name, title in zip(figures.values(), head[1:], strict=True):
                assert title.startswith(figure_name(family.lower(), name, "en"))
            assert len(found) == len(expected)
            for row, wanted in zip(found, expected, strict=True):
                for place, (figure, value) in enumerate(zip(figures.values(), wanted, strict=True)):
                    cell = _number(row[place + 1], figure.unit, form)
                    # What is open grows older between two looks.
                    close = 60 if place in ages else 1e-6
                    assert cell == (None if value is None else pytest.approx(value, abs=close))


def _read(form: str, content: bytes) -> list[list[Any]]:
    if form == "CSV":
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def _number(cell: Any, unit: Unit, form: str) -> float | None:
    if cell == "":
        return None
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if form == "XLSX" and unit is Unit.SECONDS and not isinstance(cell, float | int):
        return cell.hour * 3600 + cell.minute * 60 + cell.second
    return float(cell) * (86400 if form == "XLSX" and unit is Unit.SECONDS and cell else 1)


@pytest.mark.rule("ANL-5")
async def test_names_cannot_be_formulas_and_chinese_is_read_as_such(
    lived: Lived, lived_client: Client
) -> None:
    analyst = await person(lived_client, Role.ANALYST)
    technician, _ = lived.people["lead"]
    async with lived.world.services.store.writing() as session:
        found = await session.get_one(type(technician), technician.id)
        found.name = "=HYPERLINK(1)王师傅"
    given = {"family": "WORKLOAD", "groupBy": ["TEAM"], "interval": "DAY"}
    response = await lived_client.http.get(await address_of(analyst, lived, format="CSV", **given))
    head, *rows = _read("CSV", response.content)
    assert head[:3] == ["Team", "From", "To"]
    assert {row[0] for row in rows} == {"'=HYPERLINK(1)王师傅"}
    first = lived.first.astimezone(lived.zone).replace(hour=0)
    assert rows[0][1] == first.isoformat(timespec="minutes")
    response = await lived_client.http.get(await address_of(analyst, lived, format="XLSX", **given))
    _, *rows = _read("XLSX", response.content)
    assert {row[0] for row in rows} == {"=HYPERLINK(1)王师傅"}


@pytest.mark.rule("ANL-5")
async def test_an_address_holds_for_a_while_and_shows_what_its_asker_may_see(
    lived: Lived,
    lived_client: Client,
) -> None:
    world = lived.world
    technician, account = lived.people["worker"]
    who = Person(lived_client, await lived_client.token(account))
    given = {"family": "WORKLOAD", "format": "CSV", "groupBy": ["TECHNICIAN"]}
    address = await address_of(who, lived, **given)
    _, *rows = _read("CSV", (await lived_client.http.get(address)).content)
    assert [row[0] for row in rows] == [technician.name]
    # What is asked of the whole site is not for one of its technicians.
    asked = {"siteId": gid(world.site), **span(lived), "family": "DEMAND", "format": "CSV"}
    document = f"mutation($i: ExportFiguresInput!) {{ exportFigures(input: $i) {{ {ADDRESS} }} }}"
    assert (await lived_client.gql(document, {"i": asked}, token=who.token)).code == "FORBIDDEN"
    analyst = await person(lived_client, Role.ANALYST)
    payload = await call(analyst, "exportFigures", ADDRESS, **asked, groupBy=["TEAM"])
    assert [each["code"] for each in payload["userErrors"]] == ["BAD_INPUT"]
    assert (
        await lived_client.http.get(address.replace("/exports/", "/exports/0"))
    ).status_code == 404
    (kept,) = await world.rows(FigureExport)
    assert kept.digest not in address
    other = await address_of(analyst, lived, **given)
    assert (await lived_client.http.get(other)).status_code == 200
    async with world.services.store.writing() as session:
        user = await session.get_one(User, world.users[Role.ANALYST].id)
        user.disabled_at = world.clock.now
    assert (await lived_client.http.get(other)).status_code == 404
    async with world.services.store.writing() as session:
        row = await session.get_one(FigureExport, kept.id)
        row.expires_at = row.created_at
    assert (await lived_client.http.get(address)).status_code == 404
