"""The whole schema, put together from the nouns."""

import asyncio
from collections.abc import Iterable
from functools import cache
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.graphql import OperationType

from dispatch.api.context import Context
from dispatch.api.errors import took_too_long
from dispatch.api.executor import Executor
from dispatch.api.guard import Guard
from dispatch.api.limits import Limits, is_introspection
from dispatch.api.nouns.roots import MUTATIONS, QUERIES, TYPES
from dispatch.api.scalars import SCALARS
from dispatch.api.subscriptions import Subscriptions
from dispatch.api.traced import trace_resolvers
from dispatch.api.trusted import Trust
from dispatch.domain.errors import Code
from dispatch.store.deadlines import within

_INTROSPECTIONS_KEPT = 16


class Schema(strawberry.Schema):
    """Strawberry's schema; each operation has loaders and a trace of its own, and an end."""

    limits = Limits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._introspected: dict[tuple[Any, Any], Any] = {}

    def _create_execution_context(self, *args: Any, **kwargs: Any) -> Any:
        made = super()._create_execution_context(*args, **kwargs)
        if isinstance(made.context, Context):
            made.context = made.context.for_operation()
        return made

    async def _execute_operation(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, execution_context: Any, *rest: Any
    ) -> Any:
        # Writes are not cut off in the midst: the database's own limit is theirs.
        if execution_context.operation_type is not OperationType.QUERY:
            return await super()._execute_operation(execution_context, *rest)
        if is_introspection(execution_context.graphql_document):
            return await self._introspect(execution_context, *rest)
        seconds = self.limits.seconds
        try:
            with within(seconds):
                async with asyncio.timeout(seconds):
                    return await super()._execute_operation(execution_context, *rest)
        except TimeoutError:
            refused = took_too_long(self.limits)
            error = GraphQLError(Code.TIMEOUT.value, original_error=refused)
            execution_context.result = ExecutionResult(data=None, errors=[error])
            return execution_context.result

    async def _introspect(self, execution_context: Any, *rest: Any) -> Any:
        """What the schema says of itself never changes, and takes longer than any other answer."""
        key = (execution_context.query, execution_context.operation_name)
        known = None if execution_context.variables else self._introspected.get(key)
        if known is not None:
            execution_context.result = known
            return known
        result: Any = await super()._execute_operation(execution_context, *rest)
        if not execution_context.variables and not result.errors:
            if len(self._introspected) >= _INTROSPECTIONS_KEPT:
                self._introspected.clear()
            self._introspected[key] = result
        return result

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: the guard logs what is ours to mend, and only that."""


def root(name: str, parts: Iterable[type], description: str) -> type:
    """A root type with the fields of all parts."""
    return strawberry.type(type(name, tuple(parts), {}), description=description)


@cache
def make_schema(
    *,
    limits: Limits | None = None,
    open_introspection: bool = True,
    trust: Trust = Trust.ALSO,
    traced: bool = False,
) -> Schema:
    """The schema with its limits; suggestions of names are part of what introspection shows.

    It takes a good part of a second to make, and serves any number of applications.
    """
    limits = limits or Limits()
    made = Schema(
        query=root("Query", QUERIES, "What can be read (查询)."),
        mutation=root("Mutation", MUTATIONS, "What can be done (操作)."),
        subscription=root("Subscription", (Subscriptions,), "What can be watched (订阅)."),
        types=TYPES,
        execution_context_class=Executor,
        config=StrawberryConfig(
            scalar_map=SCALARS,
            disable_field_suggestions=not open_introspection,
            relay_max_results=0,
        ),
        extensions=[
            lambda: Guard(limits=limits, open_introspection=open_introspection, trust=trust)
        ],
    )
    made.limits = limits
    if traced:
        trace_resolvers(made._schema)  # noqa: SLF001 -- the engine's own, which it executes
    return made


schema = make_schema(open_introspection=True)
