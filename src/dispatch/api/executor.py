"""Executes operations: graphql-core's executor, with a shorter way for what needs no waiting.

Most fields of an answer are attributes of rows at hand. For those the engine's general way (an
object of circumstances for each field, arguments, a look whether the result must be awaited) costs
many times what it takes to read them. How the fields of a selection are told is found out once for
all objects of a list; a field that is not plain, or whose value is not what its type says, goes the
engine's own way, which also words every error.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    TypeNameMetaFieldDef,
    get_argument_values,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path, Undefined, gather_with_cancel
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from dispatch.api.context import Context
from dispatch.api.quick import KEY, LATER, Lookup, Quick, tells

_DEFINITION = "strawberry-definition"
Details = list[FieldDetails]
_Shown: TypeAlias = "dict[tuple[Step, int], tuple[Any, Any]]"
"""Objects that were shown by a field before, and how."""
_INT_MOST = 2**31 - 1


class Step:
    """How one field of a selection is told; without `tell` by the engine's own way."""

    __slots__ = (
        "below",
        "details",
        "field_type",
        "is_list",
        "is_required",
        "leaf",
        "lookup",
        "name",
        "of",
        "tell",
    )

    def __init__(self, name: str, details: Details) -> None:
        self.name = name
        self.details = details
        self.tell: Callable[[Any, Any], Any] | None = None
        self.lookup: Lookup | None = None
        self.leaf: Callable[[Any], Any] | None = None
        self.of: GraphQLObjectType | None = None
        self.below: list[Step] | None = None
        self.is_list = False
        self.is_required = False
        self.field_type: Any = None


class Executor(StrawberryGraphQLCoreExecutionContext):
    """One per operation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._steps: dict[int, tuple[Any, list[Step]]] = {}
        if isinstance(self.context_value, Context):
            self.context_value.executor = self

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Like the engine's; a field at a time, what must be awaited at last and together."""
        results: dict[str, Any] = {}
        waiting: list[str] = []
        context = self.context_value
        try:
            for step in self._steps_of(parent_type, grouped_field_set):
                name, result = step.name, LATER
                if step.tell is not None:
                    result = self._told(step, source_value, context, path, parent_type.name)
                if result is LATER:
                    result = self.execute_field(
                        parent_type,
                        source_value,
                        step.details,
                        Path(path, name, parent_type.name),
                        position_context,
                    )
                elif step.leaf is not None or result is None:
                    results[name] = result
                    continue
                if result is not Undefined:
                    results[name] = result
                    if self.is_awaitable(result):
                        waiting.append(name)
        except Exception:
            if waiting:
                self.settle_in_background([results[name] for name in waiting])
            raise
        return self._when_all(results, waiting) if waiting else results

    def _told(self, step: Step, row: Any, context: Any, path: Path | None, parent_name: str) -> Any:
        """The field's value as it is sent, or objects with theirs; `LATER` where its resolver has
        to be asked, or the engine has to say what is wrong."""
        try:
            value = step.tell(row, context)  # type: ignore[misc]
            if value is None:
                return LATER if step.is_required else None
            if value is LATER or step.leaf is not None:
                return value if value is LATER else step.leaf(value)  # type: ignore[misc]
        except Exception:  # noqa: BLE001 -- worded by the engine's way
            return LATER
        return self._below(step, value, Path(path, step.name, parent_name))

    async def _when_all(self, results: dict[str, Any], waiting: list[str]) -> dict[str, Any]:
        if len(waiting) == 1:
            results[waiting[0]] = await results[waiting[0]]
        else:
            found = await gather_with_cancel(*(results[name] for name in waiting))
            results.update(zip(waiting, found, strict=True))
        return results

    def _below(self, step: Step, value: Any, path: Path) -> Any:
        """The objects of a field, with their own fields."""
        of = step.of
        assert of is not None
        try:
            if not step.is_list:
                result = self.collect_and_execute_subfields(of, step.details, path, value, None)
                return self._guarded(result, step, path) if self.is_awaitable(result) else result
            return self._list_below(step, of, value, path)
        except Exception as error:  # noqa: BLE001 -- handed to the engine
            self.handle_field_error(error, step.field_type, step.details, path)
            return None

    def _list_below(self, step: Step, of: GraphQLObjectType, value: Any, path: Path) -> Any:
        below: list[Any] = []
        waiting: list[int] = []
        steps, shown = self.steps(of, step.details), {}
        is_plain = True
        try:
            for place, each in enumerate(value):
                if is_plain:
                    result = self._plain(steps, each, shown)
                    if result is not LATER:
                        below.append(result)
                        continue
                    # The others of the list are of the same kind: not tried in vain.
                    is_plain = False
                result = self.collect_and_execute_subfields(
                    of, step.details, Path(path, place, None), each, None
                )
                if self.is_awaitable(result):
                    waiting.append(place)
                below.append(result)
        except Exception:
            self.settle_in_background([below[place] for place in waiting])
            raise
        if waiting:
            return self._guarded(self._when_listed(below, waiting), step, path)
        return below

    def _plain(self, steps: Sequence[Step], row: Any, shown: _Shown) -> Any:
        """An object with all that is selected of it, where nothing has to be asked or worded by
        the engine; else `LATER`. An object that many rows name is put together once."""
        try:
            return self._plainly(steps, row, self.context_value, shown)
        except Exception:  # noqa: BLE001 -- worded by the engine's way
            return LATER

    def _plainly(self, steps: Sequence[Step], row: Any, context: Any, shown: _Shown) -> Any:
        results: dict[str, Any] = {}
        for step in steps:
            if step.tell is None:
                return LATER
            told = step.tell(row, context)
            if told is LATER or (told is None and step.is_required):
                return LATER
            if told is not None:
                if step.leaf is not None:
                    told = step.leaf(told)
                elif step.is_list:
                    below = self._steps_below(step)
                    told = [self._plainly(below, each, context, shown) for each in told]
                    if LATER in told:
                        return LATER
                else:
                    known = shown.get((step, id(told)))
                    if known is None:
                        result = self._plainly(self._steps_below(step), told, context, shown)
                        # Kept with what it shows: as long as that lives, nothing has its number.
                        known = shown[step, id(told)] = (told, result)
                    told = known[1]
                    if told is LATER:
                        return LATER
            results[step.name] = told
        return results

    def _steps_below(self, step: Step) -> list[Step]:
        if step.below is None:
            assert step.of is not None
            step.below = self.steps(step.of, step.details)
        return step.below

    async def _when_listed(self, below: list[Any], waiting: list[int]) -> list[Any]:
        found = await gather_with_cancel(*(below[place] for place in waiting))
        for place, each in zip(waiting, found, strict=True):
            below[place] = each
        return below

    async def _guarded(self, result: Awaitable[Any], step: Step, path: Path) -> Any:
        try:
            return await result
        except Exception as error:  # noqa: BLE001 -- handed to the engine
            self.handle_field_error(error, step.field_type, step.details, path)
            return None

    def steps(self, kind: GraphQLObjectType, details: Details) -> list[Step]:
        """How the fields are told that are selected of objects of a kind."""
        return self._steps_of(kind, self.collect_subfields(kind, details)[0])

    def _steps_of(self, parent_type: GraphQLObjectType, grouped_field_set: Any) -> list[Step]:
        known = self._steps.get(id(grouped_field_set))
        if known is None:
            steps = [self._step(parent_type, *each) for each in grouped_field_set.items()]
            # Kept with its steps: as long as it lives, nothing else has its number.
            known = self._steps[id(grouped_field_set)] = (grouped_field_set, steps)
        return known[1]

    def _step(self, parent_type: GraphQLObjectType, name: str, details: Details) -> Step:
        step = Step(name, details)
        field = self.schema.get_field(parent_type, details[0].node.name.value)
        # Who looks at every field on its way sees none that is told the shorter way.
        if field is None or (self.middleware_manager and self.middleware_manager.middlewares):
            return step
        step.field_type = field.type
        kind = field.type
        if is_non_null_type(kind):
            step.is_required, kind = True, kind.of_type
        if is_list_type(kind):
            # A list whose items may be null is seldom, and left to the engine.
            if not is_non_null_type(kind.of_type) or not is_object_type(kind.of_type.of_type):
                return step
            step.is_list, step.of = True, kind.of_type.of_type
        elif is_leaf_type(kind):
            step.leaf = _leaf(kind)
        elif is_object_type(kind):
            step.of = kind
        else:
            return step
        step.lookup = self._lookup(field, details)
        step.tell = tells(step.lookup) if step.lookup else _tell(parent_type, field)
        return step

    def _lookup(self, field: GraphQLField, details: Details) -> Lookup | None:
        quick = _quick(field)
        if quick is None or quick.lookup is None:
            return None
        try:
            return quick.lookup(get_argument_values(field, details[0].node, self.variable_values))
        except Exception:  # noqa: BLE001 -- the resolver refuses it in its own words
            return None


