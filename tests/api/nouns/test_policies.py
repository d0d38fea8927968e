"""A site's policy as managers read and set it through the API."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.domain.rights import Role
from tests.api.client import Client, gid

PAGE = """
query($site: ID!) {
  policy(siteId: $site) { sentences { name heading sentences { field text } } }
}
"""
SET = """
mutation($input: PolicyUpdateInput!) {
  policyUpdate(input: $input) {
    policy { id validFrom sentences { name sentences { field text } } }
    userErrors { code message remedy field }
  }
}
"""


async def manager(client: Client) -> str:
    return await client.token(client.world.actors[Role.PROJECT_MANAGER])


async def update(client: Client, document: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"siteId": gid(client.world.site), "document": document, **more}
    token = await manager(client)
    return (await client.gql(SET, {"input": given}, token=token)).data["policyUpdate"]


def sentences(page: list[dict[str, Any]]) -> dict[str, str]:
    return {each["field"]: each["text"] for section in page for each in section["sentences"]}


@pytest.mark.rule("SLA-1", "GRAB-3")
async def test_a_policy_reads_as_a_page_in_the_readers_language(client: Client) -> None:
    token = await client.token(client.world.desk)
    given = {"site": gid(client.world.site)}

    async def page(language: str) -> list[dict[str, Any]]:
        answer = await client.gql(PAGE, given, token=token, language=language)
        return answer.data["policy"]["sentences"]

    english = await page("en")
    assert english[0]["name"] == "general"
    told = sentences(english)
    assert told["clocks.accept_s"] == "An order is accepted within 5 minutes of dispatch."
    assert told["dispatch_steps"].endswith(
        "open to be grabbed (at most 5 minutes) → decided by a supervisor."
    )
    done = await update(client, {"clocks": {"accept_s": 180}})
    assert done["userErrors"] == []
    told = sentences(done["policy"]["sentences"])
    assert told["clocks.accept_s"] == "An order is accepted within 3 minutes of dispatch."
    chinese = await page("zh-CN")
    assert {each["heading"] for each in chinese} >= {"时限与升级", "抢单"}
    assert sentences(chinese)["clocks.accept_s"] == "派工后须在 3 分钟内接单。"
    assert len(sentences(chinese)) == len(sentences(english))
