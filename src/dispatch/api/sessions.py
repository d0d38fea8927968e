"""Who listens, for as long as they do: looked up once, and again when something may have changed.

A token withdrawn, a role given or taken away and an account closed stand in the record, in front of
all that happens afterwards: so whoever lost a right by them hears nothing of what came later. What
is changed without a record, and a token's end, is noticed within seconds.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Actor
from dispatch.services import accounts
from dispatch.services.accounts import Standing
from dispatch.services.action import Services
from dispatch.store.events import Event

_log = structlog.get_logger(__name__)

RENEW_S = 5.0
"""How long what is known of a session is taken for true without asking."""
_AT_ONCE = 500
_TABLES = frozenset({"token", "user_account", "role_grant"})
_HARMLESS = frozenset({"token.issued", "user.created"})


class Session:
    """One sign-in of one connection."""

    def __init__(
        self, *, digest: str, origin: str, language: str | None, clock: Callable[[], datetime]
    ) -> None:
        self.digest = digest
        self._clock = clock
        self._origin = origin
        self._language = language
        self._standing: Standing | None = None
        self.changed: set[Callable[[], None]] = set()
        """Called when the rights are others, or the session has ended."""

    @property
    def token_id(self) -> int:
        return self._standing.token_id if self._standing is not None else 0

    @property
    def user_id(self) -> int | None:
        return self._standing.actor.user_id if self._standing is not None else None

    def stands(self) -> bool:
        """Whether it has not ended."""
        return self._standing is not None and self._standing.expires_at > self._clock()

    def actor(self) -> Actor:
        """Who it is, with the rights of now; refuses UNAUTHENTICATED when the session has ended."""
        if self._standing is None or not self.stands():
            raise refuse(Code.UNAUTHENTICATED)
        actor = self._standing.actor
        return replace(actor, origin=self._origin, language=self._language or actor.language)

    def renew(self, standing: Standing | None) -> None:
        before, self._standing = self._standing, standing
        if before is None:
            return
        if standing is None or standing.actor != before.actor:
            for call in tuple(self.changed):
                call()


class Sessions:
    """All sessions of this process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._open: defaultdict[str, set[Session]] = defaultdict(set)
        self._renewer: asyncio.Task[None] | None = None

    async def open(self, *, token: str, origin: str, language: str | None) -> Session:
        """A session for a token; refuses UNAUTHENTICATED one that is not valid."""
        digest = accounts.digest_of(token)
        session = Session(
            digest=digest, origin=origin, language=language, clock=self._services.clock
        )
        session.renew((await accounts.standings(self._services, [digest])).get(digest))
        session.actor()
        self._open[digest].add(session)
        if self._renewer is None:
            self._renewer = asyncio.create_task(
                self._keep_renewing(), name="sessions", context=Context()
            )
        return session

    def close(self, session: Session) -> None:
        """Forgets a session whose connection has ended."""
        same = self._open.get(session.digest)
        if same is not None:
            same.discard(session)
            if not same:
                del self._open[session.digest]

    async def end(self) -> None:
        if self._renewer is not None:
            self._renewer.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewer
            self._renewer = None

    async def heed(self, events: Iterable[Event]) -> None:
        """Looks up once more whom these lines concern."""
        telling = [each for each in events if each.subject in _TABLES]
        telling = [each for each in telling if each.kind not in _HARMLESS]
        if not telling:
            return
        tokens = {each.subject_id for each in telling if each.subject == "token"}
        users = {each.subject_id for each in telling if each.subject == "user_account"}
        users |= {_user_of(each) for each in telling if each.subject == "role_grant"}
        await self._renew(
            digest
            for digest, same in self._open.items()
            if any(each.token_id in tokens or each.user_id in users for each in same)
        )

    async def _renew(self, digests: Iterable[str]) -> None:
        wanted = list(digests)
        for start in range(0, len(wanted), _AT_ONCE):
            part: Sequence[str] = wanted[start : start + _AT_ONCE]
            found = await accounts.standings(self._services, part)
            for digest in part:
                for session in tuple(self._open.get(digest, ())):
                    session.renew(found.get(digest))

    async def _keep_renewing(self) -> None:
        while True:
            begun = time.monotonic()
            try:
                await self._renew(tuple(self._open))
            except (SQLAlchemyError, OSError) as error:
                _log.warning("sessions_not_renewed", error=type(error).__name__)
            await asyncio.sleep(max(0.1, RENEW_S - (time.monotonic() - begun)))


def _user_of(event: Event) -> int | None:
    return event.after.get("user_id") or event.before.get("user_id")
