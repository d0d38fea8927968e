"""Other people's fuzzer over the running service, as each kind of person: `make fuzz`.

Schemathesis writes documents that fit the schema, deep and wide, with values of every kind; half of
the ids it names are of things that exist.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from dispatch.domain.rights import Role
from tests.api.client import ACCEPT, token_for
from tests.api.fuzzing import EXTREMES
from tests.api.rights.estate import an_estate
from tests.api.server import Server, a_server
from tests.api.test_fuzzing import INSIDES
from tests.api.test_socket_fuzzing import check_log
from tests.factories import World

schemathesis = pytest.importorskip("schemathesis", reason="`make fuzz` installs it")

SCHEMA = Path(__file__).parents[2] / "schema" / "schema.graphql"
DOCUMENTS = 8
"""For each root and each kind of person."""
PARTS = 26
"""Tests that the roots are dealt out to: each test has its time."""
UNHINDERED = {"DISPATCH_COST_PER_MINUTE": "1000000000", "DISPATCH_GRAPHIQL": "false"}
_TEXTS = [each for each in EXTREMES if isinstance(each, str) and each.isprintable()]
_PLAUSIBLE = {
    "Date": ["2026-11-23", "2030-01-01", "2024-02-29"],
    "DateTime": ["2026-11-23T01:00:00Z", "2030-01-01T00:00:00+08:00"],
    "Time": ["09:00", "23:59", "00:00"],
    "Duration": ["PT1H", "P1D", "PT0S"],
    "Decimal": ["1.50", "0", "-3", "999999999999999"],
}


def scalars(known: list[str]) -> None:
    """What is sent for our scalars: mostly what fits, now and then the worst there is."""
    nodes: Any = schemathesis.graphql.nodes
    worst = st.sampled_from(_TEXTS)
    for name, plausible in _PLAUSIBLE.items():
        fitting = st.sampled_from(plausible)
        schemathesis.graphql.scalar(name, (fitting | fitting | worst).map(nodes.String))
    ids = st.sampled_from(known)
    schemathesis.graphql.scalar("ID", (ids | worst).map(nodes.String))
    schemathesis.graphql.scalar("JSON", worst.map(nodes.String) | st.just(nodes.Object(fields=())))


def fuzz(server: Server, tokens: dict[str, str | None], roots: slice) -> Counter[str]:
    """Sends documents for some of the roots as everybody in turn: how many to whom."""
    schema: Any = schemathesis.graphql.from_path(str(SCHEMA))
    found = sorted((each.ok() for each in schema.get_all_operations()), key=lambda root: root.label)
    amiss: list[str] = []
    counts: Counter[str] = Counter()
    people = cycle(tokens.items())
    with httpx.Client(base_url=server.url, timeout=60) as http:

        def send(document: str) -> None:
            who, token = next(people)
            headers = {"Accept": ACCEPT} | ({"Authorization": f"Bearer {token}"} if token else {})
            response = http.post("/graphql", json={"query": document}, headers=headers)
            errors = response.json().get("errors") or ()
            counts.update({who: 1, "documents": 1, "answered whole": not errors})
            codes = {each["extensions"]["code"] for each in errors}
            said = " ".join(each["message"] for each in errors)
            if response.status_code >= 500 or "INTERNAL" in codes or INSIDES.search(said):
                amiss.append(f"{response.status_code} {codes} {said[:500]} for {document[:1500]}")

        for root in found[roots]:

            @seed(1)
            @settings(
                max_examples=DOCUMENTS * len(tokens),
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            )
            @given(case=root.as_strategy())
            def asked(case: Any) -> None:
                send(case.body)

            asked()
    assert not amiss, f"{len(amiss)} of {counts}:\n" + "\n".join(amiss[:20])
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_documents_for_every_root_as_everybody_find_no_fault(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], part: int
) -> None:
    estate = await an_estate(world)
    scalars([*estate.ids.values()])
    tokens: dict[str, str | None] = {"nobody": None}
    for role in Role:
        if role not in world.actors:
            _, world.actors[role] = await world.user(role)
        tokens[role.value] = await token_for(world, world.actors[role])
    log = tmp_path / "log"
    async with a_server(world.services.store.url, SERVER_LOG=str(log), **UNHINDERED) as server:
        counts = await asyncio.to_thread(fuzz, server, tokens, slice(part, None, PARTS))
        assert server.process.is_alive()
    check_log(log)
    with capsys.disabled():
        print(f"\n{dict(counts)}")
