"""Who is on duty when the desk is closed, and what a day's roster must hold (RST-3, RST-4)."""

from dataclasses import dataclass
from datetime import time

from dispatch.domain.policies.values import DAY_S, clock_time, flag, whole


@dataclass(frozen=True, slots=True)
class Duty:
    """Numbers of duty out of hours: the desk's hours are the site's opening hours."""

    direct: bool = flag(True)
    """Whether orders out of hours go straight to the technician on duty."""
    turnover: time = clock_time(time(9))
    """When one day's duty ends and the next one's begins, local time."""
    accept_s: int = whole(600, least=30, most=DAY_S)
    """How long the technician on duty has to accept, before the order goes on."""
    delegate_s: int = whole(600, least=30, most=DAY_S)
    """On a holiday: how long an order waits for the delegate to assign it."""
    managers_least: int = whole(1, least=0, most=20)
    """How many duty managers a day needs."""
    technicians_least: int = whole(1, least=0, most=100)
    """How many technicians on duty a day needs."""
    desk_least: int = whole(1, least=0, most=50)
    """How many people in the duty centre a day needs."""
    delegate_on_holidays: bool = flag(True)
    """Whether a holiday needs a delegate."""
    ahead_days: int = whole(3, least=0, most=60)
    """How many days ahead gaps in the roster are shown."""
    warn: bool = flag(True)
    """Whether managers are told of gaps each day."""
    warn_from: time = clock_time(time(8))
    """From when on they are told, local time."""
