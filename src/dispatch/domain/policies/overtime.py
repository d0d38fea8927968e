"""How much overtime there may be, and who has to say yes (RST-5)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, flag, whole

_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Overtime:
    """Limits of overtime; what is asked for, agreed and approved counts, and work past the
    shift's end."""

    needs_approval: bool = flag(True)
    """Whether overtime that a technician agreed to needs somebody's approval, too."""
    day_most_s: int = whole(3 * _HOUR_S, least=0, most=DAY_S)
    """The most overtime of one person on a day."""
    week_most_s: int = whole(12 * _HOUR_S, least=0, most=7 * DAY_S)
    """The most overtime of one person in a week, from Monday to Sunday."""
    month_most_s: int = whole(36 * _HOUR_S, least=0, most=31 * DAY_S)
    """The most overtime of one person in a calendar month."""
    answer_within_s: int = whole(4 * _HOUR_S, least=60, most=31 * DAY_S)
    """How long overtime waits for the technician's word, and then for approval; it is over at the
    latest when the overtime itself would be."""
    least_s: int = whole(15 * 60, least=60, most=DAY_S)
    """Work outside the shift is overtime from so much on, and nobody is asked for less."""
