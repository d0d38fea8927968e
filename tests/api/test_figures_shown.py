"""The figures of running processes, read as Prometheus reads them."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dispatch.api.trusted import trusted
from dispatch.jobs.vital_signs import VitalSigns, look
from dispatch.services import offers
from dispatch.store.clocks import Clock
from dispatch.store.jobs import JobQueue, enqueue
from dispatch.telemetry import metrics
from tests.api.client import Client, gid, token_for
from tests.api.server import a_server
from tests.factories import World


class Figures:
    """What a process shows at one moment."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples = [sample for family in families for sample in family.samples]

    def of(self, name: str, **labels: str) -> float:
        """The sum of the samples of a name that carry the labels."""
        found = [
            sample.value
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(found)

    def labels(self, name: str) -> list[Mapping[str, str]]:
        return [sample.labels for sample in self._samples if sample.name == name]


async def read(port: int) -> Figures:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    return Figures(answer.text)


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_each_process_shows_its_own_on_a_port_of_its_own(world: World) -> None:
    port = a_port()
    known = next(each for each in trusted().values() if each.kind == "query")
    token = await token_for(world, world.desk)
    async with AsyncExitStack() as stack:
        url, shown = world.services.store.url, {"DISPATCH_METRICS_PORT": str(port)}
        first = await stack.enter_async_context(a_server(url, **shown))
        await stack.enter_async_context(a_server(url, **shown))
        async with httpx.AsyncClient() as http:

            async def send(document: str, *, name: str | None = None) -> None:
                await http.post(
                    f"{first.url}/graphql",
                    json={"query": document, "operationName": name},
                    headers={"Authorization": f"Bearer {token}"},
                )

            await send("query Secret13812345678 { __typename }")
            await send("{ nothing }")
            await send("{")
            await send(known.text)
            # Clients reach none of it.
            for path in ("/metrics", "/graphql/metrics"):
                assert (await http.get(f"{first.url}{path}")).status_code == 404
            alive = await http.get(f"http://127.0.0.1:{port}/healthz")
            assert (alive.status_code, alive.text) == (200, "ok\n")
            assert (await http.get(f"http://127.0.0.1:{port}/")).status_code == 404
        async with first.socket(token) as open_socket:
            await open_socket.acknowledged()
            document = "subscription($s: ID!) { ticketChanged(siteId: $s) { kinds } }"
            await open_socket.subscribe(document, {"s": gid(world.site)})
            mine = await _until(port, "dispatch_subscriptions_open", 1)
            assert mine.of("dispatch_sockets_open") == 1
            await world.ticket(world.resident)
            assert (await open_socket.receive())["type"] == "next"
            assert (await read(port)).of("dispatch_subscription_events_total") == 1
        mine = await _until(port, "dispatch_sockets_open", 0)
        assert mine.of("dispatch_subscriptions_open") == 0
        theirs = await read(port + 1)

    requests = "dispatch_http_request_duration_seconds_count"
    assert mine.of(requests) == 4
    assert theirs.of(requests) == 0
    assert mine.of(requests, operation=known.name) == 1
    assert mine.of(requests, operation="other", outcome="ok") == 1
    assert mine.of(requests, operation="other", outcome="refused") == 2
    assert {each["operation"] for each in mine.labels(requests)} == {known.name, "other"}
    assert mine.of("dispatch_errors_total", code="BAD_INPUT") >= 2
    assert mine.of("dispatch_socket_operations_total", type="subscription") == 1
    assert mine.of("dispatch_database_statements_total") > 0
    assert mine.of("dispatch_database_statement_seconds_total") > 0
    assert mine.of("dispatch_database_connections_most") == 8
    assert mine.of("dispatch_build_info") == theirs.of("dispatch_build_info") == 1
    assert mine.of("process_cpu_seconds_total") > 0


async def _until(port: int, name: str, value: float) -> Figures:
    async with asyncio.timeout(20):
        while True:
            found = await read(port)
            if found.of(name) == value:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_process_is_alive_however_old_the_one_it_was_forked_from(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_last_beat", time.monotonic() - 3600)
    signs = VitalSigns(world.services)
    signs.start()
    await asyncio.sleep(0)
    silent_s = metrics.silent_s()
    await signs.stop()
    assert silent_s < 600


async def test_nothing_is_shown_where_no_port_is_set(client: Client) -> None:
    assert (await client.http.get("/metrics")).status_code == 404


async def test_grabs_are_counted_by_who_got_the_order(client: Client) -> None:
    world = client.world
    order = await world.order()
    technicians = [await world.technician(name) for name in ("one", "two")]
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    before = {each: _grabs(each) for each in ("won", "lost")}
    document = """
    mutation Grab($order: ID!) {
      workOrderGrab(input: {workOrderId: $order}) { userErrors { code } }
    }
    """
    codes = []
    for _, actor in technicians:
        answer = await client.gql(document, {"order": gid(order)}, token=await client.token(actor))
        codes += [each["code"] for each in answer.data["workOrderGrab"]["userErrors"]]
    assert codes == ["ALREADY_TAKEN"]
    assert {each: _grabs(each) - before[each] for each in before} == {"won": 1, "lost": 1}


def _grabs(outcome: str) -> float:
    value = metrics.REGISTRY.get_sample_value("dispatch_grabs_total", {"outcome": outcome})
    return value or 0.0


async def test_what_waits_is_counted_with_how_long_it_has_waited(world: World) -> None:
    await world.ticket(world.resident)
    clocks = await world.rows(Clock)
    assert clocks
    async with world.services.store.writing() as session:
        for number in range(3):
            await enqueue(session, "plan_run", {"run_id": 0}, key=str(number), queue=JobQueue.PLANS)
    world.clock.now = max(each.due_at for each in clocks) + timedelta(seconds=90)
    await look(world.services)

    def shown(name: str, **labels: str) -> float:
        value = metrics.REGISTRY.get_sample_value(name, labels)
        assert value is not None
        return value

    assert shown("dispatch_clocks_due") == len(clocks)
    first = min(each.due_at for each in clocks)
    late = (world.clock.now - first).total_seconds()
    assert shown("dispatch_clocks_oldest_due_seconds") == pytest.approx(late)
    assert shown("dispatch_jobs_waiting", queue="plans") == 3
    assert shown("dispatch_jobs_waiting", queue="work") == 0
    assert 0 <= shown("dispatch_jobs_oldest_waiting_seconds", queue="plans") < 600
    assert shown("dispatch_messages_waiting") == 0
