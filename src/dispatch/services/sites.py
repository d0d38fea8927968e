"""Setting up: organizations, sites, places, equipment, parties."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.places import PlaceKind, SiteKind
from dispatch.domain.policies.profiles import PROFILE_OF_KIND, PolicyProfile
from dispatch.domain.rights import Action
from dispatch.domain.sizes import check_count, check_texts
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.catalogue import (
    CategoryDefault,
    default_categories,
    default_guides,
    default_trades,
)
from dispatch.services.policy_profiles import apply_profile, shipped_policies
from dispatch.store.categories import Category, Trade
from dispatch.store.parties import Party, PartyUnit
from dispatch.store.sites import Asset, Organization, Place, Site

_PHONES_MOST = 10
_PHONE_MOST = 40
_UNITS_MOST = 200


async def create_organization(tx: Tx, *, code: str, name: str) -> Organization:
    """A new tenant with the shipped trades; for the service itself, before anybody can sign in."""
    if not tx.actor.is_service:
        raise refuse(Code.FORBIDDEN, action=Action.MANAGE.value)
    await _must_be_new(tx, Organization, "code", Organization.code == code)
    organization = Organization(code=code, name=name, created_at=tx.now)
    tx.session.add(organization)
    await tx.session.flush()
    tx.session.add_all(
        Trade(
            organization_id=organization.id,
            code=trade.code,
            name_zh=trade.name_zh,
            name_en=trade.name_en,
            needs_certificate=trade.needs_certificate,
        )
        for trade in default_trades()
    )
    await tx.session.flush()
    return organization


async def create_site(
    tx: Tx,
    *,
    code: str,
    name: str,
    kind: SiteKind,
    time_zone: str,
    latitude: float | None = None,
    longitude: float | None = None,
    profile: PolicyProfile | None = None,
) -> Site:
    """A new site of the actor's organization, with the shipped category tree (TRI-1) and a
    shipped policy: `profile`, by default that of its kind."""
    visible.demand_company(tx.actor)
    zone_of(time_zone)
    check_point(latitude=latitude, longitude=longitude)
    organization_id = tx.actor.organization_id
    await _must_be_new(tx, Site, "code", Site.organization_id == organization_id, Site.code == code)
    site = Site(
        organization_id=organization_id,
        code=code,
        name=name,
        kind=kind,
        time_zone=time_zone,
        latitude=latitude,
        longitude=longitude,
        created_at=tx.now,
    )
    await tx.save(site, "site.created")
    for group in default_categories():
        await add_category_group(tx, site_id=site.id, group=group)
    profile = profile or PROFILE_OF_KIND[kind]
    if shipped_policies()[profile].document:
        await apply_profile(tx, site_id=site.id, profile=profile)
    return site


async def add_category_group(tx: Tx, *, site_id: int, group: CategoryDefault) -> int:
    """A group with its leaves, added to a site's tree; returns how many leaves it has."""
    await visible.find_site(tx, site_id, Action.MANAGE)
    parent = _category(group, site_id=site_id, parent_id=None)
    tx.session.add(parent)
    await tx.session.flush()
    tx.session.add_all(
        _category(leaf, site_id=site_id, parent_id=parent.id) for leaf in group.children
    )
    await tx.session.flush()
    return len(group.children)


def _category(default: CategoryDefault, *, site_id: int, parent_id: int | None) -> Category:
    guide = default_guides().get(default.code, {})
    return Category(
        site_id=site_id,
        parent_id=parent_id,
        code=default.code,
        name_zh=default.name_zh,
        name_en=default.name_en,
        trade=default.trade,
        level=default.level,
        duration_s=default.duration_s,
        crew_size=default.crew_size,
        priority=default.priority,
        area=default.area,
        chargeable=default.chargeable,
        is_danger=default.is_danger,
        guide_zh=guide.get("zh"),
        guide_en=guide.get("en"),
    )


async def create_place(
    tx: Tx,
    *,
    site_id: int,
    parent_id: int | None,
    kind: PlaceKind,
    name: str,
    is_public: bool = False,
    floor: int | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    landmark: str | None = None,
    access_notes: str | None = None,
) -> Place:
    """A node of the tree; without a point or floor of its own it takes its parent's."""
    await visible.find_site(tx, site_id, Action.MANAGE)
    check_point(latitude=latitude, longitude=longitude)
    parent = None
    if parent_id is not None:
        parent = await find_place(tx, parent_id, site_id=site_id, field="parent_id")
    await _must_be_new(
        tx,
        Place,
        "name",
        Place.site_id == site_id,
        Place.parent_id == parent_id if parent_id is not None else Place.parent_id.is_(None),
        Place.name == name,
    )
    if parent is not None:
        floor = parent.floor if floor is None else floor
        if latitude is None:
            latitude, longitude = parent.latitude, parent.longitude
    place = Place(
        site_id=site_id,
        parent_id=parent_id,
        kind=kind,
        name=name,
        is_public=is_public,
        floor=floor,
        latitude=latitude,
        longitude=longitude,
        landmark=landmark,
        access_notes=access_notes,
    )
    tx.session.add(place)
    await tx.session.flush()
    # The path holds the node's own id, which only the database gives.
    place.path = f"{parent.path if parent is not None else '/'}{place.id}/"
    await tx.session.flush()
    tx.note(place, "place.created", name=name, place_kind=kind)
    return place


