"""More people for a job (请求支援): asked for by the technician, answered by the leader."""

from datetime import datetime
from typing import Optional

import strawberry

from dispatch.api.nouns import batches
from dispatch.api.nouns.base import OfRow, column, related
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_order_mutations import WORK_ORDER
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.nouns.writes import Result, key_field, needed, optional, version_field, write
from dispatch.domain.errors import Code
from dispatch.domain.help_requests import HelpState
from dispatch.services import help_requests
from dispatch.store.help_requests import HelpRequest as HelpRequestRow


@strawberry.type(description="A technician's call for more people on an order (支援请求).")
class HelpRequest(OfRow):
    row = HelpRequestRow

    state: HelpState = column("Where it stands (状态).")
    people: int = column("How many more are needed (人数).")
    trade: str | None = column("Code of the trade needed (工种); null: the order's.")
    reason: str = column("Why (原因).")
    asked_at: datetime = column("When it was asked (请求时间).")
    answered_at: datetime | None = column("When it was answered (答复时间).")
    answered_by_name: str | None = column("Who answered (答复人); `dispatch` is the service.")
    answer: str | None = column("Why not, or the number of the order that brings help (答复).")
    asked_by = related(
        batches.technicians, Optional[Technician], "Who asked (请求人).", key="asked_by_id"
    )
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "For which order (派工单).", key="work_order_id"
    )


@strawberry.input(description="Asks for more people (请求支援).")
class WorkOrderAskHelpInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    people: int = needed("How many more, 1–20 (人数).")
    trade: str | None = optional("Code of the trade (工种), if not the order's.")
    reason: str = needed("Why one is too few (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Sends people along (增派人员).")
class WorkOrderAddHelpersInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    version: int | None = version_field()
    helper_ids: list[strawberry.ID] = needed("Who goes along (协助).", node="Technician")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Lets the dispatch find people (派单支援).")
class WorkOrderDispatchHelpInput:
    work_order_id: strawberry.ID = needed("Whose call for help (派工单).", node="WorkOrder")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Nobody can be sent (拒绝支援).")
class WorkOrderDeclineHelpInput:
    work_order_id: strawberry.ID = needed("Whose call for help (派工单).", node="WorkOrder")
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


_HELP = Result(
    "help_request",
    HelpRequest,
    "The call for help (支援请求); null when refused.",
    HelpRequestRow.id,
)


@strawberry.type
class HelpMutations:
    work_order_ask_help = write(
        help_requests.ask,
        WorkOrderAskHelpInput,
        _HELP,
        Code.WRONG_STEP,
        Code.NOT_YOUR_ORDER,
        Code.ALREADY_EXISTS,
        description="The technician who holds an order asks for more people; the leader is told "
        "(请求支援).",
    )
    work_order_add_helpers = write(
        help_requests.add_helpers,
        WorkOrderAddHelpersInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Sends people along on an order that is held; answers its call for help "
        "(增派人员).",
    )
    work_order_dispatch_help = write(
        help_requests.dispatch_help,
        WorkOrderDispatchHelpInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Makes the help asked for an order of its own, which the optimizer places like "
        "any other; the payload holds that order (派单支援).",
    )
    work_order_decline_help = write(
        help_requests.decline,
        WorkOrderDeclineHelpInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Tells the technician that nobody can be sent, and why (拒绝支援).",
    )
