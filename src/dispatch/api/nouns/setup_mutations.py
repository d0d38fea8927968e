"""Setting up (项目设置): sites, places, customers; for administrators."""

import strawberry

from dispatch.api.keyset import Order
from dispatch.api.nouns.parties import Party
from dispatch.api.nouns.places import Asset, Place
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.domain.errors import Code
from dispatch.domain.places import PlaceKind, SiteKind
from dispatch.domain.policies.profiles import PolicyProfile
from dispatch.services import sites
from dispatch.store import parties as party_store
from dispatch.store import sites as store


@strawberry.input(description="A new site (新建项目); it begins with the shipped category tree.")
class SiteCreateInput:
    code: str = needed("Short name, unique in the company (项目编码).")
    name: str = needed("Name (项目名称).")
    kind: SiteKind = needed("What it is (项目类型).")
    time_zone: str = needed("IANA name, e.g. `Asia/Shanghai` (时区).")
    latitude: float | None = optional("Degrees north, with `longitude` (纬度).")
    longitude: float | None = optional("Degrees east, with `latitude` (经度).")
    profile: PolicyProfile | None = optional(
        "The shipped policy that it begins with (策略模板); default: that of its kind, see "
        "`policyProfiles`."
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="A new place (新建位置); without a point it takes its parent's.")
class PlaceCreateInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    parent_id: strawberry.ID | None = optional("The place it lies in (上级位置).", node="Place")
    kind: PlaceKind = needed("What it is (位置类型).")
    name: str = needed("Name beneath its parent (名称).")
    is_public: bool | None = optional("Whether it is a public area (公区); default false.")
    floor: int | None = optional("Floor number (楼层).")
    latitude: float | None = optional("Degrees north, with `longitude` (纬度).")
    longitude: float | None = optional("Degrees east, with `latitude` (经度).")
    landmark: str | None = optional("What one finds it by (地标).")
    access_notes: str | None = optional("How to get in (进门说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A new piece of equipment (新建设备).")
class AssetCreateInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    tag: str = needed("Tag on it, unique at the site (设备编号).")
    name: str = needed("Name (设备名称).")
    place_id: strawberry.ID | None = optional("Where it stands (位置).", node="Place")
    model: str | None = optional("Model (型号).")
    vendor: str | None = optional("Maker or vendor (厂商).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A new customer (新建客户).")
class PartyCreateInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    name: str = needed("Name (姓名).")
    phones: list[str] = needed("Telephones in order of preference (电话).")
    place_ids: list[strawberry.ID] | None = optional(
        "Their homes, shops or offices (房号).", node="Place"
    )
    idempotency_key: str | None = key_field()


_SITE = Result("site", Site, "The new site (项目).", store.Site.id, (Order(store.Site.code),))
_PLACE = Result("place", Place, "The new place (位置).", store.Place.id)
_ASSET = Result("asset", Asset, "The new equipment (设备).", store.Asset.id)
_PARTY = Result(
    "party",
    Party,
    "The new customer (客户).",
    party_store.Party.id,
    (Order(party_store.Party.name),),
)


@strawberry.type
class SetupMutations:
    site_create = write(
        sites.create_site,
        SiteCreateInput,
        _SITE,
        Code.ALREADY_EXISTS,
        description="Makes a site, with the shipped category tree (新建项目).",
        creates=True,
    )
    place_create = write(
        sites.create_place,
        PlaceCreateInput,
        _PLACE,
        Code.ALREADY_EXISTS,
        description="Makes a place in a site's tree (新建位置).",
        creates=True,
    )
    asset_create = write(
        sites.create_asset,
        AssetCreateInput,
        _ASSET,
        Code.ALREADY_EXISTS,
        description="Makes a piece of equipment known (新建设备).",
        creates=True,
    )
    party_create = write(
        sites.create_party,
        PartyCreateInput,
        _PARTY,
        description="Makes a customer known to a site (新建客户).",
        creates=True,
    )
