"""The windows of the day that customers can be offered (APT-1)."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.values import read_clock, read_list, value

_MOST = 24


@dataclass(frozen=True, slots=True)
class DayWindow:
    """A window of the day that customers can be offered, local times; it ends the same day."""

    starts: time
    ends: time


def day_windows() -> Any:
    """The field that holds them; default: every two hours from 8 to 20."""
    return value(_parse, make=_default)


def evening_windows() -> Any:
    """The field that holds those of the evening; default: from 18 to 20 and from 20 to 22."""
    return value(_parse_evening, make=_default_evening)


def _default() -> tuple[DayWindow, ...]:
    return tuple(DayWindow(time(hour), time(hour + 2)) for hour in range(8, 20, 2))


def _default_evening() -> tuple[DayWindow, ...]:
    return tuple(DayWindow(time(hour), time(hour + 2)) for hour in (18, 20))


def _parse(given: Any) -> tuple[DayWindow, ...]:
    return _read(given, least=1)


def _parse_evening(given: Any) -> tuple[DayWindow, ...]:
    return _read(given, least=0)


def _read(given: Any, *, least: int) -> tuple[DayWindow, ...]:
    windows = tuple(
        DayWindow(read_clock(each["starts"]), read_clock(each["ends"])) for each in read_list(given)
    )
    if not least <= len(windows) <= _MOST:
        raise Misfit("COUNT", least=least, most=_MOST)
    if any(window.starts >= window.ends for window in windows):
        raise Misfit("WINDOW_ENDS_BEFORE_IT_STARTS")
    if len(set(windows)) != len(windows):
        raise Misfit("TWICE")
    return windows
