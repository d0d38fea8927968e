"""Who takes care of what (责任设置): stewards, vendors, departments, photos, guides."""

from datetime import date

import strawberry

from dispatch.api.nouns.categories import Category
from dispatch.api.nouns.departments import Department
from dispatch.api.nouns.parties import Party
from dispatch.api.nouns.places import Asset, Place
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.domain.errors import Code
from dispatch.services import care
from dispatch.store.checks import Department as DepartmentRow


@strawberry.input(description="Who takes care of a place and all in it (位置责任).")
class PlaceSetCareInput:
    place_id: strawberry.ID = needed("Which (位置).", node="Place")
    steward_id: strawberry.ID | None = optional("Its steward (管家).", node="User")
    vendor_id: strawberry.ID | None = optional("Its vendor (供应商).", node="Technician")
    warranty_until: date | None = optional("Last day of the vendor's warranty (保修期至).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Whose warranty covers a piece of equipment (设备保修).")
class AssetSetWarrantyInput:
    asset_id: strawberry.ID = needed("Which (设备).", node="Asset")
    vendor_id: strawberry.ID | None = optional("Its vendor (供应商).", node="Technician")
    warranty_until: date | None = optional("Last day of the warranty (保修期至).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="The photo that customers are shown (维修人员照片).")
class TechnicianSetPhotoInput:
    technician_id: strawberry.ID = needed("Whose (维修人员).", node="Technician")
    photo: str | None = optional(
        "Its reference (`photoUpload`), or an address elsewhere (照片); left out: none."
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="What reporters can try themselves (自助指南).")
class CategorySetGuideInput:
    category_id: strawberry.ID = needed("For which kind of work (类别).", node="Category")
    zh: str | None = optional("In Chinese (中文); left out: none.")
    en: str | None = optional("In English (英文); left out: none.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A new department (新建部门).")
class DepartmentCreateInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    code: str = needed("Short name, unique at the site (部门编码).")
    name: str = needed("Name (名称).")
    head_id: strawberry.ID | None = optional("Who checks its reports (负责人).", node="User")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Another head of a department (更换部门负责人).")
class DepartmentSetHeadInput:
    department_id: strawberry.ID = needed("Which (部门).", node="Department")
    head_id: strawberry.ID | None = optional("Who (负责人); left out: nobody.", node="User")
    idempotency_key: str | None = key_field()


@strawberry.input(description="The department a customer belongs to (客户部门).")
class PartySetDepartmentInput:
    party_id: strawberry.ID = needed("Who (客户).", node="Party")
    department_id: strawberry.ID | None = optional(
        "Which (部门); left out: none.", node="Department"
    )
    idempotency_key: str | None = key_field()


@strawberry.type
class CareMutations:
    place_set_care = write(
        care.set_place_care,
        PlaceSetCareInput,
        Result("place", Place, "The place (位置)."),
        description="Sets steward, vendor and warranty of a place (位置责任).",
    )
    asset_set_warranty = write(
        care.set_asset_warranty,
        AssetSetWarrantyInput,
        Result("asset", Asset, "The equipment (设备)."),
        description="Sets vendor and warranty of a piece of equipment (设备保修).",
    )
    technician_set_photo = write(
        care.set_photo,
        TechnicianSetPhotoInput,
        Result("technician", Technician, "The technician (维修人员)."),
        Code.PHOTO_NOT_UPLOADED,
        description="Sets the photo that customers are shown (维修人员照片).",
    )
    category_set_guide = write(
        care.set_guide,
        CategorySetGuideInput,
        Result("category", Category, "The category (类别)."),
        description="Sets what reporters can try themselves (自助指南).",
    )
    department_create = write(
        care.create_department,
        DepartmentCreateInput,
        Result("department", Department, "The new department (部门).", DepartmentRow.id),
        Code.ALREADY_EXISTS,
        description="Makes a department, whose head checks its reports (新建部门).",
        creates=True,
    )
    department_set_head = write(
        care.set_head,
        DepartmentSetHeadInput,
        Result("department", Department, "The department (部门)."),
        description="Sets who checks a department's reports (更换部门负责人).",
    )
    party_set_department = write(
        care.set_department,
        PartySetDepartmentInput,
        Result("party", Party, "The customer (客户)."),
        description="Sets the department a customer belongs to (客户部门).",
    )
