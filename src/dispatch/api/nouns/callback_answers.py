"""Customers answer callbacks themselves (自助评价): by a link without an account, or by the app."""

from typing import Annotated, Any

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.base import column
from dispatch.api.nouns.callback_mutations import ScoresInput
from dispatch.api.nouns.ticket_mutations import TICKET
from dispatch.api.nouns.writes import (
    arguments_of,
    key_field,
    mutation_field,
    needed,
    optional,
    write,
)
from dispatch.api.user_errors import Payload, payload
from dispatch.domain.errors import Code
from dispatch.services import callback_links, callbacks


@strawberry.type(description="What a customer is asked who follows their link (评价问题).")
class CallbackQuestions:
    site: str = column("The site's name (项目).")
    number: str = column("Number of the report (单号).")
    description: str = column("What was reported (描述).")
    scale: int = column("The best mark; 1 is the worst (评分上限).")


@strawberry.input(description="A customer's answers by their link (链接评价).")
class CallbackAnswerInput:
    secret: str = needed("What stands at the link's end (链接密钥).")
    solved: bool = needed("Was the fault repaired (是否解决)?")
    satisfied: bool = needed("Is the customer satisfied (是否满意)?")
    charge_as_agreed: bool | None = optional("Was the charge as agreed (收费是否与约定一致)?")
    scores: ScoresInput | None = optional("The customer's marks (评分).")
    dissatisfaction_reason: str | None = optional(
        "Why they are not satisfied (不满意原因); needed when they are not."
    )
    remarks: str | None = optional("What else they want to say (客户意见).")


@payload(
    Code.LINK_INVALID,
    Code.CALLBACK_ENDED,
    Code.SCORE_OFF_SCALE,
    description="What came of `callbackAnswer` (结果).",
)
class CallbackAnswerPayload(Payload):
    is_kept: bool = strawberry.field(
        default=False, description="Whether the answers were kept (已记录); the link is then spent."
    )


@strawberry.input(description="The reporter's answers by the app (应用内评价).")
class TicketAnswerCallbackInput:
    ticket_id: strawberry.ID = needed("Which of one's own (报单).", node="Ticket")
    solved: bool = needed("Was the fault repaired (是否解决)?")
    satisfied: bool = needed("Is the customer satisfied (是否满意)?")
    charge_as_agreed: bool | None = optional("Was the charge as agreed (收费是否与约定一致)?")
    scores: ScoresInput | None = optional("The customer's marks (评分).")
    dissatisfaction_reason: str | None = optional(
        "Why they are not satisfied (不满意原因); needed when they are not."
    )
    remarks: str | None = optional("What else they want to say (客户意见).")
    idempotency_key: str | None = key_field()


async def _answer(root: None, info: Info, input: CallbackAnswerInput) -> Any:
    answers = arguments_of(input)
    secret = answers.pop("secret")
    await callback_links.answer(
        info.context.services, secret=secret, origin=info.context.origin, answers=answers
    )
    return CallbackAnswerPayload(is_kept=True)


@strawberry.type
class CallbackAnswerQueries:
    @strawberry.field(
        description="What a customer is asked by their link; open to whoever holds it (评价问题)."
    )
    async def callback_questions(
        root: None,
        info: Info,
        secret: Annotated[
            str, strawberry.argument(description="What stands at the link's end (链接密钥).")
        ],
    ) -> CallbackQuestions:
        asked = await callback_links.questions(
            info.context.services, secret=secret, origin=info.context.origin
        )
        return CallbackQuestions(
            site=asked.site, number=asked.number, description=asked.description, scale=asked.scale
        )


@strawberry.type
class CallbackAnswerMutations:
    callback_answer = mutation_field(
        _answer,
        CallbackAnswerPayload,
        CallbackAnswerInput,
        description="Answers a callback by the link that was sent, once and without signing in; a "
        "late answer is kept, too (链接评价).",
    )
    ticket_answer_callback = write(
        callbacks.answer_own,
        TicketAnswerCallbackInput,
        TICKET,
        Code.CALLBACK_ENDED,
        Code.SCORE_OFF_SCALE,
        Code.WRONG_STEP,
        description="The reporter answers in place of a call, by the app (应用内评价).",
    )
