"""GraphQL over the services: types and fields of each noun, and the frame they hang in."""

from dispatch.api.print_schema import print_schema

__all__ = ["print_schema"]
