"""Random requests over the schema: right ones, bent ones, nonsense; a seed gives the same again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
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

EXTREMES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    -(2**63),
    10**400,
    1e308,
    -0.0,
    "",
    " ",
    "x" * 5_000,
    "\u0000",
    "\ud800",
    "😀" * 50,
    "'; DROP TABLE ticket; --",
    "%_\\",
    "../../etc/passwd",
    "{{7*7}}",
    [],
    {},
    [[[[]]]],
    {"a": {"b": []}},
    "VGlja2V0Oi0x",
    "VGlja2V0OjE",
    "VGlja2V0Ojk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "2026-02-30",
    "P9999999999999D",
    "PT-1S",
    "NaN",
    "1e999999",
    "24:00",
)
_PLAUSIBLE: dict[str, Sequence[Any]] = {
    "String": ("x", "plumbing", "水龙头漏水", "tap"),
    "Int": (1, 2, 20),
    "Float": (0.5, 31.3, 120.6),
    "Boolean": (True, False),
    "DateTime": ("2026-11-23T01:00:00Z", "2030-01-01T00:00:00+08:00"),
    "Date": ("2026-11-23", "2030-01-01"),
    "Time": ("09:00", "23:59"),
    "Duration": ("PT1H", "P1D"),
    "Decimal": ("1.50", "0"),
    "JSON": ({}, {"clocks": {"accept_s": 60}}, []),
}


@dataclass
class Fuzz:
    """Makes requests. `ids` are global ids of things that exist."""

    schema: GraphQLSchema
    ids: Sequence[str]
    random: Random
    _variables: dict[str, Any] = field(default_factory=dict)
    _heads: list[str] = field(default_factory=list)

    def request(self) -> dict[str, Any]:
        """The body of a request, as an object."""
        self._variables, self._heads = {}, []
        is_query = self.random.random() < 0.6
        root = self.schema.query_type if is_query else self.schema.mutation_type
        assert root is not None
        name = self.random.choice(list(root.fields))
        selection = self._field(name, root.fields[name], depth=self.random.choice((1, 2, 3)))
        heads = f"({', '.join(self._heads)})" if self._heads else ""
        query = f"{'query' if is_query else 'mutation'}{heads} {{ {selection} }}"
        sent: dict[str, Any] = {"query": query, "variables": self._variables}
        return self._spoil(sent) if self.random.random() < 0.15 else sent

    def _spoil(self, sent: dict[str, Any]) -> dict[str, Any]:
        """A request that is wrong in form."""
        query = sent["query"]
        at = self.random.randrange(len(query))
        choice = self.random.randrange(5)
        if choice == 0:
            sent["query"] = query[:at]
        elif choice == 1:
            noise = self.random.choice(("{", "}", "$", "\u0000", "...", '"', "@x", "é", "\ufeff"))
            sent["query"] = query[:at] + noise + query[at:]
        elif choice == 2:
            sent[self.random.choice(list(sent))] = self.random.choice(EXTREMES)
        elif choice == 3:
            sent["operationName"] = self.random.choice(EXTREMES)
        else:
            sent["extensions"] = self.random.choice(EXTREMES)
        return sent

    def _field(self, name: str, declared: GraphQLField, *, depth: int) -> str:
        given = []
        for argument, each in declared.args.items():
            wanted = is_required_argument(each) or argument == "first"
            if not wanted and self.random.random() < 0.6:
                continue
            if self.random.random() < 0.03:
                continue
            variable = f"v{len(self._heads)}"
            self._heads.append(f"${variable}: {each.type}")
            self._variables[variable] = self._value(each.type, depth=4)
            given.append(f"{argument}: ${variable}")
        call = f"{name}({', '.join(given)})" if given else name
        return call + self._selection(get_named_type(declared.type), depth=depth)

    def _selection(self, kind: Any, *, depth: int) -> str:
        if isinstance(kind, GraphQLInterfaceType):
            return " { __typename id }"
        if not isinstance(kind, GraphQLObjectType):
            return ""
        parts = ["__typename"]
        for name in self.random.sample(list(kind.fields), min(5, len(kind.fields))):
            declared = kind.fields[name]
            is_leaf = not isinstance(
                get_named_type(declared.type), GraphQLObjectType | GraphQLInterfaceType
            )
            if is_leaf or depth > 0:
                parts.append(self._field(name, declared, depth=depth - 1))
        return f" {{ {' '.join(parts)} }}"

    def _value(self, kind: Any, *, depth: int) -> Any:
        if self.random.random() < 0.06:
            return self.random.choice(EXTREMES)
        if isinstance(kind, GraphQLNonNull):
            return self._value(kind.of_type, depth=depth)
        if isinstance(kind, GraphQLList):
            return [self._value(kind.of_type, depth=depth) for _ in range(self.random.randrange(3))]
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {
                name: self._value(each.type, depth=depth - 1)
                for name, each in kind.fields.items()
                if is_required_input_field(each) or (depth > 0 and self.random.random() < 0.3)
            }
        if kind.name == "ID":
            return self.random.choice(self.ids)
        return self.random.choice(_PLAUSIBLE.get(kind.name, EXTREMES))


def body_of(request: Any) -> bytes:
    """The request as bytes; also what strict writers of JSON refuse."""
    return json.dumps(request).encode()
