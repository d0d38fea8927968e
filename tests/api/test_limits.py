"""What a document may ask for, and that finding it out is cheap whatever the document."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
    print_ast,
)

from dispatch.api.graphiql import documents_by_name
from dispatch.api.limits import Limits, measure
from dispatch.api.schema import schema
from dispatch.domain.errors import Code, Refused
from tests.api.client import Client

SCHEMA = build_schema(
    """
    type Query { t: T list(first: Int, last: Int): TConnection bare: [T!]! nodes(ids: [ID!]!): [T] }
    type T { id: ID next: T list(first: Int): TConnection bare: [T!]! }
    type TConnection { nodes: [T!]! edges: [TEdge!]! totalCount: Int }
    type TEdge { node: T }
    """
)
LOOSE = Limits(cost=10**30)


def cost(
    document: str, variables: dict[str, object] | None = None, schema: GraphQLSchema = SCHEMA
) -> int:
    return measure(
        schema, parse(document), operation_name=None, variables=variables, limits=LOOSE
    ).cost


def nested(spreads: int, fragments: int) -> str:
    """Fragments that each spread the next several times: the answer grows exponentially."""
    inner = " ".join("next { ...F%d }" for _ in range(spreads))
    chain = "".join(
        f"fragment F{n} on T {{ id {inner.replace('%d', str(n + 1))} }} " for n in range(fragments)
    )
    return f"{{ t {{ ...F0 }} }} {chain} fragment F{fragments} on T {{ id }}"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ t { id } }", 2),
        ("{ list(first: 50) { nodes { id } } }", 1 + 50 * 2),
        ("{ list(last: 50) { edges { node { id } } } }", 1 + 50 * 3),
        ("{ list(first: 10) { nodes { list(first: 10) { nodes { id } } } } }", 1 + 10 * 22),
        ("{ list(first: 50) { totalCount } }", 1 + 20),
        ("{ bare { id } }", 1 + 10),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3),
        ("{ list(first: 9999999999999999999999) { nodes { id } } }", 1 + 200 * 2),
        ("{ t { ...F ...F } } fragment F on T { id next { id } }", 1 + 6),
    ],
)
def test_cost_is_the_number_of_fields_the_answer_may_hold(document: str, expected: int) -> None:
    assert cost(document) == expected


@pytest.mark.parametrize(
    ("given", "expected"), [({"n": 7}, 15), ({}, 11), ({"n": "x"}, 3), ({"n": None}, 3)]
)
def test_page_size_may_be_a_variable(given: dict[str, object], expected: int) -> None:
    assert cost("query($n: Int = 5) { list(first: $n) { nodes { id } } }", given) == expected


def test_a_fragment_is_looked_at_once_however_often_it_is_spread() -> None:
    # 6^40 fields: a walk that followed every spread would not end.
    with pytest.raises(Refused) as caught:
        measure(
            SCHEMA,
            parse(nested(6, 40)),
            operation_name=None,
            variables=None,
            limits=Limits(depth=1000, same_name=6, fragments=41),
        )
    assert caught.value.refusals[0].code is Code.TOO_COSTLY
    assert caught.value.refusals[0].params["what"] == "cost"
    assert caught.value.refusals[0].params["requested"] == f"{2.4 * 6**40:.1e}"


def test_fragments_in_a_circle_are_left_to_validation() -> None:
    assert cost("{ t { ...A } } fragment A on T { next { ...B } } fragment B on T { ...A }") < 10


def test_unknown_names_are_left_to_validation() -> None:
    assert cost("{ x { y(first: 3) { ...Z } } } fragment Q on Nothing { a { b } }") == 2


BOMBS = {
    "depth": "{ viewer " + "{ a " * 60 + "}" * 60 + " }",
    "nesting": "{ viewer " + "{ ... " * 150 + "{ a }" + "}" * 150 + " }",
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(200)) + " }",
    "same name": "{ " + "__typename " * 1_000 + "}",
    "fragments": "{ viewer { name } } "
    + " ".join(f"fragment F{n} on Viewer {{ name }}" for n in range(60)),
    "directives": "{ __typename " + "@skip(if: false) " * 200 + "}",
    "root fields": "{ " + " ".join(f"a{n}: __typename" for n in range(30)) + " }",
    "tokens": "{ " + "__typename " * 5_000 + "}",
    "cost": nested(5, 12).replace("{ t {", "{ viewer {"),
    "recursion": "{ viewer " + "{ a " * 1_900 + "}" * 1_900 + " }",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_bombs_are_refused_with_figures(client: Client, bomb: str) -> None:
    token = await client.token(client.world.desk)
    answer = await client.gql(BOMBS[bomb], token=token)
    assert answer.code == "TOO_COSTLY", answer.body
    assert answer.status == 400
    assert answer.error["message"].startswith(
        f"The query asks for too much: {bomb if bomb != 'recursion' else 'depth'} is "
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_answer_tells_its_cost(client: Client) -> None:
    answer = await client.gql("{ __typename }")
    assert answer.body["extensions"]["cost"] == {"requested": 1, "limit": Limits().cost}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_introspection_is_as_deep_as_tools_need_and_no_deeper(client: Client) -> None:
    assert (await client.gql(get_introspection_query(input_value_deprecation=True))).data
    deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    answer = await client.gql(deep)
    assert answer.status == 400
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {"BAD_INPUT"}


@pytest.mark.parametrize("name", sorted(documents_by_name()))
def test_every_shipped_document_is_within_the_limits(name: str) -> None:
    """With the largest pages, and sent whole, as the query page does."""
    text = documents_by_name()[name]
    document = parse(text, max_tokens=Limits().tokens)
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            assert operation.name is not None
            given = {
                variable.variable.name.value: 200
                for variable in operation.variable_definitions or ()
                if "Int" in print_ast(variable.type)
            }
            measure(
                schema._schema,
                document,
                operation_name=operation.name.value,
                variables=given,
                limits=Limits(),
            )
