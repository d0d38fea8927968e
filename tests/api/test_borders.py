"""What must not get in: each is answered with a code and what to do, and nothing is written."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from dispatch.api.context import Context
from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from dispatch.services import work_orders
from tests.api.client import ACCEPT, Client, gid
from tests.factories import another_site

REPORT = """
mutation($input: TicketCreateInput!) {
  ticketCreate(input: $input) {
    ticket { id }
    userErrors { code field message remedy }
  }
}
"""
START = """
mutation($order: ID!) {
  workOrderStart(input: {workOrderId: $order}) {
    workOrder { id }
    userErrors { code field message remedy allowed }
  }
}
"""


def report(client: Client, **given: Any) -> dict[str, Any]:
    return {
        "input": {
            "siteId": gid(client.world.site),
            "kind": "REPAIR",
            "channel": "PHONE",
            "description": "水龙头漏水",
            "requesterName": "王芳",
            "requesterPhone": "13800000000",
            "placeId": gid(client.world.rooms[0]),
            **given,
        }
    }


async def test_a_good_report_is_taken(client: Client) -> None:
    """The report that the cases below spoil, each in one way."""
    token = await client.token(client.world.desk)
    answer = await client.gql(REPORT, report(client), token=token)
    assert answer.data["ticketCreate"]["userErrors"] == []


async def test_a_wrong_token_writes_nothing(client: Client) -> None:
    before = await client.world.counts()
    answer = await client.gql(REPORT, report(client), token="wrong")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert await client.world.counts() == before


@pytest.mark.parametrize("which", ["unknown", "other kind", "other site", "not an id"])
async def test_an_id_that_leads_nowhere_is_named(client: Client, which: str) -> None:
    world = client.world
    far = await another_site(world.services, world.root, code="hill")
    given = {
        "unknown": encode("Site", 999_999),
        "other kind": encode("Ticket", world.site.id),
        "other site": gid(far),
        "not an id": "Site:1",
    }[which]
    token = await client.token(world.desk)
    before = await world.counts()
    answer = await client.gql(REPORT, report(client, siteId=given), token=token)
    (error,) = answer.data["ticketCreate"]["userErrors"]
    assert error["code"] == ("BAD_INPUT" if which == "not an id" else "NOT_FOUND")
    assert error["field"] == ["input", "siteId"]
    assert error["remedy"]
    assert await world.counts() == before


async def test_another_sites_ticket_is_not_found_rather_than_forbidden(client: Client) -> None:
    world = client.world
    far = await another_site(world.services, world.root, code="hill")
    ticket = await world.ticket(world.root, site_id=far.id, place_id=None, building="2 幢")
    token = await client.token(world.desk)
    query = "query($id: ID!) { ticket(id: $id) { number } }"
    hidden = await client.gql(query, {"id": gid(ticket)}, token=token)
    nothing = await client.gql(query, {"id": encode("Ticket", 999_999)}, token=token)
    assert hidden.body["errors"] == nothing.body["errors"]
    assert hidden.code == "NOT_FOUND"


async def test_a_wrong_step_names_the_steps_allowed(client: Client) -> None:
    world = client.world
    person, actor = await world.technician()
    order = await world.public_order()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=person.id
    )
    token = await client.token(actor)
    before = await world.counts()
    answer = await client.gql(START, {"order": gid(order)}, token=token)
    (error,) = answer.data["workOrderStart"]["userErrors"]
    assert error["code"] == "WRONG_STEP"
    assert "ACCEPT" in error["allowed"]
    assert "accept" in error["remedy"]
    assert await world.counts() == before


@pytest.mark.parametrize(
    "given", ["2026-11-22T09:00:00", "2026-11-22 09:00", "9 Uhr", "2026-13-01T00:00:00Z", 7, ""]
)
async def test_a_malformed_time_names_variable_and_field(client: Client, given: object) -> None:
    token = await client.token(client.world.desk)
    before = await client.world.counts()
    answer = await client.gql(REPORT, report(client, wishedFrom=given), token=token)
    assert (answer.status, answer.code) == (400, "BAD_INPUT")
    assert answer.error["extensions"]["field"] == ["input", "wishedFrom"]
    assert "2026-11-22T09:30:00+08:00" in answer.error["message"]
    assert await client.world.counts() == before


async def test_a_missing_field_is_named(client: Client) -> None:
    token = await client.token(client.world.desk)
    given = report(client)
    del given["input"]["description"]
    answer = await client.gql(REPORT, given, token=token)
    assert (answer.status, answer.code) == (400, "BAD_INPUT")
    assert answer.error["extensions"]["field"] == ["input", "description"]


async def test_a_description_of_10_mb_is_too_large(client: Client) -> None:
    token = await client.token(client.world.desk)
    before = await client.world.counts()
    answer = await client.gql(REPORT, report(client, description="x" * 10_000_000), token=token)
    assert (answer.status, answer.code) == (413, "TOO_LARGE")
    assert await client.world.counts() == before


async def test_a_long_description_within_the_body_limit_is_too_long(client: Client) -> None:
    token = await client.token(client.world.desk)
    before = await client.world.counts()
    answer = await client.gql(REPORT, report(client, description="x" * 500_000), token=token)
    (error,) = answer.data["ticketCreate"]["userErrors"]
    assert (error["code"], error["field"]) == ("TOO_LONG", ["input", "description"])
    assert await client.world.counts() == before


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
async def test_nul_is_refused_before_it_reaches_a_database(client: Client, text: str) -> None:
    token = await client.token(client.world.desk)
    before = await client.world.counts()
    answer = await client.gql(REPORT, report(client, description=text), token=token)
    assert (answer.status, answer.code) == (400, "BAD_INPUT")
    inline = await client.gql('{ ticket(id: "\\u0000") { id } }', token=token)
    assert (inline.status, inline.code) == (400, "BAD_INPUT")
    assert await client.world.counts() == before


async def _post(client: Client, body: bytes, **headers: str) -> httpx.Response:
    token = await client.token(client.world.desk)
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return await client.http.post("/graphql", content=body, headers={**sent, **headers})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "BAD_INPUT"),
        (b"{", 400, "BAD_INPUT"),
        (b"\xff", 400, "BAD_INPUT"),
        (b"null", 400, "BAD_INPUT"),
        (b"[]", 400, "BAD_INPUT"),
        (b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]', 400, "BAD_INPUT"),
        (b"{}", 400, "REQUIRED"),
        (b'{"query": 7}', 400, "BAD_INPUT"),
        (b'{"query": "{ __typename }", "variables": []}', 400, "BAD_INPUT"),
        (b'{"query": "{ __typename }", "operationName": 1}', 400, "BAD_INPUT"),
        (b'{"query": "{ __typename }", "operationName": "Other"}', 400, "BAD_INPUT"),
        (b'{"query": "query A { __typename } query B { __typename }"}', 400, "BAD_INPUT"),
        (b'{"query": "subscription { workOrderOffered { id } }"}', 405, "BAD_INPUT"),
        (
            b'{"query": "{ __typename }", "variables": {"a": '
            + b"[" * 100_000
            + b"]" * 100_000
            + b"}}",
            400,
            "BAD_INPUT",
        ),
        (
            b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 50 + b"]" * 50 + b"}}",
            400,
            "BAD_INPUT",
        ),
    ],
    ids=range(15),
)
async def test_what_is_no_request_is_refused(
    client: Client, body: bytes, status: int, code: str
) -> None:
    response = await _post(client, body, Accept=ACCEPT)
    assert response.status_code == status, response.text
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["remedy"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_form_of_another_page_cannot_post(client: Client, kind: str) -> None:
    body = orjson.dumps({"query": "{ __typename }"})
    response = await _post(client, body, **{"Content-Type": kind})
    assert response.status_code == 415


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_get_runs_queries_only(client: Client) -> None:
    query = await client.http.get("/graphql", params={"query": "{ __typename }"})
    assert query.json()["data"] == {"__typename": "Query"}
    mutation = await client.http.get("/graphql", params={"query": "mutation { __typename }"})
    assert mutation.status_code == 405
    assert mutation.headers["allow"] == "GET, POST"
    assert mutation.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert (await client.http.delete("/graphql")).status_code == 405


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_media_type_decides_what_an_invalid_document_is(client: Client) -> None:
    body = orjson.dumps({"query": "{ nothing }"})
    older = await client.http.post(
        "/graphql", content=body, headers={"Content-Type": "application/json"}
    )
    assert older.status_code == 401
    token = await client.token(client.world.desk)
    newer = await client.gql("{ nothing }", token=token)
    assert (newer.status, newer.code) == (400, "BAD_INPUT")
    assert "data" not in newer.body
    response = await _post(client, body)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert "data" not in response.json()


async def test_a_fault_of_ours_shows_nothing_but_its_number(
    capfd: pytest.CaptureFixture[str], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Context) -> Any:
        raise RuntimeError("secret detail")

    token = await client.token(client.world.desk)
    monkeypatch.setattr(Context, "reading", broken)
    answer = await client.gql("{ sites(first: 1) { nodes { id } } }", token=token)
    assert answer.code == "INTERNAL"
    assert "secret" not in str(answer.body)
    trace = answer.error["extensions"]["traceId"]
    assert trace in answer.error["extensions"]["remedy"]
    logged = capfd.readouterr().err
    assert trace in logged
    assert "secret detail" in logged
    assert token not in logged


async def test_forbidden_is_an_error_of_the_response(client: Client) -> None:
    world = client.world
    ticket = await world.ticket(world.resident)
    document = """
    mutation($id: ID!) {
      ticketCancel(input: {ticketId: $id, reason: "no"}) { ticket { id } userErrors { code } }
    }
    """
    token = await client.token(world.actors[Role.ANALYST])
    before = await world.counts()
    answer = await client.gql(document, {"id": gid(ticket)}, token=token, language="zh")
    assert answer.code == "FORBIDDEN"
    assert answer.error["message"] == "您没有权限进行此操作：取消报单。"
    assert await world.counts() == before
