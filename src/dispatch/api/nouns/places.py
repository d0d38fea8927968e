"""Places (位置): the tree of buildings, floors, units and public areas of a site."""

from datetime import date
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.addresses import shows_access
from dispatch.api.nouns.base import Node, OfRow, Point, column, lazily, point, related
from dispatch.api.nouns.filters import Filter, FlagFilter, IdFilter, TextFilter, some, where
from dispatch.api.nouns.lists import SiteId, found, listed
from dispatch.api.nouns.pages import ChildList, child_page
from dispatch.api.nouns.sites import Site
from dispatch.domain.places import PlaceKind
from dispatch.services import visible
from dispatch.store.sites import Asset as AssetRow
from dispatch.store.sites import Place as PlaceRow

_CHILDREN = ChildList(PlaceRow, PlaceRow.parent_id, order=(Order(PlaceRow.name),))


@strawberry.type(description="A node of a site's tree: building, floor, unit, room, area (位置).")
class Place(OfRow, Node):
    row = PlaceRow

    kind: PlaceKind = column("What it is (位置类型).")
    name: str = column("Name beneath its parent, e.g. `3号楼` (名称).")
    is_public: bool = column("Whether it is a public area (公区).")
    floor: int | None = column(
        "Floor number (楼层); 0 or 1 is the ground floor as the site counts."
    )
    warranty_until: date | None = column("Last day of its own warranty (保修期至).")
    landmark: str | None = column("What one finds it by (地标).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    parent = related(
        batches.places,
        Optional[lazily("Place", "places")],
        "The place it lies in (上级位置); null at the root.",
        key="parent_id",
    )

    @strawberry.field(description="Where it is (坐标): its own point or its parent's.")
    def point(root: PlaceRow) -> Point | None:
        return point(root.latitude, root.longitude)

    @strawberry.field(
        description="How to get in: gate, parking, dog (进门说明); for staff, for residents of "
        "their own units and of public areas, and for technicians whose order is there."
    )
    async def access_notes(root: PlaceRow, info: Info) -> str | None:
        return root.access_notes if await shows_access(root, info) else None

    @strawberry.field(description="How many levels below the site's root it lies; 0 at the root.")
    def depth(root: PlaceRow) -> int:
        return root.path.strip("/").count("/")

    @strawberry.field(
        graphql_type=Connection[lazily("Place", "places")],
        description="The places right beneath it, by name (下级位置).",
    )
    async def children(
        root: PlaceRow,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _CHILDREN, root.id, page=page)


@strawberry.type(description="A piece of equipment (设备).")
class Asset(OfRow, Node):
    row = AssetRow

    tag: str = column("Tag on the equipment, unique at its site (设备编号).")
    name: str = column("Name (设备名称).")
    model: str | None = column("Model (型号).")
    vendor: str | None = column("Maker or vendor (厂商).")
    warranty_until: date | None = column("Last day of its warranty (保修期至).")
    place = related(batches.places, Place | None, "Where it stands (位置).", key="place_id")


@strawberry.input(description="Which places; all fields given must hold (筛选).")
class PlaceFilter:
    kind: Filter[PlaceKind] | None = some("What it is (位置类型).")
    name: TextFilter | None = some("Name beneath its parent (名称).")
    is_public: FlagFilter | None = some("Whether it is a public area (公区).")
    parent_id: IdFilter | None = some("The place it lies right in (上级位置).", node="Place")


@strawberry.type
class PlaceQueries:
    @strawberry.field(
        graphql_type=Place, description="One place; NOT_FOUND when it may not be seen (位置)."
    )
    async def place(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> PlaceRow:
        return await found(info, PlaceRow, id, "Place", seen=visible.places)

    @strawberry.field(
        graphql_type=Connection[Place],
        description="A site's places, each before what lies in it (位置列表).",
    )
    async def places(
        root: None,
        info: Info,
        site_id: SiteId,
        filter: Annotated[
            PlaceFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            PlaceRow,
            seen=visible.places,
            conditions=[where(filter, PlaceRow)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )
