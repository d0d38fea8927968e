"""What a run of thousands of tests would else do again for each of them."""

from __future__ import annotations

import gc
from functools import partial
from typing import Any

import pytest
import structlog
from sqlalchemy.util import LRUCache

_DIALECTS: dict[str, Any] = {}
_STATEMENTS: dict[str, Any] = {}
# All tests together send more of them than any one service.
_STATEMENTS_KEPT = 10_000


LONGEST = (
    "tests/api/operations/",
    "tests/api/rights/test_walk.py",
    "tests/cli/test_demo.py",
    "tests/clients/",
    "tests/concurrency/",
    "tests/e2e/",
    "tests/machine/",
)
"""Where tests take from several seconds to half a minute."""

# Statements, documents and worlds are many small objects that soon are garbage: looked for after
# every few hundred of them, that takes a twentieth of the time and finds little.
_GARBAGE_AFTER = 20_000
_LOOK_S = 0.05


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun last, one of them would keep all other processes waiting."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays for good: the collector need not look through it time and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER, *gc.get_threshold()[1:])


@pytest.fixture(scope="session", autouse=True)
def exceptions_told_in_few_words() -> None:
    """Where nobody set up the log, an exception is drawn with the variables of all its frames:
    seconds, for one of a world."""
    *others, _ = structlog.get_config()["processors"]
    drawn = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, drawn])


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> None:
    """Each test has engines of its own; they share what SQLAlchemy compiled for such a database."""
    from dispatch.store import engine

    create = engine.create_engine

    def create_sharing(*args: Any, **kwargs: Any) -> Any:
        made = create(*args, **kwargs)
        inner: Any = made.sync_engine
        # Compiled statements are kept by dialect, and each engine has made its own.
        inner.dialect = inner.pool._dialect = _DIALECTS.setdefault(inner.name, inner.dialect)
        inner._compiled_cache = _STATEMENTS.setdefault(inner.name, LRUCache(_STATEMENTS_KEPT))
        return made

    engine.create_engine = create_sharing


@pytest.fixture(scope="session", autouse=True)
def passwords_hashed_in_a_moment() -> None:
    """Argon2 as ever, but with hardly any of the work that keeps others from trying passwords."""
    from dispatch.services import accounts

    accounts.Argon2Hasher = partial(
        accounts.Argon2Hasher, time_cost=1, memory_cost=8, parallelism=1
    )


@pytest.fixture(scope="session", autouse=True)
def workers_look_often() -> None:
    """A test that waits for a job need not wait for the next look of a rested machine."""
    from dispatch.jobs import engine

    engine._LOOK_S = dict.fromkeys(engine.JobQueue, _LOOK_S)
