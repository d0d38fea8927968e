"""Setting technicians up (维修人员): who they are, what they can, when they work."""

from datetime import date, datetime, time
from decimal import Decimal

import strawberry
from strawberry import UNSET

from dispatch.api.keyset import Order
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code
from dispatch.domain.roster import DayRule
from dispatch.domain.technicians import PayBasis, Skill, TechnicianKind, Travel
from dispatch.services import technicians
from dispatch.store.technicians import Technician as TechnicianRow


@strawberry.input(description="A trade at a level (技能).")
class SkillInput:
    trade: str = needed("Code of the trade (工种).")
    level: int = needed("Skill level (等级): 1 junior, 2 skilled, 3 senior.")
    expires_on: date | None = optional("Last day of the certificate (证书有效期).")

    def argument(self) -> Skill:
        expires_on = None if self.expires_on is UNSET else self.expires_on
        return Skill(self.trade, self.level, expires_on)


@strawberry.input(description="A new technician (新建维修人员).")
class TechnicianCreateInput:
    code: str = needed("Staff number, unique in the company (工号).")
    name: str = needed("Name (姓名).")
    kind: TechnicianKind = needed("Staff, vendor's or temporary (人员类型).")
    travel: Travel = needed("Way of travel (出行方式).")
    skills: list[SkillInput] = needed("Trades and levels (技能).")
    site_ids: list[strawberry.ID] = needed("Sites they serve (服务项目).", node="Site")
    home_latitude: float | None = optional("Where they start: degrees north (驻地纬度).")
    home_longitude: float | None = optional("Where they start: degrees east (驻地经度).")
    phone: str | None = optional("Telephone (电话).")
    work_limit_s: Seconds | None = optional(
        "Most work a day (每日工时上限); default: the site's policy.", name="workLimit"
    )
    overtime_limit_s: Seconds | None = optional(
        "How far past the shift's end planning may go (可加班时长).", name="overtimeLimit"
    )
    leader_id: strawberry.ID | None = optional("Their team leader (班长).", node="Technician")
    idempotency_key: str | None = key_field()


@strawberry.input(description="All trades of a technician, in place of those before (设置技能).")
class TechnicianSetSkillsInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    skills: list[SkillInput] = needed("Trades and levels (技能).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Weekly hours (新增班次).")
class TechnicianAddShiftPatternInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    weekdays: list[int] = needed(
        "Days of the week (星期): 0 Monday to 6 Sunday; none for holidays or make-up days alone."
    )
    starts: time = needed("Start of work, the site's local time (上班).")
    ends: time = needed("End of work; on the next day when not after the start (下班).")
    break_starts: time | None = optional("The break may begin from here on (休息最早).")
    break_ends: time | None = optional("The break must have ended by here (休息最晚).")
    break_minutes: int | None = optional("Length of the break in minutes (休息时长).")
    valid_from: date = needed("First day (生效日).")
    valid_to: date | None = optional("Last day (失效日).")
    on_holidays: DayRule | None = optional("What holds on holidays (节假日).")
    on_makeup_days: DayRule | None = optional("What holds on make-up workdays (调休上班日).")
    season_begins: str | None = optional(
        "First day of a part of each year, `MM-DD` (时令起), as summer or winter hours."
    )
    season_ends: str | None = optional("Last day of that part, `MM-DD` (时令止).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A day with other hours, or off (调班).")
class TechnicianAddShiftExceptionInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    day: date = needed("The day (日期).")
    starts: time | None = optional("Start of work; without hours: the day off.")
    ends: time | None = optional("End of work.")
    reason: str | None = optional("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A time away (请假).")
class TechnicianAddLeaveInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    starts_at: datetime = needed("Begin (开始).")
    ends_at: datetime = needed("End (结束).")
    reason: str | None = optional("Why (事由).")
    idempotency_key: str | None = key_field()


@strawberry.input(
    description="Whose worker a technician is and how they are paid, in place of before (用工信息)."
)
class TechnicianSetTermsInput:
    technician_id: strawberry.ID = needed("Who (人员).", node="Technician")
    firm: str | None = optional("The vendor or agency (所属单位).")
    pay_basis: PayBasis | None = optional("How they are paid (计酬方式).")
    pay_amount: Decimal | None = optional("How much, in units of the basis (酬劳).")
    pay_currency: str | None = optional("ISO 4217 code of the currency (币种).")
    idempotency_key: str | None = key_field()


_TECHNICIAN = Result(
    "technician",
    Technician,
    "The technician as they are now (维修人员); null when refused.",
    TechnicianRow.id,
    (Order(TechnicianRow.code),),
)


@strawberry.type
class TechnicianMutations:
    technician_create = write(
        technicians.create,
        TechnicianCreateInput,
        _TECHNICIAN,
        Code.ALREADY_EXISTS,
        description="Makes a technician of sites that one manages (新建维修人员).",
        creates=True,
        renamed={"work_limit_s": "work_limit", "overtime_limit_s": "overtime_limit"},
    )
    technician_set_terms = write(
        technicians.set_terms,
        TechnicianSetTermsInput,
        _TECHNICIAN,
        description="Sets for whom a vendor's or temporary worker works and their pay (用工信息).",
    )
    technician_set_skills = write(
        technicians.set_skills,
        TechnicianSetSkillsInput,
        _TECHNICIAN,
        description="Sets all trades and levels anew (设置技能).",
    )
    technician_add_shift_pattern = write(
        technicians.add_shift_pattern,
        TechnicianAddShiftPatternInput,
        _TECHNICIAN,
        description="Adds weekly hours (新增班次).",
    )
    technician_add_shift_exception = write(
        technicians.add_shift_exception,
        TechnicianAddShiftExceptionInput,
        _TECHNICIAN,
        Code.ALREADY_EXISTS,
        description="Adds a day with other hours, or off (调班).",
    )
    technician_add_leave = write(
        technicians.add_leave,
        TechnicianAddLeaveInput,
        _TECHNICIAN,
        description="Adds a time away (请假).",
    )
