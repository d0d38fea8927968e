"""People who send mutations by name, for the tests of intake and triage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dispatch.domain.rights import Actor
from tests.api.client import Client, gid
from tests.factories import World

ERRORS = "userErrors { code field message remedy allowed }"


@dataclass
class Hand:
    """Somebody signed in."""

    client: Client
    token: str

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        return (await self.client.gql(document, variables, token=self.token)).data

    async def do(self, name: str, fields: str, /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation that must succeed."""
        payload = await self._send(name, fields, given)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def refused(self, name: str, /, **given: Any) -> str:
        """The code of the only refusal."""
        (error,) = (await self._send(name, "", given))["userErrors"]
        return error["code"]

    async def forbidden(self, name: str, /, **given: Any) -> str:
        """The code of a refusal of the whole request."""
        answer = await self.client.gql(self._document(name, ""), {"input": given}, token=self.token)
        return answer.code

    async def _send(self, name: str, fields: str, given: dict[str, Any]) -> dict[str, Any]:
        return (await self.ask(self._document(name, fields), input=given))[name]

    def _document(self, name: str, fields: str) -> str:
        kind = f"{name[0].upper()}{name[1:]}Input"
        return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} {ERRORS} }} }}"


async def hand(client: Client, actor: Actor) -> Hand:
    return Hand(client, await client.token(actor))


def report(world: World, **given: Any) -> dict[str, Any]:
    """A complete report of a dripping tap in the first flat, by phone."""
    return {
        "siteId": gid(world.site),
        "kind": "REPAIR",
        "channel": "PHONE",
        "description": "厨房水龙头漏水",
        "requesterName": "王芳",
        "requesterPhone": "13800000000",
        "placeId": gid(world.rooms[0]),
        **given,
    }
