"""Turns at an SQLite file: one at a time, a few of one process in a row, nobody's turn is kept."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import suppress
from pathlib import Path

import pytest

from dispatch.store import turns
from dispatch.store.turns import Turns


def is_free(path: Path) -> bool:
    """Whether another process could have its turn now: locks are of a file as it was opened."""
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True


async def test_one_at_a_time(tmp_path: Path) -> None:
    mine, other = Turns(tmp_path / "lock"), Turns(tmp_path / "lock")
    inside: list[int] = []

    async def take(turns: Turns, name: int) -> None:
        for _ in range(5):
            async with turns.turn():
                inside.append(name)
                assert len(inside) == 1
                await asyncio.sleep(0.001)
                inside.remove(name)

    await asyncio.gather(*(take(each, name) for name, each in enumerate((mine, other, mine))))
    assert is_free(tmp_path / "lock")


async def test_all_of_one_process_have_their_turn_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_IN_A_ROW", 3)
    path = tmp_path / "lock"
    mine, order, free = Turns(path), list[int](), list[bool]()

    async def take(number: int) -> None:
        async with mine.turn():
            free.append(is_free(path))
            order.append(number)

    async with mine.turn():
        waiting = [asyncio.create_task(take(number)) for number in range(8)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == [*range(8)]
    assert not any(free)
    assert is_free(path)


async def test_who_is_next_begins_before_what_follows_a_turn(tmp_path: Path) -> None:
    mine, order = Turns(tmp_path / "lock"), list[str]()

    async def take(name: str) -> None:
        async with mine.turn():
            order.append(f"{name} writes")
            await asyncio.sleep(0)
        order.append(f"{name} answers")

    await asyncio.gather(take("first"), take("second"))
    assert order.index("second writes") < order.index("first answers")


async def test_another_process_comes_in_between(tmp_path: Path) -> None:
    """However many of one process want to write, and go on wanting."""
    path = tmp_path / "lock"
    mine, done = Turns(path), asyncio.Event()

    async def go_on() -> None:
        while not done.is_set():
            async with mine.turn():
                await asyncio.sleep(0.001)

    own = [asyncio.create_task(go_on()) for _ in range(3)]
    async with asyncio.timeout(60), Turns(path).turn():
        done.set()
    await asyncio.gather(*own)


async def test_who_gives_up_waiting_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    mine = Turns(path)

    async def wait() -> None:
        async with mine.turn():
            raise AssertionError("it has given up")

    async with mine.turn():
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        assert not is_free(path)
        # The turn is kept for who waits, who gives up before having it.
        asyncio.get_running_loop().call_soon(waiting.cancel)
    with suppress(asyncio.CancelledError):
        await waiting
    assert is_free(path)
    async with asyncio.timeout(30), mine.turn():
        assert not is_free(path)
