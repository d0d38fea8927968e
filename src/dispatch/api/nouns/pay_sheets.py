"""Hours of temporary workers (工时单): signed off by the lead, summed up to their pay sheet."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Optional

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related
from dispatch.api.nouns.lists import SiteId
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code
from dispatch.domain.technicians import PayBasis
from dispatch.services import pay_sheets
from dispatch.store.pay_sheets import SignedHours as SignedHoursRow


@strawberry.type(
    description="Hours of one person on one order, signed off; never changed, only corrected by "
    "others (已签工时)."
)
class SignedHours(OfRow, Node):
    row = SignedHoursRow

    day: date = column("The day on which the work began (日期).")
    seconds: Seconds = column("How long, as signed (签认工时).", name="worked")
    counted_s: Seconds = column("How long, as counted on site (计时工时).", name="counted")
    pay_basis: PayBasis | None = column("By what it is paid (计酬方式).")
    pay_amount: Decimal | None = column("The rate agreed when it was signed (单价).")
    pay_currency: str | None = column("ISO 4217 code (币种).")
    reason: str | None = column("Why other than counted, or why corrected (原因).")
    signed_at: datetime = column("When (签认时间).")
    signed_by_name: str = column("Who signed (签认人).")
    technician = related(
        batches.technicians, Optional[Technician], "Whose (人员).", key="technician_id"
    )
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "On which order (派工单).", key="work_order_id"
    )


@strawberry.type(description="A day of a pay sheet (日结).")
class PayDay:
    day: date = column("The day (日期).")
    worked_s: Seconds = column("Hours signed (签认工时).", name="worked")
    amount: Decimal | None = column("What they come to (金额); null: pay not agreed.")
    currency: str | None = column("ISO 4217 code (币种).")


@strawberry.type(description="What a pay sheet comes to in a currency (合计).")
class PayTotal:
    amount: Decimal = column("The sum of its days (金额).")
    currency: str = column("ISO 4217 code (币种).")


@strawberry.type(description="Hours that wait for the lead's signature; not paid yet (待签工时).")
class UnsignedHours:
    order_id: strawberry.Private[int]
    day: date = column("The day on which the work began (日期).")
    worked_s: Seconds = column("How long, as counted on site (计时工时).", name="worked")
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "On which order (派工单).", key="order_id"
    )


@strawberry.type(description="A worker's signed hours and what they come to (工时结算单).")
class PaySheet:
    lines: list[SignedHours] = column("Hours in force, per day and order (工时明细).")
    days: list[PayDay] = column("Per day (日结).")
    totals: list[PayTotal] = column("Per currency (合计).")
    unsigned: list[UnsignedHours] = column("What nobody has signed yet (待签工时).")
    worked_s: Seconds = column("All hours signed (签认工时合计).", name="worked")


@strawberry.input(description="Signs somebody's hours on an order off (签认工时).")
class HoursSignInput:
    work_order_id: strawberry.ID = needed(
        "Which order (派工单); it must be done.", node="WorkOrder"
    )
    technician_id: strawberry.ID = needed("Whose hours (人员).", node="Technician")
    seconds: Seconds | None = optional(
        "How long (工时); left out: as counted on site.", name="worked"
    )
    reason: str | None = optional("Why other than counted (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Puts other hours in place of signed ones (更正工时).")
class HoursCorrectInput:
    signed_hours_id: strawberry.ID = needed("Which (已签工时).", node="SignedHours")
    seconds: Seconds = needed("How long in truth (工时).", name="worked")
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


_HOURS = Result(
    "signed_hours", SignedHours, "The hours in force now (已签工时).", SignedHoursRow.id
)


@strawberry.type
class PaySheetMutations:
    hours_sign = write(
        pay_sheets.sign,
        HoursSignInput,
        _HOURS,
        Code.WRONG_STEP,
        Code.ALREADY_EXISTS,
        description="Signs off the hours of a vendor's or temporary worker on an order that is "
        "done; by the crew's lead or a leader of the site, never one's own (签认工时).",
        renamed={"seconds": "worked"},
    )
    hours_correct = write(
        pay_sheets.correct,
        HoursCorrectInput,
        _HOURS,
        Code.ALREADY_EXISTS,
        description="Corrects signed hours by a further row with the reason; what was signed "
        "stays on record (更正工时).",
        renamed={"seconds": "worked"},
    )


@strawberry.type
class PaySheetQueries:
    @strawberry.field(
        description="A worker's pay sheet at a site, at most 366 days: for themself, for who "
        "signs hours there and for finance (工时结算单)."
    )
    async def pay_sheet(
        root: None,
        info: Info,
        site_id: SiteId,
        technician_id: Annotated[strawberry.ID, strawberry.argument(description="Whose (人员).")],
        from_: Annotated[
            date, strawberry.argument(name="from", description="The first day (起始日).")
        ],
        to: Annotated[date, strawberry.argument(description="The last day (截止日).")],
    ) -> PaySheet:
        async with info.context.reading() as tx:
            found = await pay_sheets.sheet(
                tx,
                site_id=ids.decode(site_id, "Site", field="site_id"),
                technician_id=ids.decode(technician_id, "Technician", field="technician_id"),
                from_day=from_,
                to_day=to,
            )
        return PaySheet(
            lines=list(found.lines),  # type: ignore[arg-type]
            days=[
                PayDay(
                    day=each.day,
                    worked_s=Seconds(each.seconds),
                    amount=each.amount,
                    currency=each.currency,
                )
                for each in found.days
            ],
            totals=[PayTotal(amount=each.amount, currency=each.currency) for each in found.totals],
            unsigned=[
                UnsignedHours(
                    order_id=each.work_order_id, day=each.day, worked_s=Seconds(each.seconds)
                )
                for each in found.unsigned
            ],
            worked_s=Seconds(found.seconds),
        )
