"""What a run of thousands of tests would else do again for each of them."""

from __future__ import annotations

import gc
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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun last, one of them would keep all other processes waiting."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays for good: the collector need not look through it time and again."""
    gc.collect()
    gc.freeze()


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
