"""Clients that others wrote, as they are, against the running service.

Each program shows the same: pages of a list merged without doubles, a mutation's payload that
changes the list on screen, an optimistic grab that is rolled back when another was first, pushes
that come once however the line is cut, and a photo that goes up and comes back.
"""

from __future__ import annotations

import re

import pytest

from tests.clients.node import node
from tests.clients.scene import a_scene

PARTS = 6


@pytest.mark.parametrize("program", ["apollo.js", "urql.js"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_client_works_as_its_makers_meant(program: str, database_url: str) -> None:
    async with a_scene(database_url) as scene:
        ended = await node(program, scene)
    print(ended.text)
    assert ended.status == 0, ended.text
    assert len(re.findall(r"^ok ", ended.text, re.MULTILINE)) == PARTS, ended.text
