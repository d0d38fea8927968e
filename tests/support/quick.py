"""What a run of thousands of tests would else do again for each of them."""

from __future__ import annotations

import gc
from typing import Any

import pytest

_DIALECTS: dict[str, Any] = {}
_STATEMENTS: dict[str, Any] = {}


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays for good: the collector need not look through it time and again."""
    gc.collect()
    gc.freeze()


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
        inner._compiled_cache = _STATEMENTS.setdefault(inner.name, inner._compiled_cache)
        return made

    engine.create_engine = create_sharing
