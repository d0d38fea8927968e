"""Numbers of the work at the place: pauses, help, steps from offline, repairs of repairs."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, YEAR_S, flag, several, whole
from dispatch.domain.work_orders import PauseReason


@dataclass(frozen=True, slots=True)
class OnSite:
    """What a site demands of technicians on the spot (EXE)."""

    consent_reasons: tuple[PauseReason, ...] = several(
        PauseReason,
        PauseReason.PARTS,
        PauseReason.WORKSHOP,
        PauseReason.LONG_JOB,
        PauseReason.OTHER_TRADE_FIRST,
    )
    """Pauses that cost the customer time or money: in a home they need the customer's consent."""
    remind_again_s: int = whole(DAY_S, least=3600, most=30 * DAY_S)
    """How long after the date to go on a pause is reminded of again, until work goes on."""
    help_answer_s: int = whole(15 * 60, least=60, most=DAY_S)
    """How long the leader has to answer a call for help before it goes on by itself."""
    help_by_optimizer: bool = flag(True)
    """Whether an unanswered call for help is dispatched like any order, by the optimizer."""
    offline_most_s: int = whole(7 * DAY_S, least=3600, most=60 * DAY_S)
    """How old a step may be when a phone that was offline delivers it."""
    clock_fast_s: int = whole(5 * 60, least=0, most=3600)
    """How far a phone's clock may run ahead when it does not say what time it has."""
    clock_off_s: int = whole(DAY_S, least=0, most=30 * DAY_S)
    """How wrong a phone's clock may be when it says what time it has; its steps are corrected."""
    step_waits_s: int = whole(DAY_S, least=60, most=30 * DAY_S)
    """How long an early step waits for the one before it, until people are told."""
    rework_within_s: int = whole(30 * DAY_S, least=DAY_S, most=YEAR_S)
    """A fault of the same kind at the same place within this time of its repair is a rework."""
    rework_report_s: int = whole(DAY_S, least=3600, most=30 * DAY_S)
    """How often the progress of a rework is reported until it is closed."""
