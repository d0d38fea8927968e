"""A change of the published contract may break nobody who was not warned.

`schema/released.graphql` is the contract that was released last, without its descriptions, which
bind nobody. Whatever it promises stays, but
for what it marks `@deprecated` with the date from which it may go, when that day has come
("Use `x`. Goes on 2027-05-01."). `make check` compares; `--release` makes the contract of now the
released one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    NamedTypeNode,
    Node,
    TypeDefinitionNode,
    Visitor,
    VisitorAction,
    build_ast_schema,
    build_schema,
    find_breaking_changes,
    parse,
    print_ast,
    visit,
)
from graphql.language import OperationTypeDefinitionNode, StringValueNode

ROOT = Path(__file__).resolve().parents[1]
RELEASED = ROOT / "schema" / "released.graphql"
CURRENT = ROOT / "schema" / "schema.graphql"
_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_OPERATIONS = {"Query", "Mutation", "Subscription"}


def breaks(released: str, current: str, *, today: date) -> list[str]:
    """What the current SDL takes from clients of the released one without their having been told.

    One line for each, ready to be shown; also for a deprecation that names no day.
    """
    promised = _still_promised(parse(released), today)
    found = [
        change.description for change in find_breaking_changes(promised, build_schema(current))
    ]
    return [*found, *_undated(parse(current))]


def without_descriptions(sdl: str) -> str:
    """What of a contract can be broken."""

    class Bare(Visitor):
        def leave(self, node: Node, *_where: object) -> Node:
            return replace(node, description=None) if "description" in node.keys else node

    return print_ast(visit(parse(sdl), Bare())) + "\n"


def _still_promised(released: DocumentNode, today: date) -> GraphQLSchema:
    """The released contract without what was announced to go by now."""
    kept: DocumentNode = visit(released, _Prune(today))
    return build_ast_schema(_reachable(kept))


class _Prune(Visitor):
    """Takes out fields, arguments and values whose day has come."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today

    def enter(self, node: Node, *_rest: object) -> VisitorAction:
        day = _goes_on(node)
        return REMOVE if day is not None and day <= self._today else None


def _reachable(document: DocumentNode) -> DocumentNode:
    """Without the types that nothing leads to any more: whoever used one came by what went."""
    declared = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
    }
    met: set[str] = set()
    waiting = [node for node in document.definitions if not isinstance(node, TypeDefinitionNode)]
    waiting += [declared[name] for name in _OPERATIONS & set(declared)]
    while waiting:
        for name in _named(waiting.pop()):
            if name in declared and name not in met:
                met.add(name)
                waiting.append(declared[name])
    # What implements an interface that is asked for comes with it.
    ways = {
        name
        for name, node in declared.items()
        if any(each.name.value in met for each in getattr(node, "interfaces", None) or ())
    }
    keep = met | ways | _OPERATIONS
    return DocumentNode(
        definitions=tuple(
            node
            for node in document.definitions
            if not isinstance(node, TypeDefinitionNode) or node.name.value in keep
        )
    )


def _named(node: Node) -> Iterator[str]:
    found: list[str] = []

    class Names(Visitor):
        def enter(self, node: Node, *_rest: object) -> None:
            if isinstance(node, NamedTypeNode):
                found.append(node.name.value)
            elif isinstance(node, OperationTypeDefinitionNode):
                found.append(node.type.name.value)

    visit(node, Names())
    return iter(found)


def _undated(document: DocumentNode) -> list[str]:
    found: list[str] = []

    class Announcements(Visitor):
        def enter(self, node: Node, *_rest: object) -> None:
            if _announcement(node) is not None and _goes_on(node) is None:
                name = getattr(node, "name").value  # noqa: B009 -- of every kind that has directives
                found.append(f"'{name}' is deprecated without the day it goes on (YYYY-MM-DD).")

    visit(document, Announcements())
    return found


def _goes_on(node: Node) -> date | None:
    """The day from which what is announced may be gone."""
    day = _DAY.search(_announcement(node) or "")
    return date.fromisoformat(day.group(1)) if day else None


def _announcement(node: Node) -> str | None:
    """The reason of a deprecation; None where there is none."""
    directives: tuple[DirectiveNode, ...] = getattr(node, "directives", None) or ()
    for directive in directives:
        if directive.name.value == "deprecated":
            reasons = [each.value for each in directive.arguments or ()]
            return " ".join(each.value for each in reasons if isinstance(each, StringValueNode))
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="store_true", help="make the contract the released one")
    given = parser.parse_args()
    current = CURRENT.read_text("utf-8")
    today = datetime.now(UTC).date()
    found = breaks(RELEASED.read_text("utf-8"), current, today=today)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print(
            "Clients of the released contract (schema/released.graphql) would break. Keep what "
            "they use, marked @deprecated with its replacement and the day it goes on.",
            file=sys.stderr,
        )
        return 1
    if given.release:
        RELEASED.write_text(without_descriptions(current), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
