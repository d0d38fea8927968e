"""Training, storing and measuring, on a few examples."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest

from dispatch.classifying.features import counts
from dispatch.classifying.measuring import measure
from dispatch.classifying.model import Model, expected_error
from dispatch.classifying.shipped import Case
from dispatch.classifying.training import Example, train

FEW = [
    Example("水龙头漏水", "tap", is_report=True),
    Example("龙头滴水", "tap", is_report=True),
    Example("dripping tap", "tap", is_report=True),
    Example("the tap leaks", "tap", is_report=True),
    Example("电梯停了", "lift", is_report=True),
    Example("电梯不动", "lift", is_report=True),
    Example("lift stopped", "lift", is_report=True),
    Example("the lift does not move", "lift", is_report=True),
]


def test_pieces_ignore_case_width_digits_and_signs() -> None:
    assert counts("Lift STOPPED!!") == counts("ｌｉｆｔ stopped 12")
    assert counts("电梯，停了") != counts("电梯停了")
    assert counts("123 !?") == {}


@pytest.mark.rule("TRI-3")
def test_what_the_desk_corrects_changes_the_next_guess_of_like_words() -> None:
    before = train(FEW).model
    assert before.guess("厨房小宝漏水")[0][0] == "tap"
    corrected = [
        Example("厨房小宝不热", "heater", is_report=True, weight=3),
        Example("小宝漏水了", "heater", is_report=True, weight=3),
    ]
    after = train([*FEW, *corrected]).model
    assert after.guess("厨房小宝漏水")[0][0] == "heater"
    assert after.guess("水龙头滴水")[0][0] == "tap"


def test_a_heavier_example_pulls_more() -> None:
    def first(weight: float) -> str:
        model = train([*FEW, Example("水龙头漏水", "pipe", weight=weight)]).model
        return model.guess("水龙头漏水")[0][0]

    assert (first(0.2), first(5)) == ("tap", "pipe")


def test_unseen_guesses_are_those_of_a_training_without_the_example() -> None:
    """The closed form is what leaving each report out in turn gives."""
    left_out = sum(
        train([*FEW[:at], *FEW[at + 1 :]]).model.guess(example.text)[0][0] == example.label
        for at, example in enumerate(FEW)
    )
    assert train(FEW).accuracy == left_out / len(FEW)


def test_a_stored_model_guesses_the_same() -> None:
    model = train(FEW).model
    again = Model.from_bytes(model.to_bytes())
    assert again.guess("电梯漏水") == model.guess("电梯漏水")
    assert (again.labels, again.source) == (model.labels, model.source)


def test_nothing_stored_is_ever_run() -> None:
    with pytest.raises(ValueError, match="pickle"):
        Model.from_bytes(pickle.dumps({"labels": ["tap"]}))
    file = io.BytesIO()
    np.savez(file, labels=np.array([print], dtype=object), numbers=np.zeros(2))
    with pytest.raises(ValueError, match="pickle"):
        Model.from_bytes(file.getvalue())


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    error, table = expected_error([0.95, 0.95, 0.95, 0.95, 0.55, 0.55], [True] * 4 + [True, False])
    assert error == pytest.approx((4 * 0.05 + 2 * 0.05) / 6)
    assert table[9] == (4, pytest.approx(0.95), 1.0)
    assert table[5] == (2, pytest.approx(0.55), 0.5)
    assert expected_error([1.0], [False])[0] == 1.0


def test_a_measure_counts_by_language_and_names_what_was_missed() -> None:
    model = train(FEW).model
    cases = [
        Case("水龙头漏水", "tap", "zh"),
        Case("电梯停了", "tap", "zh"),
        Case("lift stopped", "lift", "en"),
    ]
    found = measure(model, cases)
    assert found.all.right == pytest.approx(2 / 3)
    assert found.by_language["zh"].right == 0.5
    assert found.by_language["en"].right == 1
    assert [(case.text, guess) for case, guess, _ in found.wrong] == [("电梯停了", "lift")]
