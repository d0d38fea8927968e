"""How closed lists of the domain become GraphQL enums, every value described with its Chinese
word."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)


def described(enum: type[AnyEnum], description: str, values: Mapping[AnyEnum, str]) -> None:
    """Publishes a closed list; a value without a description stops the service from starting."""
    strawberry.enum(enum, description=description)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[enum(value.value)]
