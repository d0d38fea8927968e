"""The documents of `schema/operations`, by the name of the operation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import parse, print_ast, separate_operations

from tests.api.client import Answer, Client

FOLDER = Path(__file__).parents[2] / "schema" / "operations"


@cache
def documents() -> dict[str, str]:
    """Operation name -> its text, with the fragments it uses."""
    return {
        name: print_ast(document)
        for path in sorted(FOLDER.glob("*.graphql"))
        for name, document in separate_operations(parse(path.read_text("utf-8"))).items()
    }


@dataclass
class Person:
    """Somebody with a token at a screen that sends the published documents."""

    client: Client
    token: str
    language: str = "en"

    async def send(self, operation: str, variables: dict[str, Any] | None = None) -> Answer:
        return await self.client.gql(
            documents()[operation],
            variables,
            token=self.token,
            operation=operation,
            language=self.language,
        )

    async def look(self, operation: str, **variables: Any) -> Any:
        """The only root field of a query that must succeed."""
        data = (await self.send(operation, variables)).data
        (value,) = data.values()
        return value

    async def do(self, operation: str, **given: Any) -> Any:
        """The payload of a mutation that must succeed."""
        payload = await self.look(operation, input=given)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def refused(self, operation: str, **given: Any) -> list[dict[str, Any]]:
        """The user errors of a mutation that must be refused."""
        payload = await self.look(operation, input=given)
        assert payload["userErrors"]
        return payload["userErrors"]
