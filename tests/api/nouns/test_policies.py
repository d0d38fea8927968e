"""A site's policy as managers read and set it through the API."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from dispatch.domain.clocks import ClockKind, ClockState
from dispatch.domain.rights import Actor, Grant, Role
from dispatch.services import accounts
from dispatch.store.clocks import Clock
from dispatch.store.policies import PolicyRecord
from tests.api.client import Client, gid
from tests.factories import World

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


async def company_administrator(world: World) -> Actor:
    """Administrator of the whole company."""
    user = await world.do(world.root, accounts.create_user, username="chief", name="chief")
    role = Role.ADMINISTRATOR
    await world.do(world.root, accounts.grant_role, user_id=user.id, role=role, site_id=None)
    return Actor(
        organization_id=world.root.organization_id,
        name="chief",
        user_id=user.id,
        grants=frozenset({Grant(Role.ADMINISTRATOR, None)}),
    )


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
    given = {"input": {"siteId": gid(world.site), "document": night}}
    answer = await client.gql(SET, given, token=await manager(client), language="zh-CN")
    (chinese,) = answer.data["policyUpdate"]["userErrors"]
    assert "20:00–22:00 时段内没有任何人当班" in chinese["message"]
    assert chinese["remedy"].startswith("请先排班")
    (error,) = (await update(client, night))["userErrors"]
    assert error["field"] == ["input", "document", "slot_windows", "0"]
    assert "evening_windows" in error["remedy"]


PROFILES = """
query($site: ID) {
  policyProfiles(siteId: $site) {
    profile name about kinds document
    sentences { heading sentences { field text } }
    changes { field before after was becomes }
  }
}
"""
APPLY = """
mutation($input: PolicyApplyProfileInput!) {
  policyApplyProfile(input: $input) {
    policy { profile state effective }
    userErrors { code field message }
  }
}
"""
VERSIONS = """
query($site: ID!) {
  policyVersions(siteId: $site, first: 10) {
    totalCount
    nodes {
      id state validFrom validTo setBy setAt profile
      changes { field before after was becomes }
    }
  }
}
"""
WITHDRAW = """
mutation($input: PolicyWithdrawInput!) {
  policyWithdraw(input: $input) { site { id } userErrors { code message remedy } }
}
"""
CREATE = """
mutation($input: SiteCreateInput!) {
  siteCreate(input: $input) { site { id } userErrors { code field } }
}
"""
EFFECTIVE = "query($site: ID!) { policy(siteId: $site) { effective document validFrom } }"


@pytest.mark.rule("SLA-1")
async def test_shipped_policies_are_previewed_and_applied(client: Client) -> None:
    world = client.world
    token = await manager(client)
    site = {"site": gid(world.site)}
    await update(client, {"clocks": {"accept_s": 200}})
    found = (await client.gql(PROFILES, site, token=token)).data["policyProfiles"]
    shipped = {each["profile"]: each for each in found}
    assert set(shipped) == {"ESTATE", "SCHOOL", "HOSPITAL", "COMPANY", "HOTEL"}
    hospital = shipped["HOSPITAL"]
    assert (hospital["name"], hospital["kinds"]) == ("Hospital", ["HOSPITAL"])
    changed = {each["field"]: each for each in hospital["changes"]}
    accept = changed["clocks.accept_s"]
    assert (accept["before"], accept["after"]) == (200, 120)
    assert "3 minutes 20 seconds" in accept["was"]
    assert "2 minutes" in accept["becomes"]
    assert "callbacks.serious_level" not in changed
    # Without a site, what differs from the defaults.
    found = (await client.gql(PROFILES, {}, token=token, language="zh-CN")).data["policyProfiles"]
    shipped = {each["profile"]: each for each in found}
    assert shipped["ESTATE"]["changes"] == []
    assert shipped["HOSPITAL"]["name"] == "医院"
    (accept,) = [e for e in shipped["HOSPITAL"]["changes"] if e["field"] == "clocks.accept_s"]
    assert accept["before"] == 300

    given = {"siteId": gid(world.site), "profile": "HOSPITAL"}
    done = (await client.gql(APPLY, {"input": given}, token=token)).data["policyApplyProfile"]
    assert done["userErrors"] == []
    assert (done["policy"]["profile"], done["policy"]["state"]) == ("HOSPITAL", "IN_FORCE")
    effective = (await client.gql(EFFECTIVE, site, token=token)).data["policy"]["effective"]
    assert set(effective["clocks"]["resolve_s"].values()) == {3600}
    # A shipped policy that offers what nobody here works is refused like any other.
    await world.technician(starts=time(8), ends=time(12))
    done = (await client.gql(APPLY, {"input": given}, token=token)).data["policyApplyProfile"]
    assert {each["code"] for each in done["userErrors"]} == {"POLICY_INVALID"}
    desk = await client.token(world.desk)
    assert (await client.gql(APPLY, {"input": given}, token=desk)).code == "FORBIDDEN"
    assert (await client.gql(PROFILES, {})).code == "UNAUTHENTICATED"


async def test_a_new_site_begins_with_the_policy_of_its_kind(client: Client) -> None:
    world = client.world
    token = await client.token(await company_administrator(world))

    async def created(**more: Any) -> dict[str, Any]:
        given = {"name": "新", "timeZone": "Asia/Shanghai", **more}
        done = (await client.gql(CREATE, {"input": given}, token=token)).data["siteCreate"]
        assert done["userErrors"] == []
        variables = {"site": done["site"]["id"]}
        return (await client.gql(EFFECTIVE, variables, token=token)).data["policy"]

    hotel = await created(code="h1", kind="HOTEL")
    assert hotel["effective"]["slot_days"] == 2
    assert hotel["validFrom"] is not None
    estate = await created(code="e1", kind="ESTATE")
    assert (estate["document"], estate["validFrom"]) == ({}, None)
    chosen = await created(code="h2", kind="HOTEL", profile="COMPANY")
    assert chosen["effective"]["intake"]["check_by_department"] is True


@pytest.mark.rule("SEC-4")
async def test_versions_tell_who_changed_what_and_one_ahead_can_be_withdrawn(
    client: Client,
) -> None:
    world = client.world
    token = await manager(client)
    site = {"site": gid(world.site)}

    async def versions(reader: str = token) -> list[dict[str, Any]]:
        found = (await client.gql(VERSIONS, site, token=reader)).data["policyVersions"]
        assert found["totalCount"] == len(found["nodes"])
        return found["nodes"]

    await update(client, {"clocks": {"accept_s": 240}, "callback_scale": 3})
    later = datetime.now(UTC) + timedelta(days=2)
    ahead = await update(client, {"clocks": {"accept_s": 60}}, validFrom=later.isoformat())
    assert ahead["userErrors"] == []
    newest, oldest = await versions()
    assert (newest["state"], newest["validTo"]) == ("AHEAD", None)
    assert (oldest["state"], oldest["validTo"]) == ("IN_FORCE", newest["validFrom"])
    manager_name = world.users[Role.PROJECT_MANAGER].name
    assert {newest["setBy"], oldest["setBy"]} == {manager_name}
    assert newest["setAt"] < newest["validFrom"]
    first = {each["field"]: (each["before"], each["after"]) for each in oldest["changes"]}
    assert first == {"callback_scale": (5, 3), "clocks.accept_s": (300, 240)}
    second = {each["field"]: each["becomes"] for each in newest["changes"]}
    assert second["callback_scale"] == "Customers give 1 to 5 marks; 1 is worst."
    assert second["clocks.accept_s"] == "An order is accepted within 1 minute of dispatch."
    # Who may not see the record sees what holds, not who set it.
    finance = await client.token((await world.user(Role.FINANCE))[1])
    assert [each["setBy"] for each in await versions(finance)] == [None, None]

    async def withdraw(version: dict[str, Any]) -> list[dict[str, Any]]:
        given = {"input": {"policyId": version["id"]}}
        answer = await client.gql(WITHDRAW, given, token=token)
        return answer.data["policyWithdraw"]["userErrors"]

    (error,) = await withdraw(oldest)
    assert error["code"] == "POLICY_HAS_BEGUN"
    assert error["remedy"] == "Set another one that follows it."
    assert await withdraw(newest) == []
    (left,) = await versions()
    assert (left["id"], left["validTo"]) == (oldest["id"], None)
    (gone,) = await withdraw(newest)
    assert gone["code"] == "NOT_FOUND"
    # The record keeps what was withdrawn, and nothing is due any more.
    (event,) = await world.events("policy.withdrawn")
    assert event.data["document"] == {"clocks": {"accept_s": 60}}
    assert event.actor_name == manager_name
    (clock,) = await world.rows(Clock, Clock.kind == ClockKind.POLICY_STARTS)
    assert clock.state == ClockState.STOPPED
