"""Asks for everything: documents and arguments made from the schema itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from dispatch.api.ids import encode

_PAGE = 20
_LATER = datetime.now(UTC) + timedelta(days=1)
_SCALARS: Mapping[str, Any] = {
    "String": "x" * 10,
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "DateTime": _LATER.isoformat(),
    "Date": _LATER.date().isoformat(),
    "Time": "09:00",
    "Duration": "PT1H",
    "JSON": {},
}
# A span of time has an end after its beginning.
_ENDS = {("DateTime", "endsAt"): (_LATER + timedelta(days=1)).isoformat()}
# What an id argument means where its name alone does not say.
_NAMED = {
    "a": "Plan",
    "b": "Plan",
    "afterId": "WorkOrder",
    "buildingId": "Place",
    "parentId": "Place",
    "placeIds": "Place",
    "siteIds": "Site",
    "helperIds": "Technician",
    "heldBy": "Technician",
    "leaderId": "Technician",
    "teamId": "Technician",
    "namedTechnicianId": "Technician",
    "channelId": "MessageChannel",
    "handlerId": "User",
    "leadId": "User",
    "runId": "PlanRun",
    "headId": "User",
    "ownerId": "User",
    "stewardId": "User",
    "providerId": "Technician",
    "managerIds": "User",
    "technicianIds": "Technician",
    "deskIds": "User",
    "delegateId": "User",
    "vendorId": "Technician",
    "otherId": "Ticket",
    "intoId": "Ticket",
    "mainId": "Ticket",
    "duplicateId": "Ticket",
}


class NoCaseError(AssertionError):
    """The schema has something that nobody has said how to ask for."""


@dataclass
class Asking:
    """Makes documents over a schema, for the things whose global ids are given by type."""

    schema: GraphQLSchema
    ids: Mapping[str, str]
    seen: set[tuple[str, str]] = field(default_factory=set)
    """Fields of types that some document has asked for."""

    def query(self, name: str, *, depth: int = 2, **said: Any) -> tuple[str, dict[str, Any]]:
        """A document that asks a root for all of its fields, some levels down; `said`: arguments
        that are not left to chance."""
        assert self.schema.query_type is not None
        root = self.schema.query_type.fields[name]
        self.seen.add(("Query", name))
        variables: dict[str, Any] = {}
        heads, given = [], []
        for argument, declared in root.args.items():
            value = said.get(argument, self._given(name, argument, declared))
            if value is not None:
                variables[argument] = value
                heads.append(f"${argument}: {declared.type}")
                given.append(f"{argument}: ${argument}")
        head = f"query({', '.join(heads)})" if heads else "query"
        call = f"{name}({', '.join(given)})" if given else name
        return f"{head} {{ {call}{self._selection(root, depth, ())} }}", variables

    def filters(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Documents that search a list by each field of its filter, for whatever there is."""
        assert self.schema.query_type is not None
        root = self.schema.query_type.fields[name]
        if "filter" not in root.args:
            return []
        filters = get_named_type(root.args["filter"].type)
        assert isinstance(filters, GraphQLInputObjectType)
        made = []
        for each, declared in filters.fields.items():
            if each in ("and", "or"):
                continue
            wanted = self._wanted(each, get_named_type(declared.type))
            if "first" not in root.args:
                made.append(self.query(name, depth=1, filter={each: wanted}))
                continue
            variables: dict[str, Any] = {"f": {each: wanted}}
            head, more = "", ""
            if "siteId" in root.args and isinstance(root.args["siteId"].type, GraphQLNonNull):
                head, more, variables["s"] = ", $s: ID!", ", siteId: $s", self.ids["Site"]
            call = f"{name}(first: {_PAGE}, filter: $f{more})"
            document = (
                f"query($f: {filters.name}{head}) {{ {call} {{ totalCount nodes {{ id }} }} }}"
            )
            made.append((document, variables))
        return made

    def mutation(self, name: str) -> tuple[str, dict[str, Any]]:
        """A document that does something with the things given, as far as must be said."""
        assert self.schema.mutation_type is not None
        root = self.schema.mutation_type.fields[name]
        payload = get_named_type(root.type)
        assert isinstance(payload, GraphQLObjectType)
        answer = "{ userErrors { code } }"
        if "input" not in root.args:
            return f"mutation {{ {name} {answer} }}", {}
        declared = root.args["input"].type
        kind = get_named_type(declared)
        assert isinstance(kind, GraphQLInputObjectType)
        document = f"mutation($input: {declared}) {{ {name}(input: $input) {answer} }}"
        return document, {"input": self._input(kind)}

    def reachable(self) -> set[tuple[str, str]]:
        """Every field of every type that a query can lead to."""
        found: set[tuple[str, str]] = set()
        waiting: list[Any] = [self.schema.query_type]
        done: set[str] = set()
        while waiting:
            kind = waiting.pop()
            if kind is None or kind.name in done:
                continue
            done.add(kind.name)
            if isinstance(kind, GraphQLInterfaceType):
                waiting += self.schema.get_implementations(kind).objects
                continue
            for name, declared in kind.fields.items():
                found.add((kind.name, name))
                below = get_named_type(declared.type)
                if isinstance(below, GraphQLObjectType | GraphQLInterfaceType):
                    waiting.append(below)
        return found

    def _selection(self, asked: GraphQLField, depth: int, path: tuple[str, ...]) -> str:
        kind = get_named_type(asked.type)
        if isinstance(kind, GraphQLInterfaceType):
            return self._any(kind, depth, path)
        if not isinstance(kind, GraphQLObjectType):
            return ""
        return f" {{ {self._fields(kind, depth, path)} }}"

    def _any(self, kind: GraphQLInterfaceType, depth: int, path: tuple[str, ...]) -> str:
        # One answer holds several types: their fields must not meet under one name.
        parts = [
            f"... on {each.name} {{ {self._fields(each, 1, path, alias=True)} }}"
            for each in self.schema.get_implementations(kind).objects
        ]
        return f" {{ __typename id {' '.join(parts)} }}"

    def _fields(
        self, kind: GraphQLObjectType, depth: int, path: tuple[str, ...], *, alias: bool = False
    ) -> str:
        # The wrapping of a list is no level of its own.
        is_wrapping = kind.name.endswith("Connection")
        below = depth if is_wrapping else depth - 1
        below_path = path if is_wrapping else (*path, kind.name)
        parts = ["__typename"]
        for name, declared in kind.fields.items():
            inner = get_named_type(declared.type)
            self.seen.add((kind.name, name))
            label = f"{kind.name}_{name}: " if alias else ""
            if is_wrapping and name == "edges":
                # The same things once more, under another name.
                self.seen |= {(inner.name, "cursor"), (inner.name, "node")}
                parts.append("edges { cursor node { __typename } }")
                continue
            is_leaf = not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType)
            ends = not is_leaf and (below < 1 or inner.name in path)
            selection = self._id_of(inner) if ends else self._selection(declared, below, below_path)
            parts.append(f"{label}{name}{self._nested(kind, name, declared)}{selection}")
        return " ".join(parts)

    def _id_of(self, kind: Any) -> str:
        """The least that tells whether there is something."""
        if kind.name.endswith("Connection"):
            return (
                f" {{ totalCount nodes{self._id_of(get_named_type(kind.fields['nodes'].type))} }}"
            )
        return " { __typename id }" if "id" in kind.fields else " { __typename }"

    def _nested(self, kind: GraphQLObjectType, name: str, declared: GraphQLField) -> str:
        given = []
        for argument, each in declared.args.items():
            if argument == "first":
                given.append(f"first: {_PAGE}")
            elif is_required_argument(each):
                inner = get_named_type(each.type)
                if inner.name == "ID":
                    given.append(f'{argument}: "{self._id(argument, kind.name)}"')
                elif isinstance(inner, GraphQLEnumType):
                    given.append(f"{argument}: {next(iter(inner.values))}")
                else:
                    raise NoCaseError(f"{kind.name}.{name}({argument})")
        return f"({', '.join(given)})" if given else ""

    def _given(self, root: str, argument: str, declared: GraphQLArgument) -> Any:
        if argument == "first":
            return _PAGE
        if argument == "ids":
            return list(self.ids.values())
        kind = get_named_type(declared.type)
        if kind.name == "ID":
            if argument == "id":
                return self.ids["Ticket"] if root == "node" else self._own(root)
            # What may be left out is asked for whole; what narrows it, has tests of its own.
            needed = isinstance(declared.type, GraphQLNonNull)
            return self._id(argument, root) if needed or argument == "workOrderId" else None
        if not is_required_argument(declared):
            return None
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind)
        if (kind.name, argument) in _ENDS:
            return _ENDS[kind.name, argument]
        if kind.name in _SCALARS:
            return _SCALARS[kind.name]
        raise NoCaseError(f"{root}({argument})")

    def _own(self, root: str) -> str:
        assert self.schema.query_type is not None
        kind = get_named_type(self.schema.query_type.fields[root].type).name
        if kind not in self.ids:
            raise NoCaseError(f"an id of {kind} for {root}")
        return self.ids[kind]

    def _id(self, argument: str, where: str) -> str:
        kind = _NAMED.get(argument) or argument[0].upper() + argument.removesuffix("Id")[1:]
        if kind in self.ids:
            return self.ids[kind]
        if kind not in self.schema.type_map:
            raise NoCaseError(f"{where}({argument}): what is {kind}?")
        # The estate has none of it: asked for all the same.
        return encode(kind, 9_999_001)

    def _input(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        given = {}
        for name, declared in kind.fields.items():
            if is_required_input_field(declared):
                given[name] = self._value(kind.name, name, declared.type)
        return given

    def _value(self, where: str, name: str, declared: Any) -> Any:
        if isinstance(declared, GraphQLNonNull):
            return self._value(where, name, declared.of_type)
        if isinstance(declared, GraphQLList):
            return [self._value(where, name, declared.of_type)]
        if isinstance(declared, GraphQLEnumType):
            return next(iter(declared.values))
        if isinstance(declared, GraphQLInputObjectType):
            return self._input(declared)
        if declared.name == "ID":
            return self._id(name, where)
        if name in ("latitude", "longitude"):
            return 31.0
        if name == "content":
            return "eA=="
        if declared.name in _SCALARS:
            return _SCALARS[declared.name]
        raise NoCaseError(f"{where}.{name}: {declared}")

    def _wanted(self, name: str, kind: Any) -> Any:
        if name == "search":
            # A word of the marked places, so that there is something to find.
            return "place"
        fields = kind.fields
        if kind.name == "IdFilter":
            return {"eq": self._id(name, kind.name)}
        if kind.name == "TextFilter":
            return (
                {"contains": "⟦"} if name not in ("number", "kind", "trade") else {"contains": ""}
            )
        if kind.name == "FlagFilter":
            return {"eq": True}
        if kind.name == "IntFilter":
            return {"gt": -1}
        if kind.name == "TimeFilter":
            return {"gt": "2000-01-01T00:00:00Z"}
        if kind.name == "DayFilter":
            return {"gt": "2000-01-01"}
        listed = get_named_type(fields["in"].type) if "in" in fields else None
        if isinstance(listed, GraphQLEnumType):
            return {"in": list(listed.values)}
        raise NoCaseError(f"filter {name}: {kind}")
