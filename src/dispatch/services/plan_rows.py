"""Writes what a plan says: its routes, their stops, and what it does without."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, insert

from dispatch.planning.plan import Values
from dispatch.services.action import Tx
from dispatch.store.plans import PlanLeftOut, PlanRoute, PlanStop

# A plan of a large site has hundreds of rows: they go to the database together, not one by one.
_ROUTES = insert(cast("Table", PlanRoute.__table__)).returning(
    PlanRoute.__table__.c.id, sort_by_parameter_order=True
)
_STOPS = insert(cast("Table", PlanStop.__table__)).inline()
_LEFT_OUT = insert(cast("Table", PlanLeftOut.__table__)).inline()


async def write_routes(
    tx: Tx, routes: Sequence[tuple[Values, Sequence[Values]]], *, plan_id: int
) -> None:
    """Adds routes with their stops to a plan."""
    if not routes:
        return
    rows = [{**route, "plan_id": plan_id} for route, _ in routes]
    ids = (await tx.session.execute(_ROUTES, rows)).scalars().all()
    stops = [
        {**stop, "plan_id": plan_id, "route_id": route_id}
        for route_id, (_, of_route) in zip(ids, routes, strict=True)
        for stop in of_route
    ]
    if stops:
        await tx.session.execute(_STOPS, stops)


async def write_left_out(tx: Tx, left_out: Sequence[Values], *, plan_id: int) -> None:
    """Adds to a plan what it does without."""
    if left_out:
        rows = [{**each, "plan_id": plan_id} for each in left_out]
        await tx.session.execute(_LEFT_OUT, rows)
