"""What is done about complaints, matters and orders of goods (投诉、报事、特约服务)."""

from datetime import datetime

import strawberry

from dispatch.api.nouns.cases import Case, Responsibility, ServiceOrder
from dispatch.api.nouns.ticket_mutations import TICKET
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.domain.cases import Concern, Level
from dispatch.domain.errors import Code
from dispatch.services import cases, linked_tickets, responsibilities, service_orders
from dispatch.store import cases as store


def _ticket() -> strawberry.ID:
    return needed("Which (报单).", node="Ticket")


@strawberry.input(description="Takes a complaint or a matter on (受理).")
class CaseTakeInput:
    ticket_id: strawberry.ID = _ticket()
    idempotency_key: str | None = key_field()


@strawberry.input(description="The caller was contacted (联系客户).")
class CaseContactInput:
    ticket_id: strawberry.ID = _ticket()
    note: str = needed("What was said (沟通记录).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="How grave a complaint is (投诉定级).")
class CaseSetLevelInput:
    ticket_id: strawberry.ID = _ticket()
    level: Level = needed("How grave (等级).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="To the department responsible (转派部门).")
class CaseRouteInput:
    ticket_id: strawberry.ID = _ticket()
    concern: Concern = needed("What it is about (事项).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="To who is to do it (转交经办人).")
class CaseHandOnInput:
    ticket_id: strawberry.ID = _ticket()
    handler_id: strawberry.ID = needed("Whose account (经办人).", node="User")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A complaint or a matter is solved (处理完成).")
class CaseSolveInput:
    ticket_id: strawberry.ID = _ticket()
    solution: str = needed("What was done about it (处理结果).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A repair found in a complaint or a matter (拆分报修).")
class CaseSplitRepairInput:
    ticket_id: strawberry.ID = _ticket()
    description: str = needed("What is to be repaired (描述).")
    place_id: strawberry.ID | None = optional(
        "Where, if not at the same place (位置).", node="Place"
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="Who delivers what was ordered, and when (确认订单).")
class ServiceOrderConfirmInput:
    ticket_id: strawberry.ID = _ticket()
    provider: str = needed("Who delivers (服务商).")
    confirmed_with: str = needed("Who there agreed to it (服务商确认人).")
    starts_at: datetime = needed("Delivered from here (送达时段起) …")
    ends_at: datetime = needed("… until here (送达时段止).")
    note: str | None = optional("What else was agreed (备注).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="What was ordered cannot be delivered (拒绝订单).")
class ServiceOrderDeclineInput:
    ticket_id: strawberry.ID = _ticket()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Who answers for a concern (设置责任分工).")
class ResponsibilityAssignInput:
    site_id: strawberry.ID = needed("At which site (项目).", node="Site")
    concern: Concern = needed("For which concern (事项).")
    department: str = needed("Which department (部门).")
    lead_id: strawberry.ID = needed("Whose account leads it (负责人).", node="User")
    idempotency_key: str | None = key_field()


_CASE = Result("case", Case, "How it is handled now (处理情况); null when refused.", store.Case.id)
_SERVICE = Result(
    "service_order",
    ServiceOrder,
    "What was ordered, as it stands now (特约服务单); null when refused.",
    store.ServiceOrder.id,
)
_RESPONSIBILITY = Result(
    "responsibility",
    Responsibility,
    "Who answers for it now (责任分工); null when refused.",
    store.Responsibility.id,
)


@strawberry.type
class CaseMutations:
    case_take = write(
        cases.take,
        CaseTakeInput,
        _CASE,
        Code.ALREADY_TAKEN,
        Code.WRONG_STEP,
        description="Takes a complaint or a matter on; who reported it is told (受理投诉).",
    )
    case_contact = write(
        cases.contact,
        CaseContactInput,
        _CASE,
        Code.WRONG_STEP,
        description="Notes that the caller was contacted, and what was said (联系投诉人).",
    )
    case_set_level = write(
        cases.set_level,
        CaseSetLevelInput,
        _CASE,
        description="Says how grave a complaint is; for its lead. Managers hear of a high level "
        "at once (投诉定级).",
    )
    case_route = write(
        cases.route,
        CaseRouteInput,
        _CASE,
        description="Gives a matter to the department that is responsible for it; its lead is "
        "told (转派部门).",
    )
    case_hand_on = write(
        cases.hand_on,
        CaseHandOnInput,
        _CASE,
        description="The department's lead hands a matter to who is to do it (转交经办人).",
    )
    case_solve = write(
        cases.solve,
        CaseSolveInput,
        _CASE,
        Code.WRONG_STEP,
        description="Says what was done; the customer is then called back (处理完成).",
    )
    case_split_repair = write(
        linked_tickets.split_repair,
        CaseSplitRepairInput,
        TICKET,
        description="Makes repair work found in a complaint or a matter a repair ticket of its "
        "own, linked to it (拆分报修).",
        creates=True,
    )
    service_order_confirm = write(
        service_orders.confirm,
        ServiceOrderConfirmInput,
        _SERVICE,
        description="The provider has agreed to deliver within a window; the customer is told "
        "both (确认订单).",
    )
    service_order_decline = write(
        service_orders.decline,
        ServiceOrderDeclineInput,
        _SERVICE,
        description="No provider can deliver what was ordered; the customer is told (拒绝订单).",
    )
    responsibility_assign = write(
        responsibilities.assign,
        ResponsibilityAssignInput,
        _RESPONSIBILITY,
        description="Names the department that answers for a concern, and its lead (责任分工).",
    )
