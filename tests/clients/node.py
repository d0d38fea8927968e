"""Runs a program of this folder with Node."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended, and what it wrote."""

    status: int | None
    text: str


async def node(program: str, *arguments: str, cwd: Path = FOLDER, seconds: float = 60.0) -> Ended:
    """Runs `program` of this folder to its end."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(FOLDER / program),
        *arguments,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(seconds):
            text, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        assert process.stdout is not None
        text = await process.stdout.read()
        return Ended(None, f"{text.decode()}\nnot done after {seconds:g} s")
    return Ended(process.returncode, text.decode())
