"""Files in a folder of this machine, which all processes of the service share."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from dispatch.domain.photos import Inspection, Promise
from dispatch.files.keeping import Upload

_KEY_FILE = ".secret"
_PART = ".part"
_PART_S = 24 * 3600


class Folder:
    """Each file under its key; what is still coming has another name, so none is ever half."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def secret(self) -> bytes:
        """Made with the folder; of several processes the first one's holds."""
        path = self._path / _KEY_FILE
        while True:
            with suppress(FileNotFoundError):
                return path.read_bytes()
            self._path.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{secrets.token_hex(8)}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
                to.write(secrets.token_bytes(32))
                to.flush()
                os.fsync(to.fileno())
            # A link, unlike a new name, never takes another's place.
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()

    def upload(
        self,
        promise: Promise,  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
        until: datetime,  # noqa: ARG002
    ) -> Upload | None:
        return None

    async def take(self, promise: Promise, pieces: AsyncIterator[bytes]) -> None:
        """Keeps a file as it comes; refuses PHOTO_UNFIT what was not promised, keeping nothing."""
        inspection = Inspection(promise)
        path = self.found(promise.key)
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{_PART}")
        try:
            with await asyncio.to_thread(part.open, "xb") as to:
                async for piece in pieces:
                    inspection.take(piece)
                    await asyncio.to_thread(to.write, piece)
                inspection.finish()
                await asyncio.to_thread(to.flush)
                await asyncio.to_thread(os.fsync, to.fileno())
            await asyncio.to_thread(part.replace, path)
        finally:
            part.unlink(missing_ok=True)

    async def check(self, promise: Promise, *, now: datetime) -> bool:  # noqa: ARG002
        # What came was looked at as it came.
        return await asyncio.to_thread(self.found(promise.key).is_file)

    def found(self, key: str, *, now: datetime | None = None) -> Path:  # noqa: ARG002
        """Where a file is, or would be; keys are hexadecimal, so it is within the folder."""
        return self._path / key[:2] / key

    async def remove(self, keys: Sequence[str], *, now: datetime) -> None:  # noqa: ARG002
        await asyncio.to_thread(self._remove, keys)

    def _remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.found(key).unlink(missing_ok=True)

    async def tidy(self) -> None:
        """Removes what a process left behind that ended while a file came."""
        await asyncio.to_thread(self._tidy)

    def _tidy(self) -> None:
        for part in self._path.glob(f"*/*{_PART}"):
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < time.time() - _PART_S:
                    part.unlink()
