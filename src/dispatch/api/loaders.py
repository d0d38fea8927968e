"""Rows by key, batched: one statement for all that one level of an answer asks for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, select

from dispatch.domain.rights import Actor
from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.base import Base

Row = TypeVar("Row", bound=Base)
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

# SQLite takes at most 32,766 parameters in a statement.
_BATCH = 10_000
_TURNS = 4
"""Of the event loop, until a field whose rows have come says what it wants next."""


class Loader(Generic[Key, Value]):
    """The values of keys, each asked for once; `wake` is called when there are some to ask for."""

    def __init__(
        self,
        read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]],
        *,
        missing: Callable[[], Value],
        wake: Callable[["Loader[Any, Any]"], None],
    ) -> None:
        self._read = read
        self._missing = missing
        self._wake = wake
        self._futures: dict[Key, asyncio.Future[Value]] = {}
        self._wanted: list[Key] = []

    def load(self, key: Key) -> Awaitable[Value]:
        """The key's value, or what stands for one that is missing."""
        future = self._futures.get(key)
        if future is None:
            future = self._futures[key] = asyncio.get_running_loop().create_future()
            self._wanted.append(key)
            self._wake(self)
        # A field that is given up takes nothing from the others that wait for the same row.
        return asyncio.shield(future)

    @property
    def wants(self) -> int:
        """How many keys are still to be asked for."""
        return len(self._wanted)

    async def run(self) -> None:
        """Reads all that is wanted by now."""
        wanted, self._wanted = self._wanted, []
        futures = {key: self._futures[key] for key in wanted}
        try:
            for begin in range(0, len(wanted), _BATCH):
                keys = wanted[begin : begin + _BATCH]
                found = await self._read(keys)
                for key in keys:
                    futures[key].set_result(found[key] if key in found else self._missing())
        except Exception as error:  # noqa: BLE001 -- told to everyone who waits
            for future in futures.values():
                if not future.done():
                    future.set_exception(error)


class Loaders:
    """The loaders of one operation; each keeps what it has seen, so they die with it.

    A batch opens its own short reading session, when nothing else of the operation is being read:
    whoever waits for that may want of the same table, and what is asked for must not depend on who
    is answered first. Never await a loader while holding a session: it would wait for its end.
    """

    def __init__(self, reading: Callable[[], AbstractAsyncContextManager[Tx]]) -> None:
        self._reading = reading
        self._loaders: dict[Hashable, Loader[Any, Any]] = {}
        self._waiting: dict[Loader[Any, Any], None] = {}
        self._round: asyncio.Task[None] | None = None
        self._under_way = 0
        self._still = asyncio.Event()
        self._still.set()
        self.known: dict[Hashable, dict[Any, Any]] = {}
        """Values that were loaded ahead, by the name of their loader."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A session for queries, for whose end batches wait."""
        self._under_way += 1
        self._still.clear()
        try:
            async with self._reading() as tx:
                yield tx
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._still.set()

    def clear(self) -> None:
        """Forgets all that was loaded: the world has changed since."""
        self._loaders.clear()
        self.known.clear()

    def row(
        self, row: type[Row], seen: Callable[[Actor], ColumnElement[bool]] | None = None
    ) -> Loader[int, Row | None]:
        """Rows by id; None where there is none or `seen` (of `services.visible`) hides it."""

        async def load(tx: Tx, ids: Sequence[int]) -> Mapping[int, Row]:
            statement = select(row).where(among(row.id, ids))
            if seen is not None:
                statement = statement.where(seen(tx.actor))
            return {one.id: one for one in (await tx.session.execute(statement)).scalars()}

        return self.keyed((row, seen), load, missing=lambda: None)

    def keyed(
        self,
        name: Hashable,
        load: Callable[[Tx, Sequence[Key]], Awaitable[Mapping[Key, Value]]],
        *,
        missing: Callable[[], Value],
    ) -> Loader[Key, Value]:
        """A loader under `name`, made at its first use; `missing()` stands for absent keys."""
        loader = self._loaders.get(name)
        if loader is None:

            async def read(keys: Sequence[Key]) -> Mapping[Key, Value]:
                found: Mapping[Key, Value] = self.known.get(name, {})
                unknown = [key for key in keys if key not in found]
                if unknown:
                    async with self.reading() as tx:
                        found = {**found, **await load(tx, unknown)}
                return found

            loader = self._loaders[name] = Loader(read, missing=missing, wake=self._wake)
        return loader

    def _wake(self, loader: Loader[Any, Any]) -> None:
        self._waiting[loader] = None
        if self._round is None:
            self._round = asyncio.create_task(self._run_round())

    async def _run_round(self) -> None:
        """Reads what is wanted when all who could want something have said so."""
        told = -1
        while self._under_way or told != self._told():
            await self._still.wait()
            told = self._told()
            for _ in range(_TURNS):
                await asyncio.sleep(0)
        loaders, self._waiting, self._round = [*self._waiting], {}, None
        await asyncio.gather(*(loader.run() for loader in loaders))

    def _told(self) -> int:
        return sum(loader.wants for loader in self._waiting)