def _quick(field: GraphQLField) -> Quick | None:
    definition = field.extensions.get(_DEFINITION)
    return definition.metadata.get(KEY) if definition is not None else None


def _tell(parent_type: GraphQLObjectType, field: GraphQLField) -> Any:
    if field is TypeNameMetaFieldDef:
        return lambda _row, _context: parent_type.name
    definition, quick = field.extensions.get(_DEFINITION), _quick(field)
    if quick is not None:
        return quick.of_kind(parent_type.name) if quick.of_kind is not None else quick.tell
    if definition is None or field.args:
        return None
    if definition.is_basic_field:
        return _attribute(definition.python_name)
    return _of_row(definition)


def _of_row(definition: Any) -> Callable[[Any, Any], Any] | None:
    """A resolver that is given the row alone, and has nothing to wait for."""
    resolver = definition.base_resolver
    if resolver is None or resolver.is_async or definition.extensions:
        return None
    function = resolver.wrapped_func
    if not callable(function) or list(resolver.signature.parameters) != ["root"]:
        return None
    return lambda row, _context: function(row)


def _attribute(name: str) -> Callable[[Any, Any], Any]:
    def tell(row: Any, _context: Any) -> Any:
        # Past the descriptor of a mapped column, which costs more than all the rest.
        try:
            return row.__dict__[name]
        except (AttributeError, KeyError):
            return getattr(row, name, LATER)

    return tell


def _leaf(kind: Any) -> Callable[[Any], Any]:
    """A function that gives the value as it is sent; raises what the engine words better."""
    complete = StrawberryGraphQLCoreExecutionContext.complete_leaf_value
    if kind.name in ("String", "ID"):
        return lambda value: value if type(value) is str else complete(kind, value)
    if kind.name == "Int":
        return lambda value: (
            value
            if type(value) is int and -_INT_MOST <= value <= _INT_MOST
            else complete(kind, value)
        )
    if kind.name == "Boolean":
        return lambda value: value if type(value) is bool else complete(kind, value)
    if isinstance(kind, GraphQLEnumType):
        names: dict[Any, Any] = {}

        def name_of(value: Any) -> Any:
            found = names.get(value)
            if found is None:
                found = names[value] = complete(kind, value)
            return found

        return name_of
    return lambda value: complete(kind, value)
