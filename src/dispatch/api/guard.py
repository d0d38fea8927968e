"""What stands between a request and its execution: parse, measure, check rights, validate."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import MaxIntrospectionDepthRule
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from dispatch.api.auth import check_roots
from dispatch.api.budgets import Left
from dispatch.api.context import Context
from dispatch.api.errors import present
from dispatch.api.limits import Limits, Measure, measure, too_costly
from dispatch.api.observed import note_errors, note_operation
from dispatch.api.trusted import Trust, text_of
from dispatch.domain.errors import Code, Refused, refuse
from dispatch.telemetry import metrics

# Documents are few and sent again and again; one of the longest is some 100 KB as a tree.
_DOCUMENTS_KEPT = 256
_KEPT_LENGTH_MOST = 20_000
_JSON_DEPTH_MOST = 32
# PostgreSQL stores no NUL in text; SQLite would, and cut it off later.
_NUL_IN_DOCUMENT = re.compile(r"\x00|\\u0{4}|\\u\{0+\}")

_NOTHING = "{ __typename }"

_RULES = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
    MaxIntrospectionDepthRule,
)


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _parsed(query: str, tokens: int) -> DocumentNode:
    return parse(query, max_tokens=tokens)


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _validated(schema: GraphQLSchema, document: DocumentNode) -> tuple[GraphQLError, ...]:
    return tuple(validate(schema, document, _RULES, max_errors=20))


class Guard(SchemaExtension):
    """One per operation."""

    limits: Limits
    open_introspection: bool
    trust: Trust

    def __init__(self, *, limits: Limits, open_introspection: bool, trust: Trust) -> None:
        self.limits = limits
        self.trust = trust
        self.open_introspection = open_introspection
        self._measure: Measure | None = None
        self._unread: Refused | None = None
        self._left: Left | None = None
        self._is_subscription = False

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = self.limits.tokens
        if context.query:
            try:
                _check_length(context.query, most=self.limits.length)
                context.query = text_of(context.query, self.trust)
            except Refused as refused:
                # Said where all refusals are; until then something harmless stands there.
                self._unread, context.query = refused, _NOTHING
        yield
        result = self.execution_context.result
        if result is not None and result.errors:
            result.errors = self._shown(result.errors)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        if self._is_subscription:
            metrics.MADE.inc()
        if result.errors:
            result.errors = self._shown(result.errors)
        yield

    def on_parse(self) -> Iterator[None]:
        query = self.execution_context.query
        if query is not None and len(query) <= _KEPT_LENGTH_MOST:
            try:
                document = _parsed(query, self.limits.tokens)
            except (GraphQLError, RecursionError):
                document = None  # Parsed once more by the engine, which reports what is wrong.
            self.execution_context.graphql_document = document
        yield

    def on_validate(self) -> Iterator[None]:
        try:
            errors = self._check()
        except Refused as refused:
            errors = [GraphQLError(refused.refusals[0].code.value, original_error=refused)]
        self.execution_context.pre_execution_errors = errors
        yield

    def get_results(self) -> dict[str, Any]:
        if self._measure is None or not self.execution_context.context.pays:
            return {}
        cost: dict[str, Any] = {"requested": self._measure.cost, "limit": self.limits.cost}
        if self._left is not None:
            cost["remaining"] = self._left.remaining
            cost["resetAt"] = self._left.resets_at.isoformat(timespec="seconds")
        return {"cost": cost}

    def _check(self) -> list[GraphQLError]:
        if self._unread is not None:
            raise self._unread
        context = self.execution_context
        document = context.graphql_document
        if document is None:
            return []
        if _NUL_IN_DOCUMENT.search(context.query or ""):
            raise refuse(Code.BAD_INPUT, detail="NUL (U+0000) in a text")
        check_variables(context.variables, most=self.limits.values)
        _check_choice(document, context._provided_operation_name)  # noqa: SLF001
        schema = context.schema._schema  # noqa: SLF001
        self._measure = measure(
            schema,
            document,
            operation_name=context.operation_name,
            variables=context.variables,
            limits=self.limits,
        )
        caller: Context = context.context
        note_operation(context.operation_name, context.operation_type, context.query)
        check_roots(caller.caller, self._measure, open_introspection=self.open_introspection)
        if caller.pays:
            self._left = caller.backing.budgets.spend(caller.purse, self._measure.cost)
        if len(context.query or "") > _KEPT_LENGTH_MOST:
            errors = _validated.__wrapped__(schema, document)
        else:
            errors = _validated(schema, document)
        if not errors and context.operation_type is OperationType.SUBSCRIPTION:
            self._is_subscription = True
            if caller.reader is not None:
                caller.reader.is_watched = True
        return list(errors)

    def _shown(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        context: Context = self.execution_context.context
        shown = present(
            errors, language=context.language, trace_id=context.trace_id, limits=self.limits
        )
        note_errors(shown)
        return shown


def _check_choice(document: DocumentNode, name: str | None) -> None:
    """Refuses a document of several operations when it is left open which one is meant."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name is None and len(operations) > 1:
        detail = "`operationName` must name one operation of the document"
        raise refuse(Code.BAD_INPUT, field="operationName", detail=detail)


def _check_length(query: str, *, most: int) -> None:
    if len(query) > most:
        raise too_costly("length", requested=len(query), limit=most)


def check_variables(variables: Any, *, most: int) -> None:
    """Refuses variables nested deeper than any input of ours or with too many values, and text
    that cannot be stored."""
    level = [variables]
    count = 0
    for _ in range(_JSON_DEPTH_MOST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.keys()
                below += value.values()
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str) and "\x00" in value:
                raise refuse(Code.BAD_INPUT, field="variables", detail="NUL (U+0000) in a text")
        if not below:
            return
        count += len(below)
        if count > most:
            raise too_costly("values", requested=count, limit=most)
        level = below
    raise refuse(
        Code.BAD_INPUT,
        field="variables",
        detail=f"nested deeper than {_JSON_DEPTH_MOST} levels",
    )
