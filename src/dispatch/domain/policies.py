"""A site's numbers (策略): every default here can be set per site; no rule keeps its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep

DANGER_WORDS = (
    "燃气泄漏", "煤气泄漏", "天然气泄漏", "漏气", "煤气味", "燃气味",
    "困人", "被困", "关人",
    "爆管", "水管爆", "管道爆裂", "水管破裂",
    "电线裸露", "裸露电线", "漏电", "触电", "冒火花",
    "着火", "起火", "火灾", "冒烟", "失火",
    "gas leak", "smell of gas", "smell gas", "carbon monoxide",
    "trapped in the lift", "trapped in lift", "stuck in the lift", "trapped in the elevator",
    "burst pipe", "pipe burst", "watermain break",
    "exposed wire", "live wire", "electric shock", "sparking",
    "on fire", "smoke from",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DispatchStep:
    """One step of the dispatch policy and how long it may take, in seconds (None: no limit)."""

    step: AssignmentStep
    limit_s: int | None = None


@dataclass(frozen=True, slots=True)
class DayWindow:
    """A window of the day that customers can be offered, local times; it ends the same day."""

    starts: time
    ends: time


def _default_windows() -> tuple[DayWindow, ...]:
    return tuple(DayWindow(time(hour), time(hour + 2)) for hour in range(8, 20, 2))


def _default_steps() -> tuple[DispatchStep, ...]:
    return (
        DispatchStep(AssignmentStep.DIRECTED),
        DispatchStep(AssignmentStep.AUTO),
        DispatchStep(AssignmentStep.GRAB, 300),
        DispatchStep(AssignmentStep.SUPERVISOR),
    )


@dataclass(frozen=True, slots=True)
class Planning:
    """Numbers of auto-assignment. Weights: cost per unit named; imbalance per squared hour."""

    seconds: float = 20.0
    repair_seconds: float = 2.0
    detour: float = 1.3
    stop_overhead_s: int = 120
    floor_s: int = 10
    speed_kmh: Mapping[str, float] = field(
        default_factory=lambda: {"WALK": 4.5, "BICYCLE": 12.0, "SCOOTER": 20.0, "CAR": 32.0}
    )
    weights: Mapping[str, float] = field(
        default_factory=lambda: {
            "unserved_emergency": 100.0,
            "unserved_high": 10.0,
            "unserved_normal": 3.0,
            "unserved_low": 1.0,
            "promise_broken": 7200.0,
            "lateness_second": 1.0,
            "travel_second": 1.0,
            "travel_metre": 0.0,
            "imbalance": 1800.0,
            "overtime_second": 2.0,
            "skill_waste_level": 300.0,
            "continuity": 120.0,
            "change": 600.0,
            "technician_used": 0.0,
        }
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a site may set; see `docs/rules.md` for the rule behind each."""

    dispatch_steps: tuple[DispatchStep, ...] = field(default_factory=_default_steps)
    answer_within_s: Mapping[str, int] = field(
        default_factory=lambda: {
            Priority.EMERGENCY.value: 0,
            Priority.HIGH.value: 2 * 3600,
            Priority.NORMAL.value: 4 * 3600,
            Priority.LOW.value: 8 * 3600,
        }
    )
    danger_words: tuple[str, ...] = DANGER_WORDS
    door_code_tries: int = 5
    door_code_lock_s: int = 15 * 60
    give_back_alert: int = 3
    give_back_period_s: int = 7 * 24 * 3600
    callback_scale: int = 5
    callback_unanswered: int = 2
    work_limit_s: int | None = None
    slot_days: int = 3
    slot_windows: tuple[DayWindow, ...] = field(default_factory=_default_windows)
    planning: Planning = field(default_factory=Planning)

    def step_after(self, step: AssignmentStep | None) -> DispatchStep | None:
        """The step that follows `step` (None: the first); None when the ladder ends."""
        steps = self.dispatch_steps
        if step is None:
            return steps[0]
        here = next((i for i, each in enumerate(steps) if each.step is step), None)
        return steps[here + 1] if here is not None and here + 1 < len(steps) else None

    def step(self, step: AssignmentStep) -> DispatchStep | None:
        """The policy's own entry for `step`, None when the site does not use it."""
        return next((each for each in self.dispatch_steps if each.step is step), None)


_WINDOWS_MOST = 24
_RANGES: Mapping[str, tuple[int, int]] = {
    "door_code_tries": (1, 20),
    "door_code_lock_s": (0, 24 * 3600),
    "give_back_alert": (1, 100),
    "give_back_period_s": (3600, 366 * 24 * 3600),
    "callback_scale": (3, 5),
    "callback_unanswered": (1, 10),
    "slot_days": (1, 14),
}


