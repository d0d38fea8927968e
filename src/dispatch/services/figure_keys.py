"""What the keys of figures' rows name: sites, people, places."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from dispatch.domain.figures.dimensions import Dimension
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.figures import Asked, Row
from dispatch.store.categories import Category
from dispatch.store.sites import Place, Site
from dispatch.store.technicians import Technician

_LOADED: Mapping[Dimension, Any] = {
    Dimension.SITE: (Site, visible.sites),
    Dimension.TEAM: (Technician, visible.technicians),
    Dimension.TECHNICIAN: (Technician, visible.technicians),
    Dimension.CATEGORY: (Category, None),
    Dimension.BUILDING: (Place, visible.places),
    Dimension.PLACE: (Place, visible.places),
}


async def named(tx: Tx, rows: Sequence[Row], asked: Asked) -> list[Mapping[Any, Any] | None]:
    """Of each dimension asked for, the things by id that the actor may see; None where the key
    says it itself. One statement for each kind of thing."""
    return [
        await _things(tx, {each.key[place] for each in rows}, dimension)
        for place, dimension in enumerate(asked.group_by)
    ]


async def _things(tx: Tx, ids: set[Any], dimension: Dimension) -> Mapping[Any, Any] | None:
    if dimension not in _LOADED:
        return None
    row, seen = _LOADED[dimension]
    statement = select(row).where(row.id.in_(ids - {None}))
    if seen is not None:
        statement = statement.where(seen(tx.actor))
    return {each.id: each for each in (await tx.session.execute(statement)).scalars()}
