"""How long things may take, and who is told when they take longer (SLA-1 … SLA-5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain.clocks import LADDERED, ORDER_KINDS, ClockKind
from dispatch.domain.ladders import OrderMove, Rung, ladder_faults
from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.values import (
    DAY_S,
    Unfit,
    flag,
    mapping,
    read_each,
    read_list,
    read_whole,
    read_word,
    several,
    value,
    whole,
)
from dispatch.domain.rights import Role
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import PauseReason

_MONTH_S = 31 * DAY_S
_MINUTE_S, _HOUR_S = 60, 3600
_MEANS_MOST, _NAME_MOST = 10, 40
_RUNG = ("after_s", "tell", "means", "order")
_K, _R = ClockKind, Role


def _seconds(given: Any) -> int:
    return read_whole(given, 1, _MONTH_S)


def _seconds_or_none(given: Any) -> int | None:
    return None if given is None else _seconds(given)


def _by_priority(default: Mapping[Priority, int | None], each: Callable[[Any], Any]) -> Any:
    return mapping({priority.value: length for priority, length in default.items()}, each)


LADDERS: Mapping[ClockKind, tuple[Rung, ...]] = {
    _K.FIRST_ANSWER: (
        Rung(0, (_R.DESK,)),
        Rung(15 * _MINUTE_S, (_R.SUPERVISOR,)),
        Rung(30 * _MINUTE_S, (_R.PROJECT_MANAGER,)),
    ),
    _K.ACCEPT: (
        Rung(0, ("HOLDER", "LEADER", _R.DISPATCHER)),
        Rung(5 * _MINUTE_S, (_R.SUPERVISOR,), order=OrderMove.OFFER),
    ),
    _K.ARRIVE: (
        Rung(0, ("HOLDER", "LEADER", _R.DISPATCHER)),
        Rung(15 * _MINUTE_S, (_R.SUPERVISOR,)),
        Rung(30 * _MINUTE_S, (_R.PROJECT_MANAGER,)),
    ),
    _K.PROGRESS: (
        Rung(0, ("HOLDER", "LEADER")),
        Rung(2 * _HOUR_S, (_R.SUPERVISOR,)),
        Rung(4 * _HOUR_S, (_R.PROJECT_MANAGER,)),
    ),
    _K.STEWARD_REPORT: (
        Rung(0, (_R.STEWARD, _R.DESK)),
        Rung(4 * _HOUR_S, (_R.STEWARD, _R.PROJECT_MANAGER)),
    ),
    _K.RESOLVE: (
        Rung(0, (_R.SUPERVISOR, _R.DESK)),
        Rung(DAY_S, (_R.PROJECT_MANAGER,)),
        Rung(2 * DAY_S, (_R.QUALITY,)),
    ),
}


def _ladders(given: Any) -> dict[ClockKind, tuple[Rung, ...]]:
    if not isinstance(given, Mapping):
        raise Misfit("NOT_BY_NAME")
    try:
        return _with_defaults(read_each(given, _ladder, known=tuple(sorted(LADDERED))))
    except Unfit as unfit:
        raise Unfit(*unfit.faults, fit=_with_defaults(unfit.fit)) from unfit


def _with_defaults(own: Mapping[str, tuple[Rung, ...]]) -> dict[ClockKind, tuple[Rung, ...]]:
    return {**LADDERS, **{ClockKind(name): rungs for name, rungs in own.items()}}


def _ladder(name: str, given: Any) -> tuple[Rung, ...]:
    rungs = tuple(_rung(each) for each in read_list(given))
    faults = [((), each) for each in ladder_faults(rungs, about_order=name in ORDER_KINDS)]
    if faults:
        raise Unfit(*faults)
    return rungs


def _rung(given: Any) -> Rung:
    for name in sorted(set(given) - set(_RUNG)):
        raise Misfit("UNKNOWN", name=name, known=_RUNG)
    means = tuple(str(each)[:_NAME_MOST] for each in given.get("means", ()))
    if len(means) > _MEANS_MOST:
        raise Misfit("COUNT", least=0, most=_MEANS_MOST)
    return Rung(
        read_whole(given["after_s"], 0, _MONTH_S),
        tuple(dict.fromkeys(str(each) for each in read_list(given["tell"]))),
        means,
        read_word(OrderMove, given.get("order", OrderMove.NOTHING.value)),
    )


@dataclass(frozen=True, slots=True)
class Clocks:
    """Deadlines of tickets and orders."""

    first_answer_s: Mapping[str, int] = _by_priority(
        {
            Priority.EMERGENCY: 5 * _MINUTE_S,
            Priority.HIGH: 15 * _MINUTE_S,
            Priority.NORMAL: 30 * _MINUTE_S,
            Priority.LOW: _HOUR_S,
        },
        _seconds,
    )
    """From report to triage, by priority; a ticket without one counts as NORMAL."""
    accept_s: int = whole(5 * _MINUTE_S, least=10, most=_MONTH_S)
    """From dispatch until the technician accepts."""
    accept_ahead_s: int = whole(12 * _HOUR_S, least=0, most=_MONTH_S)
    """An order planned for later need be accepted no sooner than this before its planned start."""
    arrive_s: Mapping[str, int | None] = _by_priority(
        {
            Priority.EMERGENCY: 15 * _MINUTE_S,
            Priority.HIGH: None,
            Priority.NORMAL: None,
            Priority.LOW: None,
        },
        _seconds_or_none,
    )
    """From dispatch until somebody is at the door, by priority; none: by the end of the window."""
    progress_s: int = whole(2 * _HOUR_S, least=_MINUTE_S, most=_MONTH_S)
    """The longest an open order may stand without a step."""
    steward_report_s: int = whole(4 * _HOUR_S, least=_MINUTE_S, most=_MONTH_S)
    """How often the steward reports to the desk while a ticket is open."""
    resolve_s: Mapping[str, int] = _by_priority(dict.fromkeys(Priority, DAY_S), _seconds)
    """From report until solved, by priority; beyond it the ticket is on the overdue board."""
    arrival_check_s: int = whole(15 * _MINUTE_S, least=_MINUTE_S, most=DAY_S)
    """From dispatch of a same-day repair to the desk's call whether the technician is there."""
    arrival_check_again_s: int = whole(15 * _MINUTE_S, least=_MINUTE_S, most=DAY_S)
    """From a call that found nobody there to the next one."""
    unused: tuple[ClockKind, ...] = several(ClockKind)
    """Clocks that the site does not keep."""
    business_hours: tuple[ClockKind, ...] = several(ClockKind)
    """Clocks that run on the site's business calendar; the others run round the clock."""
    emergencies_round_the_clock: bool = flag(True)
    """Whether an emergency's clocks run round the clock whatever else is set."""
    customer_pauses: tuple[PauseReason, ...] = several(PauseReason, PauseReason.CUSTOMER_AWAY)
    """Reasons of a pause for the customer's sake: they stop the ticket's clocks."""
    tries: int = whole(5, least=1, most=100)
    """How often a clock whose effect fails is tried before it is given up and shown as failed."""
    retry_s: int = whole(10, least=1, most=_HOUR_S)
    """How long after a failed try the next one comes; it doubles each time."""
    ladders: Mapping[ClockKind, tuple[Rung, ...]] = value(_ladders, make=lambda: dict(LADDERS))
    """Who is told of a breach, when, by which means, and what happens to the order."""

    def next_try(self, *, at: datetime, tries: int) -> datetime:
        """When a clock that has failed so often is tried again."""
        return at + timedelta(seconds=self.retry_s * 2 ** (tries - 1))
