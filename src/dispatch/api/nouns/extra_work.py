"""More that the customer asks for on the spot (现场增项)."""

from datetime import datetime
from typing import Optional

import strawberry

from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, lazily, related
from dispatch.api.nouns.categories import Category
from dispatch.api.nouns.writes import (
    Result,
    key_field,
    needed,
    optional,
    version_field,
    write,
)
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code
from dispatch.services import extra_work
from dispatch.store.extra_work import ExtraWork as ExtraWorkRow


@strawberry.type(description="Work that was asked for during a visit (现场增项).")
class ExtraWork(OfRow, Node):
    row = ExtraWorkRow

    description: str = column("What was asked for (描述).")
    duration_s: Seconds = column("Expected time for it (预计工时).", name="duration")
    added_by_name: str = column("Who noted it (记录人).")
    created_at: datetime = column("When (时间).")
    category = related(
        batches.categories, Optional[Category], "What it is (类别).", key="category_id"
    )
    work_order = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The visit (派工单).",
        key="work_order_id",
    )
    new_ticket = related(
        batches.tickets,
        Optional[lazily("Ticket", "tickets")],
        "The ticket it became, linked to the first (新报单); null: done in the same visit.",
        key="new_ticket_id",
    )


@strawberry.input(description="More to do while somebody is there (现场增项).")
class WorkOrderAddWorkInput:
    work_order_id: strawberry.ID = needed("The visit (派工单).", node="WorkOrder")
    version: int | None = version_field()
    category_id: strawberry.ID = needed("What it is (类别).", node="Category")
    description: str = needed("What was asked for (描述).")
    duration_s: Seconds | None = optional(
        "Expected time for it (预计工时); default: the category's.", name="duration"
    )
    idempotency_key: str | None = key_field()


_EXTRA = Result("extra_work", ExtraWork, "What was noted (现场增项); null when refused.")


@strawberry.type
class ExtraWorkMutations:
    work_order_add_work = write(
        extra_work.add,
        WorkOrderAddWorkInput,
        _EXTRA,
        Code.WRONG_STEP,
        Code.NOT_YOUR_ORDER,
        Code.CATEGORY_NOT_A_LEAF,
        description="Adds work to the visit if its technician can do it; else it becomes a new "
        "ticket linked to the first (现场增项).",
        renamed={"duration_s": "duration"},
    )
