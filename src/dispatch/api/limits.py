"""What a document may ask for, found out before it runs and in time linear in its length.

One walk with a memory of each fragment: a fragment spread a thousand times is looked at once. The
cost is the number of fields the answer may hold at most: a connection multiplies what is in its
items by its `first` or `last`, `nodes(ids)` by the number of ids, a list without pages by ten.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from dispatch.api.connections import PAGE_MOST
from dispatch.domain.errors import Code, Refused, refuse

BARE_LIST = 10
COUNTING = 20
"""Cost of `totalCount`: the database counts rows that the answer does not hold."""

# Nesting of selections in the text itself: beyond it the interpreter's stack would be the limit.
_NESTING_MOST = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one document may have of each."""

    length: int = 60_000
    """Characters of the text, which the engine reads one by one; variables take what is long."""
    values: int = 20_000
    """Values in the variables, each of which is looked at."""
    tokens: int = 3_000
    depth: int = 16
    aliases: int = 100
    directives: int = 100
    fragments: int = 30
    same_name: int = 5
    """Selections of one response name side by side. Validation compares them pair by pair, and
    the fragments too: these two limits keep that short."""
    roots: int = 20
    cost: int = 300_000
    """A board of 200 technicians with their visits is some 160,000 by this count."""
    seconds: float = 20.0
    """How long a query may run."""


@dataclass(slots=True)
class Figures:
    """What a selection amounts to; `per_item` is the part that a connection's page multiplies."""

    depth: int = 0
    fields: int = 0
    cost: int = 0
    per_item: int = 0

    def add(self, other: "Figures") -> None:
        self.depth = max(self.depth, other.depth)
        self.fields += other.fields
        self.cost += other.cost
        self.per_item += other.per_item


@dataclass(slots=True)
class Measure:
    """The figures of a document; cost and roots are those of the operation that will run."""

    depth: int
    cost: int
    roots: int
    root_names: frozenset[str]


def measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    operation_name: str | None,
    variables: Mapping[str, Any] | None,
    limits: Limits,
) -> Measure:
    """The figures of a document, valid or not; refuses TOO_COSTLY, naming figure and limit."""
    walk = _Walk(schema, document, variables or {}, limits)
    deepest, chosen = 0, Figures()
    root_names: frozenset[str] = frozenset()
    for operation in walk.operations():
        root = schema.get_root_type(operation.operation)
        figures = walk.selections(operation.selection_set, root, nesting=0)
        walk.syntax(operation.directives)
        deepest = max(deepest, figures.depth)
        if operation_name is None or (operation.name and operation.name.value == operation_name):
            chosen = figures
            root_names = frozenset(walk.root_names(operation.selection_set))
    cost = chosen.cost + chosen.per_item
    for what, requested, limit in (
        ("depth", deepest, limits.depth),
        ("aliases", walk.aliases, limits.aliases),
        ("directives", walk.directives, limits.directives),
        ("fragments", walk.fragments, limits.fragments),
        ("root fields", chosen.fields, limits.roots),
        ("cost", cost, limits.cost),
    ):
        if requested > limit:
            raise too_costly(what, requested=requested, limit=limit)
    return Measure(depth=deepest, cost=cost, roots=chosen.fields, root_names=root_names)


def too_costly(what: str, *, requested: int | str, limit: int) -> Refused:
    return refuse(Code.TOO_COSTLY, what=what, requested=_short(requested), limit=limit)


def _short(number: int | str) -> str:
    # Nested pages multiply: the exact figure of a bomb has hundreds of digits.
    return f"{number:.1e}" if isinstance(number, int) and number > 10**9 else str(number)


