"""Refusals that a person can act on, as part of a mutation's payload.

Each mutation lists its codes as an enum of its own, so that a client knows what may come:

    @payload(Code.ALREADY_TAKEN, Code.OFFER_CLOSED, description="…")
    class WorkOrderGrabPayload(Payload):
        work_order: WorkOrder | None = strawberry.field(description="…", default=None)

    @mutation(WorkOrderGrabPayload, description="…")
    async def work_order_grab(self, info: Info, input: WorkOrderGrabInput) -> WorkOrderGrabPayload:
        return WorkOrderGrabPayload(work_order=await …)
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension
from strawberry.utils.str_converters import to_camel_case

from dispatch.api.context import Info
from dispatch.api.observed import tell_codes
from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.texts import catalogue, render

AnyPayload = TypeVar("AnyPayload", bound="type[Payload]")

TOP_LEVEL = frozenset(
    {
        Code.UNAUTHENTICATED,
        Code.FORBIDDEN,
        Code.INTERNAL,
        Code.UNAVAILABLE,
        Code.RATE_LIMITED,
        Code.TOO_COSTLY,
        Code.TIMEOUT,
    }
)
"""Codes about the caller or the whole request: errors of the response, never of a payload."""

COMMON = (
    Code.BAD_INPUT,
    Code.REQUIRED,
    Code.TOO_LONG,
    Code.OUT_OF_RANGE,
    Code.NOT_FOUND,
    Code.BUSY,
    Code.STALE_VERSION,
    Code.IDEMPOTENCY_KEY_REUSED,
)
"""Codes that every mutation may answer with."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@strawberry.interface(description="Why something was not done, and what to do about it (提示).")
class UserError:
    field: list[str] = strawberry.field(
        description='Path of the input at fault, e.g. `["input", "placeId"]`; empty: the whole '
        "request (字段)."
    )
    message: str = strawberry.field(description="What is wrong, in the reader's language (说明).")
    remedy: str = strawberry.field(description="What to do about it (处理办法).")
    allowed: list[str] = strawberry.field(
        description="What would be accepted instead, where that is a closed list: steps, values "
        "(可选项)."
    )


class Payload:
    """What payload classes derive from; `payload` gives `user_errors` its exact type."""

    user_errors: list[Any]


@dataclass_transform(field_specifiers=(strawberry.field,), kw_only_default=True)
def payload(*codes: Code, description: str) -> Callable[[AnyPayload], AnyPayload]:
    """Makes a class the payload of the mutation it is named after, with these codes of its own."""

    def make(cls: AnyPayload) -> AnyPayload:
        name = cls.__name__.removesuffix("Payload")
        error = _error_type(name, (*COMMON, *codes))
        cls.__annotations__ = {**cls.__annotations__, "user_errors": list[error]}
        cls.user_errors = strawberry.field(  # type: ignore[assignment]
            default_factory=list,
            description="Why it was not done; empty when it was (提示).",
        )
        made: Any = strawberry.type(cls, description=description)
        made.error_type = error
        return made

    return make


def mutation(made: type[Any], *, description: str, fields: Mapping[str, str] | None = None) -> Any:
    """A mutation field whose refusals become user errors of its payload `made`.

    `fields` renames: the services' name of an argument -> the input's, where they differ.
    """
    return strawberry.mutation(
        description=description, extensions=[_AnswerRefusals(made, fields or {})]
    )


class _AnswerRefusals(FieldExtension):
    def __init__(self, made: type[Any], fields: Mapping[str, str]) -> None:
        self._made = made
        self._fields = fields

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Info, **kwargs: Any
    ) -> Any:
        try:
            return await next_(source, info, **kwargs)
        except Refused as refused:
            known = self._made.error_type.codes
            if any(one.code in TOP_LEVEL or one.code not in known for one in refused.refusals):
                raise
            tell_codes(one.code for one in refused.refusals)
            language = info.context.language
            return self._made(user_errors=[self._answer(one, language) for one in refused.refusals])

    def _answer(self, refusal: Refusal, language: str) -> Any:
        message, remedy = render(refusal, language)
        error = self._made.error_type
        return error(
            code=error.codes[refusal.code],
            field=input_path(refusal, self._fields),
            message=message,
            remedy=remedy,
            allowed=list(refusal.allowed),
        )


def input_path(refusal: Refusal, fields: Mapping[str, str] | None = None) -> list[str]:
    """Where in the input the fault lies, in the schema's spelling; within a JSON document in the
    document's own."""
    if not refusal.field:
        return []
    first, *rest = [(fields or {}).get(part, part) for part in refusal.field]
    if first != "document":
        rest = [to_camel_case(name) for name in rest]
    return ["input", to_camel_case(first), *rest]


def _error_type(name: str, codes: tuple[Code, ...]) -> Any:
    codes = tuple(dict.fromkeys(codes))
    chinese, english = catalogue("zh-CN")["errors"], catalogue("en")["errors"]
    enum: Any = Enum(f"{name}ErrorCode", {code.name: code.value for code in codes}, type=str)
    described: Any = strawberry.enum(enum, description=f"Why `{_mutation_name(name)}` refuses.")
    for value in described.__strawberry_definition__.values:
        texts = f"{english[value.name]['message']} {chinese[value.name]['message']}"
        # What is filled in when it is said stands in angle brackets: <winner>.
        value.description = _PLACEHOLDER.sub(r"<\1>", texts)
    namespace = {
        "__annotations__": {"code": described},
        "__module__": __name__,
        "code": strawberry.field(description="Stable name of the reason (代码)."),
    }
    made: Any = strawberry.type(
        type(f"{name}UserError", (UserError,), namespace),
        description=f"Why `{_mutation_name(name)}` did not do what was asked (提示).",
    )
    made.codes = {code: described(code.value) for code in codes}
    return made


def _mutation_name(name: str) -> str:
    return name[0].lower() + name[1:]
