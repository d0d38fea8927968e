"""The schema as text, for `schema/schema.graphql`: sorted, so that a change shows where it is."""

from graphql import lexicographic_sort_schema
from graphql import print_schema as print_sdl

from dispatch.api.schema import schema


def print_schema() -> str:
    """SDL of the whole schema with all descriptions; ends with a newline."""
    return print_sdl(lexicographic_sort_schema(schema._schema)) + "\n"  # noqa: SLF001
