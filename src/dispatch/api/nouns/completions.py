"""What was found and done, with what and by whom (完工记录)."""

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import column, load
from dispatch.api.nouns.technicians import Technician
from dispatch.api.scalars import Seconds


@strawberry.type(description="Working time of one of the crew (工时).")
class HoursWorked:
    worked_s: Seconds = column("How long (工时).", name="worked")
    technician_id: strawberry.Private[int]

    @strawberry.field(description="Who (人员).")
    async def technician(self, info: Info) -> Technician | None:
        return await load(info, batches.technicians, self.technician_id)  # type: ignore[return-value]


@strawberry.type(description="Material used (用料).")
class PartUsed:
    name: str = column("What (材料名称).")
    quantity: float = column("How much (数量).")
    unit: str = column("In which unit (单位).")


@strawberry.type(description="What was found and done (完工记录).")
class Completion:
    found: str = column("What was found (现场情况).")
    cause: str = column("The cause (故障原因).")
    done: str = column("What was done (处理内容).")
    parts: list[PartUsed] = column("Parts used (用料).")
    hours: list[HoursWorked] = column("Hours of each of the crew (工时).")
    photos_before: list[str] = column("Photos before the work (维修前照片).")
    photos_after: list[str] = column("Photos after the work (维修后照片).")
    signature: str | None = column("The customer's signature (客户签字).")
    no_signature_reason: str | None = column("Why there is none (未签字原因).")
