"""What one run of the tests shares between its processes: a folder, a server, two templates.

The folder belongs to the process that started the run. It holds a locked file for as long as that
process lives, so that a run that was killed is recognised by the next one, which stops its server
and removes its files.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import PostgresServer, data_folder, start_server, stop_server

FOLDER_VARIABLE = "DISPATCH_TEST_RUN_FOLDER"
TEMPLATE = "dispatch_template"
_ALIVE = "alive.lock"
_MEMORY = Path("/dev/shm")
_HOMES = (Path(tempfile.gettempdir()), _MEMORY)
_ROOM = 4 * 2**30


@dataclass(frozen=True, kw_only=True)
class Run:
    """The folder of a run, and what is made in it when a test first asks."""

    folder: Path

    def server(self) -> PostgresServer:
        """Return the run's PostgreSQL server, started by whoever asks first."""
        with locked(self.folder / "server.lock"):
            port = self.folder / "server.port"
            if not port.exists():
                port.write_text(str(start_server(self.folder).port))
            return PostgresServer(data=data_folder(self.folder), port=int(port.read_text()))

    def postgres_template(self) -> str:
        """Return the name of a migrated database that tests copy."""
        server = self.server()
        with locked(self.folder / "postgres-template.lock"):
            ready = self.folder / "postgres-template.ready"
            if not ready.exists():
                server.drop_database(TEMPLATE)
                server.create_database(TEMPLATE)
                migrate(server.url(TEMPLATE))
                ready.touch()
        return TEMPLATE

    def sqlite_template(self) -> Path:
        """Return a migrated SQLite file, whole without its log, that tests copy."""
        path = self.folder / "template.db"
        with locked(self.folder / "sqlite-template.lock"):
            if not path.exists():
                made = self.folder / "making.db"
                made.unlink(missing_ok=True)
                migrate(f"sqlite+aiosqlite:///{made}")
                with contextlib.closing(sqlite3.connect(made)) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                made.rename(path)
        return path


def migrate(url: str) -> None:
    """Bring a database to the newest schema, as `dispatch migrate` does."""
    from dispatch.store.migrate import upgrade

    upgrade(url)


@contextlib.contextmanager
def owned_run() -> Iterator[Run]:
    """Own a new run for a `with` block; its server and files go at the end."""
    with contextlib.ExitStack() as held:
        with locked(_common_path(".lock")):
            remove_dead_runs()
            folder = Path(tempfile.mkdtemp(prefix=_common_path("-").name, dir=_home()))
            held.enter_context(locked(folder / _ALIVE))
        held.callback(_remove, folder)
        # The server runs as another account when we are root: it must get through, not look in.
        folder.chmod(0o711)
        yield Run(folder=folder)


def remove_dead_runs() -> None:
    """Stop the servers and remove the folders of this user's runs that were killed."""
    name = _common_path("-").name
    for folder in (each for home in _HOMES for each in home.glob(f"{name}*")):
        with (
            contextlib.suppress(FileNotFoundError, BlockingIOError),
            (folder / _ALIVE).open("r+") as alive,
        ):
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)


def _common_path(ending: str) -> Path:
    return Path(tempfile.gettempdir()) / f"dispatch-tests-{os.geteuid()}{ending}"


def _home() -> Path:
    """Where runs live: in memory, where there is much of it, since they make so many databases."""
    with contextlib.suppress(OSError):
        found = os.statvfs(_MEMORY)
        if found.f_bavail * found.f_frsize > _ROOM and not found.f_flag & os.ST_NOEXEC:
            return _MEMORY
    return Path(tempfile.gettempdir())


def _remove(folder: Path) -> None:
    stop_server(data_folder(folder))
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
