"""One action, one transaction: the frame in which every service function runs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.rights import Actor
from dispatch.services.idempotency import once
from dispatch.services.rivals import Rivals
from dispatch.store.base import Base, Versioned
from dispatch.store.changes import plain, record, unrecorded
from dispatch.store.engine import Store
from dispatch.store.events import Event
from dispatch.telemetry import tracing
from dispatch.telemetry.current import note_site

P = ParamSpec("P")
T = TypeVar("T")

_TRIES = 4
# PostgreSQL: serialization failure, deadlock. The whole action is run again.
_TRY_AGAIN = frozenset({"40001", "40P01"})
# Another wrote the same at the same moment: run again, the action finds it and says so.
_UNIQUE = "23505"


@dataclass(frozen=True, slots=True)
class Change:
    """A row just written: the event's kind, and the changed columns before and after."""

    row: Any
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def is_new(self) -> bool:
        """Whether the row was not there before; a new row has no columns before."""
        return not self.before and "created_at" in self.after


@dataclass(slots=True)
class Tx:
    """An open transaction, who acts in it, and what time it is for everyone in it."""

    session: AsyncSession
    actor: Actor
    now: datetime
    randbelow: Callable[[int], int]
    memo: dict[Any, Any] = field(default_factory=dict)
    """What was looked up and stays true until the transaction ends."""
    afterwards: list[Callable[[], object]] = field(default_factory=list)
    """Counts, which hold only once the transaction is committed."""

    async def save(self, row: Base, kind: str, **data: Any) -> None:
        """Writes a new or changed row, and the event `kind` that tells what changed in it."""
        await self.save_all([(row, kind, data)])

    async def save_all(self, rows: Iterable[tuple[Base, str, Mapping[str, Any]]]) -> None:
        """Like `save` for many rows at once: (row, kind, data) each, written in one go."""
        wanted = list(rows)
        self.session.add_all(row for row, *_ in wanted)
        await self.session.flush()
        changed = [
            (Change(row, kind, *unrecorded(self.session, row)), data) for row, kind, data in wanted
        ]
        record(
            self.session,
            [
                self._event(each.row, each.kind, before=each.before, after=each.after, data=data)
                for each, data in changed
            ],
        )
        await self.follow([each for each, _ in changed])

    async def follow(self, changed: Sequence["Change"]) -> None:
        """Brings about what follows these changes; `save` does it by itself."""
        for table, follow in FOLLOWERS.items():
            concerned = [each for each in changed if each.row.__tablename__ == table]
            if concerned:
                await follow(self, concerned)

    def note(self, row: Base, kind: str, **data: Any) -> None:
        """Records an event about a row that this action does not change itself."""
        record(self.session, [self._event(row, kind, before={}, after={}, data=data)])

    def _event(
        self,
        row: Base,
        kind: str,
        *,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        data: Mapping[str, Any],
    ) -> Event:
        subject = row.__tablename__
        ids = {"site_id": None, "ticket_id": None, "work_order_id": None}
        ids = {name: getattr(row, name, None) for name in ids}
        if f"{subject}_id" in ids:
            ids[f"{subject}_id"] = row.id
        ids.update({name: data[name] for name in ids if data.get(name) is not None})
        note_site(ids["site_id"])
        return Event(
            organization_id=self.actor.organization_id,
            at=self.now,
            kind=kind,
            subject=subject,
            subject_id=row.id,
            actor_id=self.actor.user_id,
            actor_name=self.actor.name,
            origin=self.actor.origin,
            before=dict(before),
            after=dict(after),
            data={name: plain(value) for name, value in data.items() if name not in ids},
            **ids,
        )


Follower = Callable[[Tx, Sequence[Change]], Awaitable[None]]
FOLLOWERS: dict[str, Follower] = {}
"""What follows the changes of a table's rows in the same transaction, whoever makes them; filled
where the package begins, so that no service can be used without."""


@dataclass(frozen=True, slots=True)
class Services:
    """What API, command line and jobs need to act: the store, a clock, randomness."""

    store: Store
    clock: Callable[[], datetime]
    randbelow: Callable[[int], int]
    rivals: Rivals = field(default_factory=Rivals)

    @asynccontextmanager
    async def writing(self, actor: Actor) -> AsyncIterator[Tx]:
        """A transaction for several service functions at once."""
        async with self.store.writing() as session:
            tx = Tx(session, actor, self.clock(), self.randbelow)
            yield tx
        for count in tx.afterwards:
            count()

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[Tx]:
        async with self.store.reading() as session:
            yield Tx(session, actor, self.clock(), self.randbelow)

    async def perform(
        self,
        actor: Actor,
        service: Callable[Concatenate[Tx, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs one service function in one transaction."""
        return await self.perform_once(actor, None, service, *args, **kwargs)

    async def perform_once(
        self,
        actor: Actor,
        idempotency_key: str | None,
        service: Callable[Concatenate[Tx, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Like `perform`; with a key, a second call with the same input gives the first result.

        The function must then return one row. A refusal leaves no trace of the key: the same
        wish may be sent again when what stood in its way is gone.
        """
        named = f"{service.__module__.rpartition('.')[2]}.{service.__name__}"
        with tracing.span(named):
            return await self._tried(actor, idempotency_key, service, args, kwargs)

    async def _tried(
        self,
        actor: Actor,
        idempotency_key: str | None,
        service: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> T:
        for attempt in range(_TRIES):
            try:
                return await self._attempt(actor, idempotency_key, service, args, kwargs)
            except StaleDataError as error:
                raise refuse(Code.STALE_VERSION) from error
            except DBAPIError as error:
                state = getattr(error.orig, "sqlstate", None)
                is_last = attempt == _TRIES - 1
                if "database is locked" in str(error.orig) or (is_last and state in _TRY_AGAIN):
                    raise refuse(Code.BUSY) from error
                if is_last or state not in (*_TRY_AGAIN, _UNIQUE):
                    raise
        raise AssertionError("unreachable")

    async def _attempt(
        self,
        actor: Actor,
        idempotency_key: str | None,
        service: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> T:
        kept: Refused | None = None
        async with self.writing(actor) as tx:
            try:
                if idempotency_key is None:
                    return await service(tx, *args, **kwargs)
                return await once(
                    tx.session,
                    organization_id=actor.organization_id,
                    caller=caller_of(actor),
                    key=idempotency_key,
                    now=tx.now,
                    operation=f"{service.__module__}.{service.__qualname__}",
                    arguments=plain([args, kwargs]),
                    run=lambda: service(tx, *args, **kwargs),
                )
            except Refused as refused:
                if not refused.keep_changes:
                    raise
                kept = refused
        raise kept


def caller_of(actor: Actor) -> str:
    """Whose idempotency keys an actor uses."""
    return f"user:{actor.user_id}" if actor.user_id else actor.name


def expect_version(row: Versioned, version: int | None) -> None:
    """Refuses a write that names a version which is not the newest."""
    if version is not None and row.version != version:
        raise refuse(Code.STALE_VERSION, field="version", seen=version, newest=row.version)
