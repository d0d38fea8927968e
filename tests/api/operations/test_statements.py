"""Every published document does its job, for a number of SQL statements that depends on its shape.

The numbers stand in `statements.toml`, the same for both databases and for few rows and many. Who
changes one on purpose runs the tests, the slow one too, with `ACCEPT_STATEMENTS=1`, looks at the
difference, and commits it.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from dispatch.api.schema import schema
from tests.api.client import Client
from tests.api.documents import documents
from tests.api.operations import dispatching, looks, setup, tickets, visits
from tests.api.operations.day import Day, counting
from tests.api.operations.reading import whole_tables

PINNED = Path(__file__).with_name("statements.toml")
FEW, MANY = 3, 12

CHAPTERS: tuple[Callable[[Day], Awaitable[None]], ...] = (
    tickets.intake,
    tickets.stewards,
    tickets.checks,
    tickets.cases,
    visits.steps,
    visits.offered,
    visits.crews,
    visits.hours,
    visits.afterwards,
    dispatching.by_hand,
    dispatching.decisions,
    dispatching.overtime,
    dispatching.roster,
    dispatching.appointments,
    dispatching.running_day,
    setup.places,
    setup.customers,
    setup.technicians,
    setup.users,
    setup.tables,
    setup.messages,
    dispatching.plans,
    looks.lists,
    looks.figures,
    looks.desk,
    looks.boards,
    looks.phones,
    looks.setup,
    setup.policy,
)

# Documents that no chapter sends, and where they are sent instead.
ELSEWHERE = {
    "TicketsOfSite": "a web socket: test_subscriptions.py",
    "OffersToMe": "a web socket: test_subscriptions.py",
    "BoardOfDay": "a web socket: test_subscriptions.py",
    "ChangesOfDay": "a web socket: nouns/test_live_day.py",
    "ProgressOfRun": "a web socket: test_subscriptions.py",
    "MessagesToMe": "a web socket: nouns/test_messages.py",
    "BreachesOfSite": "a web socket: test_catching_up.py",
    "EventCursor": "before web sockets: test_catching_up.py",
    "AccountSignInBegin": "an identity provider: rights/test_provider.py",
    "AccountSignInFinish": "an identity provider: rights/test_provider.py",
    "DispatcherMoveStop": "a plan made for it: nouns/test_live_day.py",
}
UNPINNED = {
    "DispatcherPropose": "looks whether the optimizer is done",
    "DispatcherAutoAssign": "looks whether the optimizer is done",
    "DispatcherRepair": "looks whether the optimizer is done",
    "DispatcherEmergency": "depends on who loses what",
    "DispatcherReportIll": "depends on who loses what",
    "DispatcherSaturation": "looks at one day after the other until one has room",
    "DispatcherPublish": "hands on what the plan leaves out order by order",
}
"""Documents whose number is no property of their shape, and why."""

SEARCHING = {
    "AdministratorErasePerson": "looks for a person wherever they may be named",
    "AdministratorExportPerson": "looks for a person wherever they may be named",
}
"""Documents that read whole tables, and why."""


def test_every_root_is_used_by_a_document() -> None:
    used = {
        (definition.operation.value, field.name.value)
        for text in documents().values()
        for definition in parse(text).definitions
        if isinstance(definition, OperationDefinitionNode)
        for field in definition.selection_set.selections
        if isinstance(field, FieldNode)
    }
    roots = {
        (kind, name)
        for kind, root in (
            ("query", schema._schema.query_type),
            ("mutation", schema._schema.mutation_type),
            ("subscription", schema._schema.subscription_type),
        )
        if root is not None
        for name in root.fields
    }
    assert roots == used


# The databases take the same statements; which of them it was matters to few changes.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_document_does_its_job_at_its_cost(working_client: Client) -> None:
    day = Day(working_client)
    await day.open()
    (few,) = await _rounds(day, FEW)
    _compare(_pinned_of(few))
    said = {each for name in few if name not in SEARCHING for each in few[name]}
    assert await whole_tables(working_client.world.services.store.engine, said) == []


@pytest.mark.slow
async def test_what_a_document_costs_depends_on_no_row(working_client: Client) -> None:
    day = Day(working_client)
    await day.open()
    few, many = await _rounds(day, FEW, MANY)
    grown = [
        f"{name}: {cost(few[name])}, then {cost(many[name])}\n{_more(few[name], many[name])}"
        for name in few
        if name not in UNPINNED and cost(few[name]) != cost(many[name])
    ]
    assert not grown, "statements grow with the rows:\n" + "\n".join(grown)
    _compare(_pinned_of(few))


async def _rounds(day: Day, *sizes: int) -> list[dict[str, list[str]]]:
    """The statements of each document, by its name, in a round of each size."""
    said: list[dict[str, list[str]]] = []
    shown: list[dict[str, int]] = []
    with counting():
        for rows in sizes:
            await day.begin(rows=rows)
            for chapter in CHAPTERS:
                await chapter(day)
            said.append({name: day.said[name] for name in sorted(day.said)})
            shown.append(day.sizes)
    assert set(said[0]) | set(ELSEWHERE) == set(documents()), "a document is never sent"
    for name in looks.GROWING:
        more = [sizes[name] for sizes in shown]
        assert all(later >= 2 * sooner for sooner, later in pairwise(more)), name
    return said


def _pinned_of(said: dict[str, list[str]]) -> dict[str, int]:
    return {name: cost(said[name]) for name in said if name not in UNPINNED}


def cost(statements: list[str]) -> int:
    """Reads, and kinds of writes: what an action changes takes a statement for each row."""
    reads = [each for each in statements if each.startswith(("SELECT", "WITH"))]
    writes = {" ".join(each.split()[:3]) for each in statements} - {
        " ".join(each.split()[:3]) for each in reads
    }
    return len(reads) + len(writes)


def _compare(found: dict[str, int]) -> None:
    if os.environ.get("ACCEPT_STATEMENTS"):
        PINNED.write_text(_HEAD + "".join(f"{name} = {count}\n" for name, count in found.items()))
    pinned = tomllib.loads(PINNED.read_text("utf-8"))
    differ = {
        name: f"pinned {pinned.get(name)}, now {found.get(name)}"
        for name in sorted({*pinned, *found})
        if pinned.get(name) != found.get(name)
    }
    assert differ == {}, f"look why; ACCEPT_STATEMENTS=1 writes {PINNED.name} anew"


def _more(few: list[str], many: list[str]) -> str:
    """The statements that one has more often than the other, by their beginnings."""
    more = Counter(each[:200] for each in many)
    more.subtract(Counter(each[:200] for each in few))
    return "\n".join(f"  {count:+d} {text!r}" for text, count in more.items() if count)


_HEAD = """\
# SQL statements that each document of schema/operations takes, whatever there is to show: its
# reads, and its writes counted once for each kind. test_statements.py says how to accept others.
"""
