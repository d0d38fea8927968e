"""Every language says the same things, and says something about every code."""

from __future__ import annotations

import inspect
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatch.domain.errors import Code, Refusal
from dispatch.domain.messages import MessageKind
from dispatch.texts import LANGUAGES, catalogue, language_of, render, rule_text, word
from dispatch_solver import blocked
from dispatch_solver.words import REASONS, REMEDIES

ERRORS_PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"


def leaves(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_placeholders(language: str) -> None:
    first = {key: placeholders(text) for key, text in leaves(catalogue(LANGUAGES[0]))}
    assert {key: placeholders(text) for key, text in leaves(catalogue(language))} == first


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_message_and_a_remedy(language: str) -> None:
    errors = catalogue(language)["errors"]
    assert set(errors) == {code.value for code in Code}
    for code in Code:
        message, remedy = render(Refusal(code), language)
        assert message
        assert remedy
        assert message != remedy


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_remedy_of_the_optimizer_has_words(language: str) -> None:
    assert set(catalogue(language)["remedies"]) == set(REMEDIES)
    assert set(catalogue(language)["left_out"]) >= set(REASONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_the_optimizer_has_words(language: str) -> None:
    source = inspect.getsource(blocked)
    rules = set(re.findall(r'"([A-Z_]{4,})"', source))
    assert {"LEVEL", "NO_SHIFT", "WINDOW", "FULL"} <= rules
    for rule in rules:
        assert rule_text(rule, None, language) != rule
    # The measured ones say by how much, in minutes but for levels and loads.
    assert "2" in rule_text("LEVEL", 2, language)
    assert "3" in rule_text("FULL", 121, language)
    assert set(catalogue(language)["rules_by"]) <= rules


def test_a_remedy_names_the_other_technician_and_order() -> None:
    params = {"technician": "Ann", "to": "Bob", "order": "W-7", "start": "09:30"}
    assert word("remedies", "MOVE_VISIT", "en", **params) == (
        "Ann could take it if Bob did order W-7 at 09:30."
    )
    assert word("remedies", "MOVE_VISIT", "zh-CN", **params) == (
        "若Bob于 09:30 承接工单 W-7，Ann能承接。"
    )


def test_texts_are_in_their_language() -> None:
    han = re.compile("[\u4e00-\u9fff]")
    for key, text in leaves(catalogue("zh-CN")["errors"]):
        assert han.search(text), key
    assert not [key for key, text in leaves(catalogue("en")) if han.search(text)]


def test_a_message_names_the_field_and_the_range_in_words() -> None:
    refusal = Refusal(Code.OUT_OF_RANGE, ("crew_size",), {"least": 1, "most": 20})
    assert render(refusal, "en")[0] == "The value is out of range: crew size, from 1 to 20."
    assert render(refusal, "zh-CN")[0] == "数值超出范围：人数，应为 1 至 20。"
    open_end = Refusal(Code.OUT_OF_RANGE, ("level",), {"least": 1, "most": ""})
    assert render(open_end, "en")[0] == "The value is out of range: level, at least 1."


def test_a_message_says_steps_and_states_in_words() -> None:
    refusal = Refusal(
        Code.WRONG_STEP, params={"step": "START", "state": "ACCEPTED"}, allowed=("SET_OUT",)
    )
    assert render(refusal, "zh-CN") == (
        "当前状态（已接单）不能进行此操作：开工。",
        "当前可进行：出发。",
    )


def test_a_value_is_never_taken_for_a_template() -> None:
    refusal = Refusal(Code.BAD_INPUT, params={"detail": "{given.__class__} {0}", "given": "x"})
    assert "{given.__class__} {0}" in render(refusal, "en")[0]


def test_an_unknown_word_stays_as_it_is() -> None:
    assert word("words", "NO_SUCH_WORD", "en") == "NO_SUCH_WORD"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, None),
        ("", None),
        ("fr", None),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW", "zh-CN"),
        ("fr, zh;q=0.5, en;q=0.8", "en"),
        ("en;q=0, zh;q=0.1", "zh-CN"),
        ("en;q=nonsense", None),
    ],
)
def test_the_language_is_the_one_the_reader_likes_best(
    header: str | None, language: str | None
) -> None:
    assert language_of(header) == language


def test_the_page_of_errors_lists_every_code_once_with_its_texts() -> None:
    page = ERRORS_PAGE.read_text("utf-8")
    listed = re.findall(r"^### `([A-Z_]+)`$", page, re.MULTILINE)
    assert listed == [code.value for code in Code]
    for language in LANGUAGES:
        for key, text in leaves(catalogue(language)["errors"]):
            assert text in page, f"{language} {key}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_a_subject_and_a_body(language: str) -> None:
    messages = catalogue(language)["messages"]
    assert set(messages) == {kind.value for kind in MessageKind}
    assert all(set(text) == {"subject", "body"} for text in messages.values())
