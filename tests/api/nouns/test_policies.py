"""A site's policy as managers read and set it through the API."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.store.policies import PolicyRecord
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


@pytest.mark.rule("DSP-1", "SLA-3")
async def test_a_policy_that_contradicts_itself_or_its_site_is_refused_with_all_faults(
    client: Client,
) -> None:
    world = client.world
    await world.technician(starts=time(8), ends=time(18))
    endless = [{"after_s": 0, "tell": ["DESK"]}]
    done = await update(
        client,
        {
            "dispatch_steps": [{"step": "SUPERVISOR"}, {"step": "GRAB"}],
            "clocks": {
                "accept_s": 1200,
                "ladders": {"RESOLVE": endless},
            },
            "slot_windows": [
                {"starts": "09:00", "ends": "12:00"},
                {"starts": "20:00", "ends": "22:00"},
            ],
            "opening": {"country": "XX"},
            "callback_scale": "five",
        },
    )
    assert done["policy"] is None
    told = {}
    for each in done["userErrors"]:
        assert each["code"] == "POLICY_INVALID"
        assert each["remedy"]
        told.setdefault(".".join(each["field"]), []).append(each["message"])
    steps = " ".join(told.pop("input.document.dispatch_steps"))
    assert "no end" in steps
    assert "“open to be grabbed” has no limit" in steps
    assert "“decided by a supervisor” has no limit" in steps
    only = {path: messages[0] for path, messages in told.items() if len(messages) == 1}
    assert set(only) == set(told)
    assert "end: its last rung must tell somebody" in only.pop(
        "input.document.clocks.ladders.RESOLVE"
    )
    assert "accept (20 minutes) than to arrive" in only.pop("input.document.clocks.accept_s")
    assert "Nobody works from 20:00 to 22:00" in only.pop("input.document.slot_windows.1")
    assert "known of XX" in only.pop("input.document.opening.country")
    assert "one of 3, 5" in only.pop("input.document.callback_scale")
    assert not only
    assert await world.rows(PolicyRecord) == []


async def test_a_site_without_shifts_may_offer_any_window(client: Client) -> None:
    night = {"slot_windows": [{"starts": "20:00", "ends": "22:00"}]}
    assert (await update(client, night))["userErrors"] == []
    world = client.world
    await world.technician(starts=time(8), ends=time(18))
    (error,) = (await update(client, night))["userErrors"]
    assert error["field"] == ["input", "document", "slot_windows", "0"]
    assert "evening_windows" in error["remedy"]
