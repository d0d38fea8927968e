"""Rows by key, batched: one statement for all that one level of an answer asks for."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from strawberry.dataloader import DataLoader

from dispatch.domain.rights import Actor
from dispatch.services.action import Tx
from dispatch.store.base import Base

Row = TypeVar("Row", bound=Base)
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

# SQLite takes at most 32,766 parameters in a statement.
_BATCH = 10_000


class _Shared(DataLoader[Any, Any]):
    """A field that is given up takes nothing from the others that wait for the same row."""

    def load(self, key: Any) -> Awaitable[Any]:
        return asyncio.shield(super().load(key))


class Loaders:
    """The loaders of one operation; each keeps what it has seen, so they die with it.

    A batch opens its own short reading session. Never await a loader while holding a session:
    under load every connection could be held by one who waits for another.
    """

    def __init__(self, reading: Callable[[], AbstractAsyncContextManager[Tx]]) -> None:
        self._reading = reading
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}
        self.known: dict[Hashable, dict[Any, Any]] = {}
        """Values that were loaded ahead, by the name of their loader."""

    def clear(self) -> None:
        """Forgets all that was loaded: the world has changed since."""
        self._loaders.clear()
        self.known.clear()

    def row(
        self, row: type[Row], seen: Callable[[Actor], ColumnElement[bool]] | None = None
    ) -> DataLoader[int, Row | None]:
        """Rows by id; None where there is none or `seen` (of `services.visible`) hides it."""

        async def load(tx: Tx, ids: Sequence[int]) -> Mapping[int, Row]:
            statement = select(row).where(row.id.in_(ids))
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
    ) -> DataLoader[Key, Value]:
        """A loader under `name`, made at its first use; `missing()` stands for absent keys."""
        loader = self._loaders.get(name)
        if loader is None:

            async def batch(keys: list[Key]) -> list[Value]:
                found: Mapping[Key, Value] = self.known.get(name, {})
                unknown = [key for key in keys if key not in found]
                if unknown:
                    async with self._reading() as tx:
                        found = {**found, **await load(tx, unknown)}
                return [found[key] if key in found else missing() for key in keys]

            loader = self._loaders[name] = _Shared(batch, max_batch_size=_BATCH)
        return loader
