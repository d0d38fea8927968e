"""What a guess amounts to."""

from __future__ import annotations

import pytest

from dispatch.domain.guesses import Judged, Leaf, judge
from dispatch.domain.triage import Priority

TAP = Leaf(1, Priority.NORMAL, is_danger=False)
GAS = Leaf(2, Priority.EMERGENCY, is_danger=True)
LIGHT = Leaf(3, Priority.LOW, is_danger=False)
LEAVES = {"tap": TAP, "gas": GAS, "light": LIGHT}


def judged(*ranked: tuple[str, float], danger: str | None = None, least: float = 0.7) -> Judged:
    return judge(ranked, leaves=LEAVES, danger=danger, least=least, alternatives=1)


@pytest.mark.rule("TRI-3")
@pytest.mark.parametrize(("confidence", "is_sure"), [(0.69, False), (0.7, True), (1.0, True)])
def test_under_the_set_confidence_the_desk_decides(confidence: float, is_sure: bool) -> None:
    found = judged(("tap", confidence), ("light", 0.2), ("gas", 0.1))
    assert (found.leaf, found.priority, found.is_sure) == (TAP, Priority.NORMAL, is_sure)
    assert found.alternatives == ((LIGHT, 0.2),)


@pytest.mark.rule("TRI-3", "TRI-2")
def test_the_model_never_lowers_a_danger() -> None:
    found = judged(("light", 0.99), danger="煤气味")
    assert (found.priority, found.is_sure) == (Priority.EMERGENCY, False)
    found = judged(("gas", 0.99), danger="煤气味")
    assert (found.priority, found.is_sure) == (Priority.EMERGENCY, True)
    # Without a word of danger a dangerous category alone makes the emergency.
    assert judged(("gas", 0.2)).priority is Priority.EMERGENCY


@pytest.mark.rule("TRI-3")
def test_what_a_site_does_not_use_is_passed_over_and_makes_nothing_surer() -> None:
    found = judged(("hotel_minibar", 0.6), ("tap", 0.3), ("light", 0.1))
    assert (found.leaf, found.confidence, found.is_sure) == (TAP, 0.3, False)


@pytest.mark.rule("TRI-3")
def test_nothing_said_is_nothing_guessed_but_danger_stays() -> None:
    found = judged()
    assert (found.leaf, found.confidence, found.priority, found.is_sure) == (None, 0, None, False)
    assert judged(danger="着火").priority is Priority.EMERGENCY
