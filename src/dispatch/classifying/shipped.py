"""What is shipped: phrases to learn from, phrases to measure with, and the model made of them."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from dispatch.classifying.model import Model, digest
from dispatch.classifying.training import Example

MODEL = "model.npz"
"""Made by `dispatch classify build`; a test holds it to the phrases."""
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Case:
    """A report with the category it should get; `language` is empty where nobody said."""

    text: str
    label: str
    language: str = ""


def folder() -> Traversable:
    return files("dispatch").joinpath("data", "phrases")


def examples() -> list[Example]:
    """The shipped phrases by the code of their category, in the order of the files."""
    return [*_examples("training.toml"), *_examples("reports.toml", is_report=True)]


def held_out() -> list[Case]:
    """Reports that no model learns from."""
    lines = folder().joinpath("held_out.csv").read_text(encoding="utf-8").splitlines()
    return [Case(row["text"], row["category"], row["language"]) for row in csv.DictReader(lines)]


@cache
def shipped_model() -> tuple[str, Model]:
    """The model of the shipped phrases and its digest: what a site guesses with at first."""
    stored = folder().joinpath(MODEL).read_bytes()
    return digest(stored), Model.from_bytes(stored)


def _examples(name: str, *, is_report: bool = False) -> Iterator[Example]:
    phrases = tomllib.loads(folder().joinpath(name).read_text(encoding="utf-8"))
    for label, by_language in phrases.items():
        for language in LANGUAGES:
            for text in by_language[language]:
                yield Example(text, label, is_report=is_report)
