"""What time it is: the world's, or a simulation's that several processes share through a file."""

import mmap
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]

_SECONDS = struct.Struct("<d")


def world_time() -> datetime:
    return datetime.now(UTC)


class FileClock:
    """A time kept in a file of eight bytes: one process sets it, any number read it.

    Its eight bytes are read and written in one piece, so a reader sees the old time or the new one.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SECONDS.size)

    @classmethod
    def create(cls, path: Path, at: datetime) -> "FileClock":
        path.write_bytes(_SECONDS.pack(at.timestamp()))
        return cls(path)

    def __call__(self) -> datetime:
        (seconds,) = _SECONDS.unpack_from(self._map)
        return datetime.fromtimestamp(seconds, UTC)

    def set(self, at: datetime) -> None:
        # Packing into the map itself would clear it first: a reader might see 1970.
        self._map[:] = _SECONDS.pack(at.timestamp())


def clock_of(path: Path | None) -> Clock:
    """The clock of a process: the file's, where one is named."""
    return FileClock(path) if path is not None else world_time
