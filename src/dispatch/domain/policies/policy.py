"""A site's numbers (策略): every default here can be set per site; no rule keeps its own."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.appointments import Appointments
from dispatch.domain.policies.approvals import Approvals
from dispatch.domain.policies.callbacks import Callbacks
from dispatch.domain.policies.cases import Cases
from dispatch.domain.policies.clocks import Clocks
from dispatch.domain.policies.dispatch import DispatchStep, dispatch_steps
from dispatch.domain.policies.dispatching import Dispatching
from dispatch.domain.policies.duty import Duty
from dispatch.domain.policies.figures import Figures
from dispatch.domain.policies.grabbing import Grabbing
from dispatch.domain.policies.guesses import Guesses
from dispatch.domain.policies.intake import Intake
from dispatch.domain.policies.live import Live
from dispatch.domain.policies.messages import Messages
from dispatch.domain.policies.on_site import OnSite
from dispatch.domain.policies.opening import OpeningHours
from dispatch.domain.policies.overtime import Overtime
from dispatch.domain.policies.photos import Photos
from dispatch.domain.policies.planning import Planning
from dispatch.domain.policies.privacy import Privacy
from dispatch.domain.policies.seniority import Seniority
from dispatch.domain.policies.values import (
    DAY_S,
    YEAR_S,
    Unfit,
    mapping,
    one_of,
    read,
    read_whole,
    section,
    texts,
    whole,
)
from dispatch.domain.policies.windows import DayWindow, day_windows
from dispatch.domain.triage import DANGER_WORDS, Priority
from dispatch.domain.work_orders import AssignmentStep

_ANSWER_WITHIN_S = {
    Priority.EMERGENCY.value: 0,
    Priority.HIGH.value: 2 * 3600,
    Priority.NORMAL.value: 4 * 3600,
    Priority.LOW.value: 8 * 3600,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a site may set; see `docs/rules.md` for the rule behind each."""

    dispatch_steps: tuple[DispatchStep, ...] = dispatch_steps()
    """The ladder that an order climbs until somebody has it (DSP-1)."""
    answer_within_s: Mapping[str, int] = mapping(
        _ANSWER_WITHIN_S, lambda given: read_whole(given, 0, 10**7)
    )
    """By priority: from the report until work is due (TRI-2)."""
    danger_words: tuple[str, ...] = texts(*DANGER_WORDS)
    """Words that make a report an emergency (TRI-2)."""
    door_code_tries: int = whole(5, least=1, most=20)
    """After so many wrong door codes an order is locked (EXE-2)."""
    door_code_lock_s: int = whole(15 * 60, least=0, most=DAY_S)
    """How long it stays locked; 0: not at all (EXE-2)."""
    give_back_alert: int = whole(3, least=1, most=100)
    """The team leader is told of so many orders given back within the period (GRAB-8)."""
    give_back_period_s: int = whole(7 * DAY_S, least=3600, most=YEAR_S)
    """The period in which they are counted (GRAB-8)."""
    callback_scale: int = one_of(5, 3)
    """The best mark that a customer can give; 1 is the worst (CBK-3)."""
    callback_unanswered: int = whole(2, least=1, most=10)
    """After so many unanswered calls a callback ends (CBK-2)."""
    work_limit_s: int | None = whole(None, least=0, most=DAY_S)
    """The most work of a technician a day who has no limit of their own; none: no limit."""
    slot_days: int = whole(3, least=1, most=14)
    """On how many days customers are offered times (APT-1)."""
    slot_windows: tuple[DayWindow, ...] = day_windows()
    """The windows of the day that they are offered (APT-1)."""
    appointments: Appointments = section(Appointments)
    planning: Planning = section(Planning)
    on_site: OnSite = section(OnSite)
    callbacks: Callbacks = section(Callbacks)
    cases: Cases = section(Cases)
    opening: OpeningHours = section(OpeningHours)
    overtime: Overtime = section(Overtime)
    duty: Duty = section(Duty)
    live: Live = section(Live)
    privacy: Privacy = section(Privacy)
    dispatching: Dispatching = section(Dispatching)
    grabbing: Grabbing = section(Grabbing)
    approvals: Approvals = section(Approvals)
    seniority: Seniority = section(Seniority)
    intake: Intake = section(Intake)
    clocks: Clocks = section(Clocks)
    guesses: Guesses = section(Guesses)
    messages: Messages = section(Messages)
    figures: Figures = section(Figures)
    photos: Photos = section(Photos)

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


def parse_policy(document: Mapping[str, Any]) -> Policy:
    """The policy that a document makes of the defaults.

    Refuses unknown names, wrong types, numbers out of range and a ladder without an end, one
    refusal per fault. Values that contradict each other are found by `check_policy`.
    """
    policy, faults = read_policy(document)
    if faults:
        raise Refused(*(refusal_of(path, misfit) for path, misfit in faults))
    return policy


def stored_policy(document: Mapping[str, Any]) -> Policy:
    """The policy that a document in force makes of the defaults. What was valid when it was set
    and is no longer takes its default: a site must not stand still for it."""
    return read_policy(document)[0]


def read_policy(document: Mapping[str, Any]) -> tuple[Policy, list[tuple[tuple[str, ...], Misfit]]]:
    """The policy of all values that fit, and what is wrong with the others, by path."""
    try:
        return read(Policy, document), []
    except Unfit as unfit:
        return unfit.fit, list(unfit.faults)
    except Misfit as misfit:
        return Policy(), [((), misfit)]


def refusal_of(path: tuple[str, ...], misfit: Misfit) -> Refusal:
    """The refusal of a value of a policy's document."""
    return Refusal(Code.POLICY_INVALID, ("document", *path), {**misfit.phrases()})


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
