"""Which building each place of a site lies in."""

from collections.abc import Sequence

from sqlalchemy import Subquery, and_, func, select
from sqlalchemy.orm import aliased

from dispatch.domain.places import PlaceKind
from dispatch.store.sites import Place


def building_of_places(site_ids: Sequence[int]) -> Subquery:
    """`place_id`, `building_id` of every place in a building, and of the building itself."""
    building = aliased(Place)
    inside = and_(
        building.site_id == Place.site_id,
        building.kind == PlaceKind.BUILDING,
        Place.path.startswith(building.path),
    )
    return (
        select(Place.id.label("place_id"), func.max(building.id).label("building_id"))
        .join(building, inside)
        .where(Place.site_id.in_(site_ids))
        .group_by(Place.id)
        .subquery("places")
    )
