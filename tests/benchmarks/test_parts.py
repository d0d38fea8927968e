"""A part of a benchmark is measured, or it is said why not; nothing of it stays behind."""

import asyncio
import os
import time
from functools import partial
from pathlib import Path

import pytest

from benchmarks.api.parts import NotMeasured, measured_within

PLENTY_S = 60


async def _found(number: int) -> dict[str, int]:
    return {"number": number}


async def _failed() -> None:
    raise ValueError("no such table")


async def _lost() -> None:
    os._exit(3)


async def _endless(folder: Path) -> None:
    """Begins a program that would outlive it."""
    process = await asyncio.create_subprocess_exec("sleep", "600")
    (folder / "pid").write_text(str(process.pid), "ascii")
    await asyncio.sleep(600)


def test_what_a_part_finds_or_why_not_is_told() -> None:
    assert measured_within(PLENTY_S, partial(_found, 5)) == {"number": 5}
    with pytest.raises(NotMeasured, match="ValueError: no such table"):
        measured_within(PLENTY_S, _failed)
    with pytest.raises(NotMeasured, match="without a word"):
        measured_within(PLENTY_S, _lost)


def test_a_part_that_does_not_end_is_ended_with_what_it_began(tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match="stopped after 2 s"):
        measured_within(2, partial(_endless, tmp_path))
    pid = int((tmp_path / "pid").read_text("ascii"))
    for _ in range(200):
        if not _runs(pid):
            return
        time.sleep(0.05)
    raise AssertionError(f"{pid} still runs")


def _runs(pid: int) -> bool:
    """Whether it does; what has ended, and nobody asked how, does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text("ascii")
    except FileNotFoundError:
        return False
