"""Names for what the reasons of plans mention, as far as the reader may know them."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Batch, load
from dispatch.store.sites import Site
from dispatch.texts import Mentioned, Names

Key = TypeVar("Key", int, str)
Row = TypeVar("Row")


async def names_of(data: Mapping[str, Any], site: Site | None, info: Info) -> Names:
    """The names of people, orders and trades in a reason's figures; the site's clock."""
    mentioned = Mentioned.of(data)
    language = info.context.language
    people = await _loaded(info, batches.technicians, mentioned.people)
    orders = await _loaded(info, batches.work_orders, mentioned.orders)
    trades = await _loaded(info, batches.trades, mentioned.trades)
    return Names(
        language=language,
        zone=ZoneInfo(site.time_zone) if site is not None else None,
        people={key: row.name for key, row in people.items()},
        orders={key: row.number for key, row in orders.items()},
        trades={
            code: row.name_zh if language.startswith("zh") else row.name_en
            for code, row in trades.items()
        },
    )


async def _loaded(info: Info, batch: Batch[Key, Row], keys: Iterable[Key]) -> dict[Key, Row]:
    """The rows of the keys, read together, without those that are not there for this reader."""
    wanted = sorted(keys)
    rows = await asyncio.gather(*(load(info, batch, key) for key in wanted))
    return {key: row for key, row in zip(wanted, rows, strict=True) if row is not None}
