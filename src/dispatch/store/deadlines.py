"""Until when a query may keep the database busy.

PostgreSQL is told with each connection. SQLite runs in this process: it asks every few thousand
steps of its own whether to go on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

_UNTIL: ContextVar[float | None] = ContextVar("until", default=None)
STEPS_BETWEEN = 20_000
"""Steps of SQLite's machine between two questions: well below a millisecond."""
_CANCELLED = "57014"
"""PostgreSQL's `query_canceled`, of its statement timeout, too."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Statements of the block that still run after so many seconds are stopped."""
    token = _UNTIL.set(monotonic() + seconds)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def is_over() -> bool:
    """Whether what runs here now has run long enough."""
    until = _UNTIL.get()
    return until is not None and monotonic() > until


def was_stopped(error: SQLAlchemyError) -> bool:
    """Whether a statement ended because its time was over."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state == _CANCELLED or str(error.orig) == "interrupted"
