"""The shipped phrases and the model made of them."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from dispatch.classifying.measuring import measure
from dispatch.classifying.shipped import LANGUAGES, examples, held_out, shipped_model
from dispatch.classifying.training import source_of
from dispatch.services.catalogue import default_categories
from dispatch.services.learning import shipped_examples

CODES = {leaf.code for group in default_categories() for leaf in group.children}


def test_every_category_has_phrases_and_measured_reports_in_both_languages() -> None:
    phrases = examples()
    assert {each.label for each in phrases} == CODES
    assert min(Counter(each.label for each in phrases).values()) >= 30
    cases = held_out()
    assert Counter((case.label, case.language) for case in cases) == {
        (code, language): 2 for code in CODES for language in LANGUAGES
    }


def test_nothing_that_measures_was_learned_from() -> None:
    learned = [each.text.casefold() for each in shipped_examples()]
    assert len(learned) == len(set(learned))
    assert not {case.text.casefold() for case in held_out()} & set(learned)


def test_the_shipped_model_is_made_of_the_shipped_phrases() -> None:
    _, model = shipped_model()
    assert set(model.labels) == CODES
    assert model.source == source_of(shipped_examples()), "run `dispatch classify build`"


@pytest.mark.rule("TRI-3")
def test_free_text_gets_its_category_in_both_languages_and_knows_how_sure_it_is() -> None:
    _, model = shipped_model()
    found = measure(model, held_out())
    assert found.all.cases == 256
    assert {language: share.right >= 0.9 for language, share in found.by_language.items()} == {
        "en": True,
        "zh": True,
    }
    assert found.all.among_three >= 0.98
    assert found.calibration_error <= 0.08


@pytest.mark.rule("TRI-3")
@pytest.mark.parametrize(
    "text", ["你好，请问", "谢谢师傅上次修得很好", "xyzzy foo bar", "1234567", "", "🙂🙂"]
)
def test_a_text_that_says_nothing_is_never_guessed_surely(text: str) -> None:
    _, model = shipped_model()
    ranked = model.guess(text)
    assert not ranked or ranked[0][1] < 0.5


def test_a_guess_takes_milliseconds_however_long_the_text() -> None:
    _, model = shipped_model()
    model.guess("水龙头漏水")
    for text in ("厨房水龙头一直滴水", "漏水" * 5000, "the tap drips " * 700):
        best = min(_seconds(model, text) for _ in range(5))
        assert best < 0.02


def _seconds(model: object, text: str) -> float:
    began = time.perf_counter()
    model.guess(text)  # type: ignore[attr-defined]
    return time.perf_counter() - began
