"""Numbers of complaints, matters, lift faults and orders of goods or services."""

from dataclasses import dataclass

from dispatch.domain.cases import Level
from dispatch.domain.policies.values import DAY_S, choice, texts, whole


@dataclass(frozen=True, slots=True)
class Cases:
    """How fast complaints are answered, and who is told (CMP)."""

    take_s: int = whole(5 * 60, least=30, most=DAY_S)
    """Nobody took a complaint in this time: the service lead is chased."""
    contact_s: int = whole(15 * 60, least=60, most=7 * DAY_S)
    """Within this time the caller is contacted."""
    solve_s: int = whole(DAY_S, least=600, most=60 * DAY_S)
    """Unsolved after this time, the company's quality officer owns a complaint."""
    high_level: Level = choice(Level.SERIOUS)
    """From this level on, managers are told of a complaint at once."""
    lift_words: tuple[str, ...] = texts("电梯", "升降机", "lift", "elevator")
    """Words that say a report is about a lift."""
    trapped_words: tuple[str, ...] = texts("困人", "被困", "关人", "困在", "trapped", "stuck in")
    """Words that say people are shut in."""
    confirm_s: int = whole(30 * 60, least=60, most=7 * DAY_S)
    """An order of goods or services placed online is confirmed with its provider in this time."""
