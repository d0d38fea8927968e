"""Who takes care of a place or a piece of equipment; a technician's photo; a category's guide."""

from datetime import date

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import LINK_MOST, LONG_TEXT_MOST, check_text, demand_text
from dispatch.services import duty, photos, visible
from dispatch.services.action import Tx
from dispatch.services.staff import find_staff
from dispatch.store.categories import Category
from dispatch.store.checks import Department
from dispatch.store.parties import Party
from dispatch.store.sites import Asset, Place
from dispatch.store.technicians import Technician, TechnicianSite


async def set_place_care(
    tx: Tx,
    *,
    place_id: int,
    steward_id: int | None = None,
    vendor_id: int | None = None,
    warranty_until: date | None = None,
) -> Place:
    """Steward, vendor and warranty of a place and of all in it that names none; left out: none."""
    place = await visible.find(tx, Place, place_id, visible.places(tx.actor), field="place_id")
    visible.demand(tx, Action.MANAGE, site_id=place.site_id)
    if steward_id is not None:
        await find_staff(
            tx, steward_id, Action.REPORT_FOR_OTHERS, site_id=place.site_id, field="steward_id"
        )
    await _check_vendor(tx, vendor_id, site_id=place.site_id)
    place.steward_id = steward_id
    place.vendor_id = vendor_id
    place.warranty_until = warranty_until
    await tx.save(place, "place.care_set")
    return place


async def set_asset_warranty(
    tx: Tx,
    *,
    asset_id: int,
    vendor_id: int | None = None,
    warranty_until: date | None = None,
) -> Asset:
    """Vendor and last day of warranty of a piece of equipment; left out: none."""
    seen = visible.at_sites_where(tx.actor, Action.SEE_SITE, Asset.site_id)
    asset = await visible.find(tx, Asset, asset_id, seen, field="asset_id")
    visible.demand(tx, Action.MANAGE, site_id=asset.site_id)
    await _check_vendor(tx, vendor_id, site_id=asset.site_id)
    asset.vendor_id = vendor_id
    asset.warranty_until = warranty_until
    await tx.save(asset, "asset.warranty_set")
    return asset


async def set_photo(tx: Tx, *, technician_id: int, photo: str | None = None) -> Technician:
    """The photo that customers are shown, by its address; a technician may set their own."""
    technician = await visible.find(
        tx, Technician, technician_id, visible.technicians(tx.actor), field="technician_id"
    )
    check_text("photo", photo, most=LINK_MOST)
    if photo is not None:
        [photo] = await photos.named(tx, "photo", [photo])
        await photos.keep(tx, [photo], technician_id=technician.id)
    if tx.actor.technician_id != technician.id:
        serves = select(TechnicianSite.site_id).where(TechnicianSite.technician_id == technician.id)
        sites = (await tx.session.execute(serves)).scalars().all()
        if not any(tx.actor.may(Action.MANAGE, site_id=each) for each in sites):
            raise refuse(Code.FORBIDDEN, action=Action.MANAGE.value)
    technician.photo = photo
    await tx.save(technician, "technician.photo_set")
    return technician


async def set_guide(
    tx: Tx, *, category_id: int, zh: str | None = None, en: str | None = None
) -> Category:
    """What a reporter can try themself, in Chinese and English; left out: nothing (TRI-4)."""
    seen = visible.at_sites_where(tx.actor, Action.SEE_SITE, Category.site_id)
    category = await visible.find(tx, Category, category_id, seen, field="category_id")
    visible.demand(tx, Action.SET_POLICY, site_id=category.site_id)
    for name, text in (("zh", zh), ("en", en)):
        check_text(name, text, most=LONG_TEXT_MOST)
    category.guide_zh = zh
    category.guide_en = en
    await tx.save(category, "category.guide_set")
    return category


async def create_department(
    tx: Tx, *, site_id: int, code: str, name: str, head_id: int | None = None
) -> Department:
    """A department whose head checks what its people report (INT-10)."""
    await visible.find_site(tx, site_id, Action.MANAGE)
    demand_text("code", code)
    demand_text("name", name)
    same = select(Department.id).where(Department.site_id == site_id, Department.code == code)
    if (await tx.session.execute(same)).first() is not None:
        raise refuse(Code.ALREADY_EXISTS, field="code")
    await _check_head(tx, head_id, site_id=site_id)
    department = Department(site_id=site_id, code=code, name=name, head_id=head_id)
    await tx.save(department, "department.created")
    return department


async def set_head(tx: Tx, *, department_id: int, head_id: int | None = None) -> Department:
    """Another head, or none: checks that are open stay with who was asked."""
    department = await _find_department(tx, department_id)
    await _check_head(tx, head_id, site_id=department.site_id)
    department.head_id = head_id
    await tx.save(department, "department.head_set")
    return department


async def set_department(tx: Tx, *, party_id: int, department_id: int | None = None) -> Party:
    """The department that a person belongs to; left out: none."""
    party = await visible.find(tx, Party, party_id, visible.parties(tx.actor), field="party_id")
    visible.demand(tx, Action.MANAGE, site_id=party.site_id)
    if department_id is not None:
        department = await _find_department(tx, department_id)
        if department.site_id != party.site_id:
            raise refuse(Code.NOT_FOUND, field="department_id", id=department_id)
    party.department_id = department_id
    await tx.save(party, "party.department_set")
    return party


async def _find_department(tx: Tx, department_id: int) -> Department:
    seen = visible.at_sites_where(tx.actor, Action.MANAGE, Department.site_id)
    return await visible.find(tx, Department, department_id, seen, field="department_id")


async def _check_head(tx: Tx, head_id: int | None, *, site_id: int) -> None:
    if head_id is not None:
        await find_staff(tx, head_id, Action.REPORT, site_id=site_id, field="head_id")


async def _check_vendor(tx: Tx, vendor_id: int | None, *, site_id: int) -> None:
    if vendor_id is not None:
        await duty.find_serving(tx, vendor_id, site_id=site_id, field="vendor_id")
