"""Every published document is valid; what it does, operations/test_statements.py shows."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse, validate

from dispatch.api.schema import schema
from dispatch.domain.rights import Role
from dispatch.services import accounts
from tests.api.client import Client
from tests.api.documents import FOLDER, Person


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.graphql")), ids=lambda path: path.stem)
def test_document_is_valid_and_says_who_uses_it(path: Any) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# ")
    assert validate(schema._schema, parse(text)) == []


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
    site = await boss.do(
        "AdministratorCreateSite",
        code="north",
        name="北区",
        kind="CAMPUS",
        timeZone="Asia/Shanghai",
        latitude=31.3,
        longitude=120.6,
    )
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
