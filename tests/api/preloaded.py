"""What the process that servers are forked from has done before: all that each would do again."""

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

import holidays.countries
from sqlalchemy.orm import configure_mappers

from dispatch.app import create_app
from dispatch.settings import Settings
from tests.api import server

__all__ = ["holidays", "server"]

# The schema takes most of a second; applications with the same settings share it. Nobody connects.
with TemporaryDirectory() as _folder:
    _url = f"sqlite+aiosqlite:///{Path(_folder) / 'never.db'}"
    create_app(Settings(_env_file=None, database_url=_url))  # pyright: ignore[reportCallIssue]
configure_mappers()
gc.collect()
gc.freeze()
