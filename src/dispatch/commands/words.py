"""The terminal's language and what is said in it."""

import os
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


class Complaint(Exception):  # noqa: N818 -- it is an answer, like a refusal
    """A command cannot go on: the name of the text; its remedy is `<name>_remedy`."""

    def __init__(self, name: str, /, **params: Any) -> None:
        super().__init__(name)
        self.name = name
        self.params = params


def terminal_language() -> str:
    """Chinese where the terminal's locale says so, else English."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    return "zh-CN" if locale.lower().startswith("zh") else "en"


def say(name: str, /, **params: Any) -> str:
    """A sentence of the catalogue in the terminal's language."""
    return command_texts(terminal_language())["commands"][name].format(**params)


def cause_words(cause: str) -> str:
    """What is wrong with a row of an import."""
    return command_texts(terminal_language())["causes"][cause]


@cache
def command_texts(language: str) -> dict[str, Any]:
    path = files("dispatch").joinpath("texts", f"commands.{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
