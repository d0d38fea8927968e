"""Photos in a folder: whole or not at all, and one secret for all who share it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dispatch.domain.errors import Refused
from dispatch.files import Addresses, Folder
from tests.api.photographs import A_PHOTO
from tests.domain.test_photos import KEY, promise

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


async def sent(content: bytes, *, size: int = 10) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        await asyncio.sleep(0)
        yield content[at : at + size]


async def cut_off() -> AsyncIterator[bytes]:
    yield A_PHOTO[:20]
    raise ConnectionResetError


def files(path: Path) -> list[Path]:
    return [each for each in path.rglob("*") if each.is_file() and each.name != ".secret"]


async def test_a_file_is_kept_whole_and_again_the_same(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "photos")
    assert not await folder.check(promise(A_PHOTO), now=NOW)
    await asyncio.gather(*(folder.take(promise(A_PHOTO), sent(A_PHOTO)) for _ in range(3)))
    assert await folder.check(promise(A_PHOTO), now=NOW)
    assert [each.read_bytes() for each in files(tmp_path)] == [A_PHOTO]
    await folder.remove([KEY, "ab" * 32], now=NOW)
    assert files(tmp_path) == []


async def test_nothing_is_left_of_what_was_cut_off_or_not_promised(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(ConnectionResetError):
        await folder.take(promise(A_PHOTO), cut_off())
    with pytest.raises(Refused):
        await folder.take(promise(A_PHOTO), sent(A_PHOTO + b"more"))
    assert files(tmp_path) == []


async def test_what_a_killed_process_left_goes_in_time(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    await folder.take(promise(A_PHOTO), sent(A_PHOTO))
    old, young = (tmp_path / "0f" / f"{KEY}.{name}.part" for name in ("a", "b"))
    for each in (old, young):
        each.write_bytes(b"half")
    os.utime(old, (0, 0))
    await folder.tidy()
    assert {each.name for each in files(tmp_path)} == {KEY, young.name}


def test_all_who_share_a_folder_sign_alike(tmp_path: Path) -> None:
    path = tmp_path / "photos"
    with ThreadPoolExecutor(8) as at_once:
        secrets = set(at_once.map(lambda _: Folder(path).secret(), range(32)))
    assert len(secrets) == 1
    assert len(secrets.pop()) == 32
    assert (path / ".secret").stat().st_mode & 0o077 == 0
    assert [each.name for each in path.iterdir()] == [".secret"]


def test_an_address_is_for_one_thing_with_one_file() -> None:
    addresses, others = Addresses(lambda: b"x" * 32), Addresses(lambda: b"y" * 32)
    path, _, query = addresses.reading(KEY, now=NOW).partition("?")
    assert path == f"/photos/{KEY}"
    told = dict(each.split("=") for each in query.split("&"))
    ends_at = addresses.ends_at("GET", KEY, told)
    assert ends_at is not None
    assert 3600 <= (ends_at - NOW).total_seconds() <= 7200
    # The same for everybody within the hour: what was loaded need not be loaded again.
    assert addresses.reading(KEY, now=NOW.replace(minute=59)).endswith(query)
    assert addresses.ends_at("PUT", KEY, told) is None
    assert addresses.ends_at("GET", "ab" * 32, told) is None
    assert addresses.ends_at("GET", KEY, {**told, "expires": "99999999999"}) is None
    assert addresses.ends_at("GET", KEY, {**told, "signature": "é"}) is None
    assert addresses.ends_at("GET", KEY, {**told, "expires": "²"}) is None
    assert addresses.ends_at("GET", KEY, {}) is None
    assert others.ends_at("GET", KEY, told) is None
