"""Which way a ticket goes (流转): merged, owned, checked, helped, handed over, split."""

import strawberry

from dispatch.api.nouns.ticket_mutations import TICKET
from dispatch.api.nouns.writes import (
    arguments_of,
    key_field,
    needed,
    optional,
    version_field,
    write,
)
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code
from dispatch.domain.tickets import Area
from dispatch.services import (
    check_decisions,
    hand_over,
    merging,
    ownership,
    precedence,
    remote_help,
)
from dispatch.services.precedence import WorkInput


@strawberry.input(description="Makes a ticket part of another one (合并报单).")
class TicketMergeInput:
    ticket_id: strawberry.ID = needed("Which ends as a part (被合并报单).", node="Ticket")
    version: int | None = version_field()
    into_id: strawberry.ID = needed("The main one, worked on for both (主单).", node="Ticket")
    note: str | None = optional("Why they are the same (说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Takes a ticket that nobody owns (受理).")
class TicketTakeInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Gives a ticket to a colleague (转交首问责任).")
class TicketChangeOwnerInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    owner_id: strawberry.ID = needed("Who answers for it from now on (首问责任人).", node="User")
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Agrees to a report before dispatch, or not (审核报单).")
class TicketCheckInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    agreed: bool = needed("Whether work may be sent (是否同意); false ends the ticket.")
    note: str | None = optional("What to note (审核意见); needed when not agreed.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Says whether the guide helped (自助结果).")
class TicketAnswerGuideInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    solved: bool = needed("True: solved, nobody comes; false: a visit is ordered (是否解决).")
    note: str | None = optional("What was tried (说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Hands a left-over construction fault to the steward (遗留工程交接).")
class TicketHandOverInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    note: str = needed("What the steward must know (交接说明).")
    steward_id: strawberry.ID | None = optional(
        "Whom (管家); default: the steward of the place.", node="User"
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="The builder has put a left-over fault right (遗留工程完成).")
class TicketReportFixedInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    note: str = needed("What was done (处理说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="One trade's part of a ticket (分项作业).")
class TicketWorkInput:
    category_id: strawberry.ID | None = optional("What it is (类别).", node="Category")
    trade: str | None = optional("Code of the trade (工种); default: the category's.")
    level: int | None = optional("Least skill level, 1–3 (等级).")
    duration_s: Seconds | None = optional("Expected time on site (预计工时).", name="duration")
    crew_size: int | None = optional("People needed at once (人数).")
    area: Area | None = optional("In a home or public (入户、公区).")
    instructions: str | None = optional("What the technician should know (作业说明).")
    after: int | None = optional(
        "Which part of this list, counted from 0, must be done before (前置); default: none."
    )

    def argument(self) -> WorkInput:
        return WorkInput(**arguments_of(self))


@strawberry.input(description="Makes an order for each trade (多工种拆分), in one go.")
class TicketSplitInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    works: list[TicketWorkInput] = needed("The parts, at most 20 (分项作业).")
    idempotency_key: str | None = key_field()


@strawberry.type
class TicketWayMutations:
    ticket_merge = write(
        merging.merge,
        TicketMergeInput,
        TICKET,
        Code.WRONG_STEP,
        Code.WORK_HAS_STARTED,
        Code.CANNOT_MERGE,
        description="Ends a ticket as part of another one, which is answered for both (合并报单).",
    )
    ticket_take = write(
        ownership.take,
        TicketTakeInput,
        TICKET,
        Code.WRONG_STEP,
        Code.ALREADY_TAKEN,
        description="The caller answers for a ticket that nobody took yet (受理).",
    )
    ticket_change_owner = write(
        ownership.hand_over,
        TicketChangeOwnerInput,
        TICKET,
        Code.WRONG_STEP,
        description="Gives a ticket to a colleague, who is told (转交首问责任).",
    )
    ticket_check = write(
        check_decisions.decide,
        TicketCheckInput,
        TICKET,
        Code.WRONG_STEP,
        Code.CHECK_NOT_PENDING,
        description="Decides the check whose turn it is; after the last one the waiting visit is "
        "ordered (审核报单).",
    )
    ticket_answer_guide = write(
        remote_help.answer_guide,
        TicketAnswerGuideInput,
        TICKET,
        Code.WRONG_STEP,
        Code.WORK_HAS_STARTED,
        description="Says whether the guide helped, for the reporter themself or the desk "
        "(自助结果).",
    )
    ticket_hand_over = write(
        hand_over.hand_to_steward,
        TicketHandOverInput,
        TICKET,
        Code.WRONG_STEP,
        Code.NO_STEWARD,
        description="Hands a left-over construction fault to the steward, who is told "
        "(遗留工程交接).",
    )
    ticket_report_fixed = write(
        hand_over.report_fixed,
        TicketReportFixedInput,
        TICKET,
        Code.WRONG_STEP,
        description="A handed-over fault is put right; the customer is called back (遗留工程完成).",
    )
    ticket_split = write(
        precedence.split,
        TicketSplitInput,
        TICKET,
        Code.WRONG_STEP,
        Code.CHECK_PENDING,
        Code.CATEGORY_NOT_A_LEAF,
        description="Makes an order for each trade, with an order between them (多工种拆分).",
        renamed={"duration_s": "duration"},
    )
