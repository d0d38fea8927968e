"""What a document may ask for, and that finding it out is cheap whatever the document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
    print_ast,
)

from dispatch.api.budgets import WINDOW_S, Budgets
from dispatch.api.context import BUDGET
from dispatch.api.graphiql import documents_by_name
from dispatch.api.limits import Limits, measure
from dispatch.api.schema import schema
from dispatch.domain.errors import Code, Refused
from dispatch.domain.rights import Role
from tests.api.client import Client, a_client
from tests.factories import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

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
    cost = answer.body["extensions"]["cost"]
    resets_at = datetime.fromisoformat(cost.pop("resetAt"))
    assert timedelta() < resets_at - datetime.now(UTC) <= timedelta(minutes=1)
    assert cost == {"requested": 1, "limit": Limits().cost, "remaining": BUDGET - 1}


@SQLITE
async def test_who_has_spent_their_minute_waits_and_others_do_not(world: World) -> None:
    async with a_client(world, cost_per_minute=100) as client:
        desk, other = [await client.token(world.actors[role]) for role in (Role.DESK, Role.STEWARD)]
        asked = "{ viewer { name } myMessages(first: 60) { nodes { id } } }"
        first = await client.gql(asked, token=desk)
        assert first.body["extensions"]["cost"]["remaining"] < 60
        refused = await client.gql(asked, token=desk)
        assert (refused.status, refused.code) == (429, "RATE_LIMITED")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        # Another token of the same user is no other purse; another user is.
        again = await client.gql(asked, token=await client.token(world.desk))
        assert again.code == "RATE_LIMITED"
        assert (await client.gql(asked, token=other)).data["viewer"]


def test_a_window_ends_and_callers_are_forgotten_when_it_has() -> None:
    now = [1_000.0]
    budgets = Budgets(10, clock=lambda: now[0])
    assert budgets.spend("a", 10).remaining == 0
    with pytest.raises(Refused) as caught:
        budgets.spend("a", 1)
    assert caught.value.refusals[0].params["seconds"] == WINDOW_S
    assert budgets.spend("b", 4).remaining == 6
    now[0] += WINDOW_S
    assert budgets.spend("a", 25).remaining == 0


@SQLITE
async def test_introspection_is_for_developers_where_the_schema_is_not_open(world: World) -> None:
    asked = "{ __schema { queryType { name } } }"
    wrong = "{ viewer { nam } }"
    async with a_client(world, introspection=False) as client:
        tokens = {role: await client.token(who) for role, who in world.actors.items()}
        assert (await client.gql(asked)).code == "UNAUTHENTICATED"
        for role in (Role.RESIDENT, Role.DESK, Role.TEAM_LEADER):
            assert (await client.gql(asked, token=tokens[role])).code == "FORBIDDEN"
        for role in (Role.ANALYST, Role.ADMINISTRATOR):
            assert (await client.gql(asked, token=tokens[role])).data["__schema"]
        answer = await client.gql(wrong, token=tokens[Role.DESK])
        assert "Did you mean" not in answer.error["message"]


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
