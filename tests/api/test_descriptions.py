"""Whoever reads the schema finds every name explained."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    build_schema,
    is_specified_scalar_type,
)

from dispatch.api.print_schema import print_schema

HAN = re.compile("[\u4e00-\u9fff]")


def own_types() -> list[GraphQLNamedType]:
    return [
        kind
        for name, kind in build_schema(print_schema()).type_map.items()
        if not name.startswith("__") and not is_specified_scalar_type(kind)
    ]


def described() -> Iterator[tuple[str, str | None]]:
    """Every name of the schema with its description."""
    for kind in own_types():
        yield kind.name, kind.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                for argument, given in field.args.items():
                    yield f"{kind.name}.{name}({argument})", given.description
        elif isinstance(kind, GraphQLInputObjectType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
        elif isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                yield f"{kind.name}.{name}", value.description


def test_every_name_is_described() -> None:
    assert [name for name, text in described() if not text or len(text) < 3] == []


def test_roots_and_fields_of_nouns_give_the_chinese_word() -> None:
    """What a Chinese reader looks for by its Chinese name can be found by it."""
    roots = {"Query", "Mutation", "Subscription"}
    without = [
        name
        for name, text in described()
        if name.partition(".")[0] in roots and "(" not in name and not HAN.search(text or "")
    ]
    assert without == []


def test_scalars_say_where_they_are_specified() -> None:
    scalars = [kind for kind in own_types() if isinstance(kind, GraphQLScalarType)]
    assert scalars
    assert [kind.name for kind in scalars if not kind.specified_by_url] == []


def test_lists_that_can_grow_are_pages() -> None:
    """A connection's field cannot be asked for without saying how much."""
    for kind in own_types():
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                if str(field.type).rstrip("!").endswith("Connection"):
                    assert {"first", "after", "last", "before"} <= set(field.args), (
                        f"{kind.name}.{name}"
                    )
