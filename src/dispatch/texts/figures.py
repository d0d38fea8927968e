"""What figures are called and how they are counted, in a reader's language."""

from typing import Any

from dispatch.domain.figures.figure import Figure
from dispatch.texts.catalogue import catalogue


def figure_name(family: str, figure: Figure, language: str) -> str:
    """As the head of a column says it."""
    return _texts(language)[family][figure.name]["name"]


def figure_formula(family: str, figure: Figure, language: str) -> str:
    """How it is counted, in a sentence or two."""
    return _texts(language)[family][figure.name]["formula"]


def unit_name(figure: Figure, language: str) -> str:
    return _texts(language)["units"][figure.unit.value]


def unit_sign(figure: Figure, language: str) -> str:
    """The unit behind the name, in a file of bare numbers; empty for numbers without one."""
    return _texts(language)["signs"][figure.unit.value]


def column_name(name: str, language: str) -> str:
    """What a column that tells groups apart is called."""
    return _texts(language)["columns"][name]


def _texts(language: str) -> dict[str, Any]:
    return catalogue(language)["figures"]