@dataclass(slots=True)
class _Walk:
    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    limits: Limits
    aliases: int = 0
    directives: int = 0
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _known: dict[str, Figures] = field(default_factory=dict)
    _defaults: dict[str, ValueNode] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for definition in self.document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._fragments[definition.name.value] = definition
            elif isinstance(definition, OperationDefinitionNode):
                for variable in definition.variable_definitions or ():
                    if variable.default_value is not None:
                        self._defaults[variable.variable.name.value] = variable.default_value

    @property
    def fragments(self) -> int:
        return len(self._fragments)

    def operations(self) -> Iterator[OperationDefinitionNode]:
        for definition in self.document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                yield definition

    def selections(
        self,
        chosen: SelectionSetNode,
        parent: Any,
        *,
        nesting: int,
        names: dict[str, int] | None = None,
    ) -> Figures:
        """The sum over a selection set; `parent` is its type, None where the schema has none.

        `names` counts response names; inline fragments count into the set they stand in.
        """
        if nesting > _NESTING_MOST:
            raise too_costly("nesting", requested=f">{_NESTING_MOST}", limit=_NESTING_MOST)
        total = Figures()
        names = {} if names is None else names
        for selection in chosen.selections:
            self.syntax(selection.directives)
            if isinstance(selection, FieldNode):
                self._count_name(selection, names)
                total.add(self._field(selection, parent, nesting=nesting))
            else:
                total.add(self._fragment(selection, parent, nesting=nesting, names=names))
        return total

    def root_names(self, chosen: SelectionSetNode) -> Iterator[str]:
        """Names of the fields an operation begins with, through fragments."""
        waiting: list[SelectionNode] = list(chosen.selections)
        entered: set[str] = set()
        while waiting:
            selection = waiting.pop()
            if isinstance(selection, FieldNode):
                yield selection.name.value
            elif isinstance(selection, InlineFragmentNode):
                waiting += selection.selection_set.selections
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in entered and name in self._fragments:
                    entered.add(name)
                    waiting += self._fragments[name].selection_set.selections

    def syntax(self, directives: Any) -> None:
        self.directives += len(directives or ())

    def _count_name(self, node: FieldNode, names: dict[str, int]) -> None:
        self.aliases += node.alias is not None
        name = node.alias.value if node.alias else node.name.value
        names[name] = names.get(name, 0) + 1
        if names[name] > self.limits.same_name:
            raise too_costly("same name", requested=names[name], limit=self.limits.same_name)

    def _fragment(
        self, node: SelectionNode, parent: Any, *, nesting: int, names: dict[str, int]
    ) -> Figures:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = self.schema.get_type(condition.name.value) if condition else parent
            return self.selections(node.selection_set, inner, nesting=nesting + 1, names=names)
        if not isinstance(node, FragmentSpreadNode):
            return Figures()
        name = node.name.value
        if name not in self._known:
            # A fragment that spreads itself counts nothing here: validation refuses it.
            self._known[name] = Figures()
            definition = self._fragments.get(name)
            if definition is not None:
                self.syntax(definition.directives)
                inner = self.schema.get_type(definition.type_condition.name.value)
                self._known[name] = self.selections(
                    definition.selection_set, inner, nesting=nesting + 1
                )
        return self._known[name]

    def _field(self, node: FieldNode, parent: Any, *, nesting: int) -> Figures:
        name = node.name.value
        if node.selection_set is None:
            cost = COUNTING if name == "totalCount" else 1
            return Figures(depth=1, fields=1, cost=cost)
        # The schema is read without a price, but not at any depth.
        definition = getattr(parent, "fields", {}).get(name)
        kind = definition.type if definition is not None else None
        inner = get_named_type(kind) if kind is not None else None
        below = self.selections(
            node.selection_set, inner if is_composite_type(inner) else None, nesting=nesting + 1
        )
        size = self._page(node)
        once = below.cost + below.per_item * size
        if _is_list(kind) and _is_connection(parent):
            return Figures(depth=below.depth + 1, fields=1, per_item=1 + once)
        if _is_list(kind):
            once *= self._count(node, "ids") or BARE_LIST
        return Figures(depth=below.depth + 1, fields=1, cost=1 + once)

    def _page(self, node: FieldNode) -> int:
        size = self._count(node, "first") or self._count(node, "last") or 1
        return min(size, PAGE_MOST)

    def _count(self, node: FieldNode, argument: str) -> int:
        """How many a numeric or list argument asks for; 0 when it is not given."""
        for given in node.arguments or ():
            if given.name.value == argument:
                return self._amount(given.value)
        return 0

    def _amount(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            name = value.name.value
            if name in self.variables:
                plain = self.variables[name]
                if isinstance(plain, list):
                    return max(1, len(plain))
                return max(1, plain) if isinstance(plain, int) else 1
            default = self._defaults.get(name)
            return self._amount(default) if default is not None else 0
        if isinstance(value, ListValueNode):
            return max(1, len(value.values))
        if isinstance(value, IntValueNode):
            # Text of any length: Python refuses to convert very long numbers.
            return PAGE_MOST if len(value.value) > 9 else max(1, int(value.value))
        return 0


def _is_list(kind: Any) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def _is_connection(parent: Any) -> bool:
    return parent is not None and parent.name.endswith("Connection")


def is_introspection(document: DocumentNode | None) -> bool:
    """Whether a document holds nothing but plain questions about the schema."""
    operations = (
        [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        if document
        else []
    )
    return len(operations) == 1 and all(
        isinstance(field, FieldNode) and field.name.value in ("__schema", "__type")
        for field in operations[0].selection_set.selections
    )
