"""The schema as text, for `schema/schema.graphql`: sorted, so that a change shows where it is."""

from graphql import build_schema, lexicographic_sort_schema
from graphql import print_schema as print_sdl

from dispatch.api.schema import schema


def print_schema() -> str:
    """SDL of the whole schema with all descriptions; ends with a newline."""
    # Sorted as text: sorting the schema itself would lose how its enums are written.
    return print_sdl(lexicographic_sort_schema(build_schema(schema.as_str()))) + "\n"
