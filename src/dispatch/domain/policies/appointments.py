"""Numbers of appointments (APT): holding, reminding, calling, saturation."""

from dataclasses import dataclass

from dispatch.domain.appointments import CallRule
from dispatch.domain.policies.values import DAY_S, choice, whole
from dispatch.domain.policies.windows import DayWindow, evening_windows


@dataclass(frozen=True, slots=True)
class Appointments:
    """How times are agreed with customers, and kept."""

    hold_s: int = whole(300, least=30, most=DAY_S)
    """A slot is held this long while the customer decides."""
    late_grace_s: int = whole(0, least=0, most=DAY_S)
    """An arrival this long after the end of the window still counts as kept."""
    remind_before_s: int = whole(1800, least=60, most=DAY_S)
    """So long before an appointment that was moved within the day the technician is reminded."""
    remind_answer_s: int = whole(300, least=30, most=DAY_S)
    """A reminded technician who does not confirm within this time makes the leader be told."""
    call_rule: CallRule = choice(CallRule.FLAGGED)
    """What setting out without a noted call to the customer means."""
    saturation_duration_s: int = whole(3600, least=60, most=DAY_S)
    """A day is full for a trade when no visit of this length finds a time in it any more."""
    saturation_days: int = whole(7, least=1, most=14)
    """So many days are looked through for the first time that can be offered again."""
    saturation_most_s: int = whole(7 * DAY_S, least=3600, most=60 * DAY_S)
    """A leader can declare saturation for at most this long ahead."""
    named_days: int = whole(7, least=1, most=14)
    """So many days are looked through for a technician whom the customer names."""
    evening_windows: tuple[DayWindow, ...] = evening_windows()
    """Windows offered beside the usual ones where a technician agreed to stay longer."""
