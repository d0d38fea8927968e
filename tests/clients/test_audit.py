"""The public `graphql-http` audits, all of them, against the running service."""

from __future__ import annotations

import re

import pytest

from tests.api.server import a_server
from tests.clients.node import node


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_audit_of_graphql_over_http_passes(database_url: str) -> None:
    async with a_server(database_url) as server:
        ended = await node("audit.js", f"{server.url}/graphql")
    print(ended.text)
    audits = re.findall(r"^(ok |NOT) \w{4} (MUST|SHOULD|MAY)", ended.text, re.MULTILINE)
    # More than sixty, of each kind: an empty list would pass, too.
    assert len(audits) > 60, ended.text
    assert {kind for _, kind in audits} == {"MUST", "SHOULD", "MAY"}
    assert [passed for passed, _ in audits] == ["ok "] * len(audits), ended.text
    assert ended.status == 0
