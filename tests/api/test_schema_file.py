"""The published contract is the one the service serves."""

from __future__ import annotations

from pathlib import Path

from graphql import build_schema, validate_schema

from dispatch.api.print_schema import print_schema

PUBLISHED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"


def test_the_published_schema_is_the_served_one() -> None:
    assert PUBLISHED.read_text("utf-8") == print_schema(), "run `make schema`, look at the change"


def test_the_published_schema_is_valid_and_sorted() -> None:
    schema = build_schema(PUBLISHED.read_text("utf-8"))
    assert validate_schema(schema) == []
    names = [name for name in schema.type_map if not name.startswith("__")]
    declared = [name for name in names if name not in {"String", "Int", "Float", "Boolean", "ID"}]
    assert declared == sorted(declared)
