"""What the classifier's guess of a report amounts to (TRI-3). A danger is never lowered by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatch.domain.triage import Priority, decide_priority


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the site's category tree, as far as a guess needs it."""

    category_id: int
    priority: Priority
    is_danger: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The guess: a leaf (None: the text says nothing), its probability, the priority that would
    follow, the likeliest leaves after it, and whether it is sure enough to count as decided."""

    leaf: Leaf | None
    confidence: float
    priority: Priority | None
    alternatives: tuple[tuple[Leaf, float], ...]
    is_sure: bool


def judge(
    ranked: Sequence[tuple[str, float]],
    *,
    leaves: Mapping[str, Leaf],
    danger: str | None,
    least: float,
    alternatives: int,
) -> Judged:
    """What `ranked` (codes with probabilities, likeliest first) means at a site with `leaves`.

    Codes that the site does not use are passed over, and their probability is given to none. A
    danger word makes an emergency whatever was guessed; and where it stands beside a category
    without danger, the guess is never sure.
    """
    known = [(leaves[code], chance) for code, chance in ranked if code in leaves]
    if not known:
        return Judged(None, 0.0, Priority.EMERGENCY if danger else None, (), is_sure=False)
    (leaf, confidence), rest = known[0], known[1:]
    priority = decide_priority(
        category=leaf.priority,
        category_is_danger=leaf.is_danger,
        danger=danger,
        wished=None,
        reason=None,
    )
    return Judged(
        leaf=leaf,
        confidence=confidence,
        priority=priority,
        alternatives=tuple(rest[:alternatives]),
        is_sure=confidence >= least and (danger is None or leaf.is_danger),
    )
