"""Messages through the API: one's own inbox, channels, what is on its way, how each reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.notify import NotSent, Outgoing
from dispatch.services import outbox
from dispatch.services.action import Tx
from dispatch.services.telling import tell
from tests.api.client import Client, gid
from tests.api.server import Server

CREATE = """
  mutation($input: MessageChannelCreateInput!) {
    messageChannelCreate(input: $input) {
      channel { id name kind kinds roles isActive version }
      userErrors { code field allowed }
    }
  }
"""
OUTBOX = """
  query($site: ID!) {
    outbox(siteId: $site, first: 20, filter: { state: { eq: DEAD } }) {
      nodes { id kind state reader tries lastError channel { name } ticket { number } }
    }
  }
"""
AGAIN = """
  mutation($id: ID!) {
    messageSendAgain(input: { messageId: $id }) { message { state tries } userErrors { code } }
  }
"""
INBOX = """
  query {
    viewer { unreadMessages }
    myMessages(first: 20) { nodes { id kind subject body readAt } }
  }
"""
READ = """
  mutation($ids: [ID!]) {
    messagesMarkRead(input: { messageIds: $ids }) { user { id } userErrors { code } }
  }
"""


async def _tell(tx: Tx, *, site_id: int, ticket_id: int) -> None:
    await tell(
        tx,
        MessageKind.CLOCK_BREACHED,
        Audience(reporter=True, owner=True),
        site_id=site_id,
        ticket_id=ticket_id,
        number="TK-1",
        clock="ARRIVE",
        due_at="2026-11-23T01:30:00+00:00",
    )


async def _told(client: Client) -> None:
    world = client.world
    ticket = await world.ticket(party_id=world.party.id)
    await world.do(world.root, _tell, site_id=world.site.id, ticket_id=ticket.id)


async def _fails(outgoing: Outgoing) -> None:
    raise NotSent("nobody is there", is_final=True)


def _hook(client: Client, **given: Any) -> dict[str, Any]:
    config = [{"name": "url", "value": "https://example.com/a-secret-path"}]
    site = gid(client.world.site)
    base = {"siteId": site, "name": "hook", "kind": "WEB_HOOK", "config": config}
    return {"input": {**base, **given}}


@pytest.mark.rule("NTF-1", "NTF-2", "NTF-3")
async def test_a_channel_is_set_up_and_its_dead_messages_are_shown_and_sent_again(
    client: Client,
) -> None:
    world = client.world
    manager = await client.token(world.actors[Role.PROJECT_MANAGER])
    answer = await client.gql(CREATE, _hook(client), token=manager)
    payload = answer.data["messageChannelCreate"]
    assert payload["userErrors"] == []
    assert payload["channel"]["kinds"] == payload["channel"]["roles"] == []
    secret = await client.gql(
        "query($id: ID!) { webHookSecret(channelId: $id) }",
        {"id": payload["channel"]["id"]},
        token=manager,
    )
    assert secret.data["webHookSecret"].startswith("whsec_")
    await _told(client)
    await outbox.deliver_due(world.services, _fails)
    (dead,) = (await client.gql(OUTBOX, {"site": gid(world.site)}, token=manager)).data["outbox"][
        "nodes"
    ]
    assert dead["lastError"] == "nobody is there"
    assert (dead["reader"], dead["channel"]) == ("hook", {"name": "hook"})
    again = await client.gql(AGAIN, {"id": dead["id"]}, token=manager)
    assert again.data["messageSendAgain"]["message"] == {"state": "QUEUED", "tries": 0}
    again = await client.gql(AGAIN, {"id": dead["id"]}, token=manager)
    assert again.data["messageSendAgain"]["userErrors"] == [{"code": "WRONG_STEP"}]
    desk = await client.token(world.desk)
    assert (await client.gql(OUTBOX, {"site": gid(world.site)}, token=desk)).data["outbox"][
        "nodes"
    ] == []
    assert (await client.gql(CREATE, _hook(client), token=desk)).code == "FORBIDDEN"


@pytest.mark.rule("NTF-1")
@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"config": []}, "REQUIRED", ["input", "config", "url"]),
        (
            {"config": [{"name": "url", "value": "x"}, {"name": "uri", "value": "x"}]},
            "BAD_INPUT",
            ["input", "config", "uri"],
        ),
        ({"kinds": ["NO_SUCH"]}, "BAD_INPUT", ["input", "kinds"]),
        ({"name": " "}, "REQUIRED", ["input", "name"]),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_channel_that_cannot_work_is_refused(
    client: Client, given: dict[str, Any], code: str, field: list[str]
) -> None:
    manager = await client.token(client.world.actors[Role.PROJECT_MANAGER])
    answer = await client.gql(CREATE, _hook(client, **given), token=manager)
    (error,) = answer.data["messageChannelCreate"]["userErrors"]
    assert (error["code"], error["field"]) == (code, field)


@pytest.mark.rule("NTF-1", "SEC-2")
async def test_one_reads_ones_own_messages_in_ones_own_language_and_sites_time(
    client: Client,
) -> None:
    world = client.world
    await _told(client)
    token = await client.token(world.resident)
    data = (await client.gql(INBOX, token=token, language="zh-CN")).data
    (message,) = data["myMessages"]["nodes"]
    assert data["viewer"]["unreadMessages"] == 1
    due = datetime(2026, 11, 23, 1, 30, tzinfo=UTC).astimezone(ZoneInfo(world.site.time_zone))
    assert f"{due:%Y-%m-%d %H:%M}" in message["body"]
    assert "TK-1" in message["body"]
    english = (await client.gql(INBOX, token=token)).data["myMessages"]["nodes"][0]
    assert english["body"] != message["body"]
    other = await client.token(world.actors[Role.STEWARD])
    assert (await client.gql(INBOX, token=other)).data["myMessages"]["nodes"] == []
    await client.gql(READ, {"ids": [message["id"]]}, token=other)
    assert (await client.gql(INBOX, token=token)).data["viewer"]["unreadMessages"] == 1
    await client.gql(READ, {"ids": [message["id"]]}, token=token)
    after = (await client.gql(INBOX, token=token)).data
    assert after["viewer"]["unreadMessages"] == 0
    assert after["myMessages"]["nodes"][0]["readAt"] is not None


@pytest.mark.rule("NTF-1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_message_can_be_looked_at_before_it_is_ever_sent(
    client: Client, language: str
) -> None:
    manager = await client.token(client.world.actors[Role.PROJECT_MANAGER])
    query = "query($site: ID!) { messagePreviews(siteId: $site) { kind subject body } }"
    variables = {"site": gid(client.world.site)}
    answer = await client.gql(query, variables, token=manager, language=language)
    previews = answer.data["messagePreviews"]
    assert {each["kind"] for each in previews} == {kind.value for kind in MessageKind}
    assert all(each["subject"] and each["body"] for each in previews)
    assert not any("{" in each["subject"] + each["body"] for each in previews)


@pytest.mark.rule("NTF-1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_message_is_heard_as_it_comes(client: Client, server: Server) -> None:
    world = client.world
    token = await client.token(world.resident)
    async with server.socket(token) as socket:
        await socket.acknowledged()
        await socket.subscribe("subscription { messageReceived { kind subject } }")
        message: dict[str, Any] = {}
        for _ in range(20):
            await _told(client)
            try:
                message = await socket.receive(seconds=1.0)
            except TimeoutError:
                # Not listening yet: what came before is in the inbox.
                continue
            break
    assert message["payload"]["data"]["messageReceived"]["kind"] == "CLOCK_BREACHED"
