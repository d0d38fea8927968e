"""Levels of complaints, and what says that people are shut in a lift."""

from __future__ import annotations

import pytest

from dispatch.domain.cases import Level, at_least, says_trapped
from dispatch.domain.policies import Policy


@pytest.mark.rule("CMP-2")
def test_levels_have_an_order() -> None:
    assert [at_least(level, Level.SERIOUS) for level in Level] == [False, False, True, True]
    assert not at_least(None, Level.MINOR)


@pytest.mark.rule("CMP-4")
@pytest.mark.parametrize(
    ("words", "is_so"),
    [
        ("电梯困人", True),
        ("有人被困在2号电梯里", True),
        ("Two people TRAPPED in the Lift", True),
        ("电梯按钮不亮", False),
        ("小孩被困在卫生间", False),
        ("lift is noisy", False),
    ],
)
def test_people_in_a_lift_are_told_by_a_word_of_each_kind(words: str, *, is_so: bool) -> None:
    rules = Policy().cases
    assert says_trapped(words, lift=rules.lift_words, trapped=rules.trapped_words) is is_so