def parse_policy(document: Mapping[str, Any]) -> Policy:
    """The policy that a stored document makes of the defaults.

    Refuses unknown names, wrong types, numbers out of range and a ladder without an end, one
    refusal per fault.
    """
    faults: list[Refusal] = []
    values: dict[str, Any] = {}
    known = {each.name: each for each in fields(Policy)}
    for name, given in document.items():
        if name not in known:
            faults.append(_fault(name, f"unknown; known are {', '.join(known)}"))
            continue
        try:
            values[name] = _parse(name, given)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            faults.append(_fault(name, str(error)))
    if faults:
        raise Refused(*faults)
    return Policy(**values)


def policy_document(policy: Policy) -> dict[str, Any]:
    """The policy as plain JSON, the inverse of `parse_policy`."""

    def plain(value: Any) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, tuple | list):
            return [plain(item) for item in value]
        if isinstance(value, time):
            return f"{value:%H:%M}"
        return value.value if isinstance(value, StrEnum) else value

    return plain(policy)


def _parse(name: str, given: Any) -> Any:
    if name == "dispatch_steps":
        return _parse_steps(given)
    if name == "slot_windows":
        return _parse_windows(given)
    if name == "planning":
        return _parse_planning(given)
    if name == "danger_words":
        return tuple(str(word) for word in given if str(word).strip())
    if name == "answer_within_s":
        return {Priority(key).value: _whole(value, 0, 10**7) for key, value in given.items()}
    if name == "work_limit_s":
        return None if given is None else _whole(given, 0, 24 * 3600)
    least, most = _RANGES[name]
    return _whole(given, least, most)


def _parse_steps(given: Any) -> tuple[DispatchStep, ...]:
    steps = tuple(
        DispatchStep(
            AssignmentStep(each["step"]),
            None if each.get("limit_s") is None else _whole(each["limit_s"], 1, 7 * 24 * 3600),
        )
        for each in given
    )
    if not steps:
        raise ValueError("at least one step is needed")
    if len({each.step for each in steps}) != len(steps):
        raise ValueError("a step stands twice")
    if steps[-1].step not in (AssignmentStep.SUPERVISOR, AssignmentStep.VENDOR):
        raise ValueError("the last step must be SUPERVISOR or VENDOR: somebody has to decide")
    if any(each.step is AssignmentStep.GRAB and each.limit_s is None for each in steps):
        raise ValueError("GRAB needs limit_s: an offer must end")
    return steps


def _parse_windows(given: Any) -> tuple[DayWindow, ...]:
    windows = tuple(DayWindow(_clock(each["starts"]), _clock(each["ends"])) for each in given)
    if not 1 <= len(windows) <= _WINDOWS_MOST:
        raise ValueError(f"1 to {_WINDOWS_MOST} windows are needed")
    if any(window.starts >= window.ends for window in windows):
        raise ValueError("a window must end after it starts, on the same day")
    if len(set(windows)) != len(windows):
        raise ValueError("a window stands twice")
    return windows


def _clock(given: str) -> time:
    """A local time as `HH:MM`."""
    hour, minute = str(given).split(":")
    return time(int(hour), int(minute))


def _parse_planning(given: Any) -> Planning:
    unknown = set(given) - {each.name for each in fields(Planning)}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    default = Planning()
    numbers: dict[str, Any] = {
        name: type(getattr(default, name))(_number(given[name], least, most))
        for name, least, most in (
            ("seconds", 0.1, 3600),
            ("repair_seconds", 0.1, 600),
            ("detour", 1, 5),
            ("stop_overhead_s", 0, 3600),
            ("floor_s", 0, 600),
        )
        if name in given
    }
    for name in ("speed_kmh", "weights"):
        strange = set(given.get(name, ())) - set(getattr(default, name))
        if strange:
            raise ValueError(f"unknown in {name}: {', '.join(sorted(strange))}")
    maps: dict[str, Any] = {
        name: {
            **getattr(default, name),
            **{str(key): float(_number(value, 0, 10**9)) for key, value in given[name].items()},
        }
        for name in ("speed_kmh", "weights")
        if name in given
    }
    return Planning(**numbers, **maps)


def _whole(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is needed")
    return int(_number(value, least, most))


def _number(value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is needed")
    if not least <= value <= most:
        raise ValueError(f"must lie between {least} and {most}")
    return value


def _fault(name: str, detail: str) -> Refusal:
    return Refusal(Code.POLICY_INVALID, ("document", name), {"detail": detail})