async def create_asset(
    tx: Tx,
    *,
    site_id: int,
    tag: str,
    name: str,
    place_id: int | None = None,
    model: str | None = None,
    vendor: str | None = None,
    warranty_until: date | None = None,
) -> Asset:
    """A piece of equipment, known by its tag."""
    await visible.find_site(tx, site_id, Action.MANAGE)
    if place_id is not None:
        await find_place(tx, place_id, site_id=site_id)
    await _must_be_new(tx, Asset, "tag", Asset.site_id == site_id, Asset.tag == tag)
    asset = Asset(
        site_id=site_id,
        place_id=place_id,
        tag=tag,
        name=name,
        model=model,
        vendor=vendor,
        warranty_until=warranty_until,
    )
    await tx.save(asset, "asset.created")
    return asset


async def create_party(
    tx: Tx, *, site_id: int, name: str, phones: Sequence[str], place_ids: Sequence[int] = ()
) -> Party:
    """A person who reports or is served, with their units."""
    await visible.find_site(tx, site_id, Action.MANAGE)
    check_texts("phones", phones, count=_PHONES_MOST, most=_PHONE_MOST)
    check_count("place_ids", place_ids, most=_UNITS_MOST)
    place_ids = tuple(dict.fromkeys(place_ids))
    for place_id in place_ids:
        await find_place(tx, place_id, site_id=site_id, field="place_ids")
    party = Party(site_id=site_id, name=name, phones=list(phones), created_at=tx.now)
    await tx.save(party, "party.created", place_ids=place_ids)
    tx.session.add_all(PartyUnit(party_id=party.id, place_id=place) for place in place_ids)
    await tx.session.flush()
    return party


async def find_place(tx: Tx, place_id: int, *, site_id: int, field: str = "place_id") -> Place:
    """A place of the site; another site's is not found."""
    seen = visible.places(tx.actor) & (Place.site_id == site_id)
    return await visible.find(tx, Place, place_id, seen, field=field)


async def building_of(tx: Tx, place: Place) -> int | None:
    """Id of the building that a place lies in (itself, if it is one); None in the open."""
    return (await buildings_of(tx, [place])).get(place.id)


async def buildings_of(tx: Tx, places: Sequence[Place]) -> dict[int, int]:
    """The same of many places, by theirs; of those that lie in one."""
    paths = {each.id: [int(part) for part in each.path.split("/") if part] for each in places}
    within = {part for path in paths.values() for part in path}
    statement = select(Place.id).where(Place.id.in_(within), Place.kind == PlaceKind.BUILDING)
    buildings = set((await tx.session.execute(statement)).scalars()) if within else set()
    found = {
        place: next(filter(buildings.__contains__, path), None) for place, path in paths.items()
    }
    return {place: building for place, building in found.items() if building is not None}


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise refuse(Code.BAD_INPUT, field="time_zone", given=name) from error


def local_day(tx: Tx, site: Site) -> date:
    """Today on the site's calendar."""
    return tx.now.astimezone(ZoneInfo(site.time_zone)).date()


def day_start(tx: Tx, site: Site) -> datetime:
    """The first moment of today on the site's calendar."""
    return datetime.combine(local_day(tx, site), time.min, ZoneInfo(site.time_zone))


def check_point(*, latitude: float | None, longitude: float | None) -> None:
    """Refuses half a point and one off the globe."""
    for name, value, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if (latitude is None) != (longitude is None) and value is None:
            raise refuse(Code.REQUIRED, field=name)
        if value is not None and not -most <= value <= most:
            raise refuse(Code.OUT_OF_RANGE, field=name, least=-most, most=most)


async def _must_be_new(
    tx: Tx, row: type[Organization | Site | Place | Asset], field: str, *same: object
) -> None:
    statement = select(row.id).where(*same).limit(1)  # type: ignore[arg-type]
    if (await tx.session.execute(statement)).first() is not None:
        raise refuse(Code.ALREADY_EXISTS, field=field)
