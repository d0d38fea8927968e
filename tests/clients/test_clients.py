"""Clients that others wrote, as they are, against the running service.

Each program shows the same: pages of a list merged without doubles, a mutation's payload that
changes the list on screen, an optimistic grab that is rolled back when another was first, pushes
that come once however the line is cut, and a photo that goes up and comes back.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.clients.node import FOLDER, Ended, node
from tests.clients.scene import a_scene

SCHEMA = FOLDER.parents[1] / "schema" / "schema.graphql"
PROGRAMS = ("apollo.js", "urql.js", "relay.js")
PARTS = 6


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
async def test_clients_work_as_their_makers_meant(database_url: str, tmp_path: Path) -> None:
    made = await compiled(tmp_path)
    async with a_scene(database_url, programs=len(PROGRAMS)) as scenes:
        # One after the other: they share a list.
        ended = {
            program: await node(program, scene, str(made))
            for program, scene in zip(PROGRAMS, scenes, strict=True)
        }
    for program, each in ended.items():
        print(program, each.text, sep="\n")
        assert each.status == 0, f"{program}\n{each.text}"
        assert len(re.findall(r"^ok ", each.text, re.MULTILINE)) == PARTS, each.text


async def compiled(folder: Path) -> Path:
    """What Relay's compiler makes of the documents and the published schema."""
    made = folder / "made"
    made.mkdir()
    shutil.copytree(FOLDER / "relay", folder / "documents")
    shutil.copy(SCHEMA, folder)
    (made / "package.json").write_text('{"type": "module"}')
    (folder / "relay.config.json").write_text(
        json.dumps(
            {
                "src": "./documents",
                "schema": "./schema.graphql",
                "language": "javascript",
                "artifactDirectory": "./made",
                "eagerEsModules": True,
            }
        )
    )
    compiler = "node_modules/relay-compiler/cli.js"
    ended: Ended = await node(compiler, "relay.config.json", cwd=folder)
    assert ended.status == 0, ended.text
    files = await asyncio.to_thread(lambda: list(made.glob("*.graphql.js")))
    assert len(files) == (FOLDER / "relay" / "documents.js").read_text().count("graphql`")
    return made
