"""Whatever is sent, the service answers with codes: no fault of its own, no word of its insides."""

from __future__ import annotations

import re
from random import Random

import pytest

from dispatch.api.schema import schema
from dispatch.domain.rights import Role
from tests.api.client import ACCEPT, Client, a_client
from tests.api.fuzzing import Fuzz, body_of
from tests.api.rights.estate import an_estate
from tests.factories import World

INSIDES = re.compile(
    r"Traceback|File \\?\"/|sqlalchemy|psycopg|sqlite3|strawberry\.|\bSELECT .* FROM\b"
    r"|object at 0x|(?:Type|Value|Key|Attribute|Index|Overflow|Unicode\w*)Error"
)
PEOPLE = (None, Role.RESIDENT, Role.DESK, Role.DISPATCHER, Role.ADMINISTRATOR)


async def fuzz(client: Client, *, seed: int, count: int) -> None:
    """Sends so many requests; all that was amiss is told together, with what was sent."""
    estate = await an_estate(client.world)
    tokens = {
        role: await client.token(client.world.actors[role]) if role else None for role in PEOPLE
    }
    random = Random(seed)
    made = Fuzz(schema._schema, [*estate.ids.values(), "x"], random)
    amiss: list[str] = []
    for _ in range(count):
        sent = body_of(made.request())
        headers = {"Content-Type": "application/json", "Accept": ACCEPT}
        token = tokens[random.choice(PEOPLE)]
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        response = await client.http.post("/graphql", content=sent, headers=headers)
        body = response.json()
        codes = {each["extensions"]["code"] for each in body.get("errors") or ()}
        # What was sent is quoted where it is wrong.
        said = [each["message"] for each in body.get("errors") or ()]
        if response.status_code >= 500 or "INTERNAL" in codes or INSIDES.search(" ".join(said)):
            amiss.append(f"{response.status_code} {codes} {said} for {sent[:1500].decode()}")
            if len(amiss) > 10:
                break
    assert not amiss, "\n".join(amiss)


DATABASES = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@DATABASES
async def test_hundreds_of_random_requests_find_no_fault(client: Client) -> None:
    await fuzz(client, seed=1, count=200)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("part", range(20))
async def test_twenty_thousand_random_requests_find_no_fault(world: World, part: int) -> None:
    # The first question to the optimizer waits for its process: long, on a busy machine.
    async with a_client(world, query_seconds=120) as client:
        await fuzz(client, seed=100 + part, count=1_000)
