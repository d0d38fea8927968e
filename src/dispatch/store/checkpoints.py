"""Checkpoints of an SQLite file, beside whoever writes to it.

SQLite commits into a log, and from time to time has the one who commits carry the log over into the
file, which waits for the disk: everybody else's turn would wait with it. Here a thread does it.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)

_LOOK_EVERY = 50
"""Commits."""
_LOG_BYTES = 4 * 2**20


class Checkpoints:
    """Carries the log of a file over once it is long, whoever has written it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._commits = 0
        self._is_running = False

    def committed(self) -> None:
        """Counts a commit of this process."""
        self._commits += 1
        if self._commits < _LOOK_EVERY or self._is_running or self.log_bytes() < _LOG_BYTES:
            return
        self._commits, self._is_running = 0, True
        asyncio.get_running_loop().run_in_executor(None, self._carry_over)

    def log_bytes(self) -> int:
        """How long the log is; it begins anew, without growing shorter, once all is carried over
        and nobody reads in it."""
        try:
            return Path(f"{self._file}-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def _carry_over(self) -> None:
        try:
            with closing(sqlite3.connect(self._file)) as connection:
                # Passive: nobody waits for it. What somebody still reads is left for the next time.
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            _log.warning("log_not_carried_over", error=type(error).__name__)
        finally:
            self._is_running = False
