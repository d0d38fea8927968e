"""What is told of rounds that failed. A database that is away is told of once a minute, shortly, by
one for all who miss it; and when it is back."""

import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dispatch.store.engine import is_unreachable

_log = structlog.get_logger(__name__)

AGAIN_S = 60.0
_SHORT = 200


class Troubles:
    """One for all that works in a process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._away_since: float | None = None
        self._told_at = 0.0

    def failed(self, event: str, error: Exception, **about: str) -> None:
        """A round ended so: `event` names whose."""
        if isinstance(error, SQLAlchemyError) and is_unreachable(error):
            self.away(str(error.orig if isinstance(error, DBAPIError) else error))
        else:
            _log.error(event, exc_info=error, **about)

    def away(self, words: str) -> None:
        """The database could not be reached, as `words` say."""
        now = self._monotonic()
        if self._away_since is None:
            self._away_since = now
        elif now - self._told_at < AGAIN_S:
            return
        self._told_at = now
        away_s = round(now - self._away_since, 1)
        _log.error("database_unreachable", away_s=away_s, error=words.partition("\n")[0][:_SHORT])

    def went_well(self) -> None:
        """A round reached the database."""
        if self._away_since is not None:
            away_s = round(self._monotonic() - self._away_since, 1)
            self._away_since = None
            _log.info("database_back", away_s=away_s)


TROUBLES = Troubles()
