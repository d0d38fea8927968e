"""A policy as a whole: values that each may be, and together cannot. One rule, one function.

A rule yields what is wrong: the path of the value at fault, the paths of those it contradicts, and
the figures of its sentence. The rule's name is its function's, in capitals.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import pairwise
from typing import Any

from dispatch.domain.clocks import ORDER_KINDS, TICKET_KINDS, ClockKind
from dispatch.domain.errors import Refused
from dispatch.domain.ladders import DECIDER_NAMES, DECIDERS, OrderMove
from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.policy import Policy, read_policy, refusal_of
from dispatch.domain.policies.windows import DayWindow
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep

_LONGEST_RETRY_S = 31 * 24 * 3600
"""A deadline that fails is given up within a month, whatever is set."""
_K = ClockKind

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody works, local times; past midnight when `ends` <= `starts`."""

    starts: time
    ends: time

    def meets(self, window: DayWindow) -> bool:
        """Whether any of the window lies in these hours, or in what runs on from the day before."""
        if self.starts < self.ends:
            return self.starts < window.ends and window.starts < self.ends
        return self.starts < window.ends or window.starts < self.ends


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a policy must fit at its site."""

    shifts: Sequence[Hours] = ()
    """The technicians' hours; none: nobody has been given any yet."""
    knows_holidays: bool = True
    """Whether the holidays of the policy's country and part of it are known."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Values that contradict each other; the first path is the one to look at."""

    paths: tuple[Path, ...]
    figures: Mapping[str, Any]


Rule = Callable[[Policy, SiteFacts], Iterator[Flaw]]
RULES: dict[str, Rule] = {}


def check_policy(document: Mapping[str, Any], facts: SiteFacts) -> Policy:
    """The policy of a document that is to be set. Refuses with every fault at once: what each
    value may not be, and what they cannot be together."""
    policy, misfits = read_policy(document)
    # A default that stands in for an unfit value contradicts nobody's will.
    unfit = [path for path, _ in misfits]
    flaws = [
        (flaw.paths[0], Misfit(name, **flaw.figures))
        for name, rule in RULES.items()
        for flaw in rule(policy, facts)
        if not any(_touch(path, other) for path in flaw.paths for other in unfit)
    ]
    if misfits or flaws:
        raise Refused(*(refusal_of(path, misfit) for path, misfit in (*misfits, *flaws)))
    return policy


def _touch(one: Path, other: Path) -> bool:
    """Whether one path is the other, or lies in it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def rule(found: Rule) -> Rule:
    """Makes a function a rule."""
    RULES[found.__name__.upper()] = found
    return found


def _flaw(*paths: str, **figures: Any) -> Flaw:
    """`paths` with dots; figures that end in `_s` become times."""
    return Flaw(
        tuple(tuple(path.split(".")) for path in paths),
        {
            name.removesuffix("_s"): timedelta(seconds=each) if name.endswith("_s") else each
            for name, each in figures.items()
        },
    )


def _used(policy: Policy, *kinds: ClockKind) -> bool:
    return not set(kinds) & set(policy.clocks.unused)


# By priority


@rule
def urgent_waits_longer(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """What is more urgent is never given more time."""
    by_priority: dict[str, Mapping[str, int | None]] = {
        "answer_within_s": policy.answer_within_s,
        "clocks.first_answer_s": policy.clocks.first_answer_s,
        "clocks.arrive_s": policy.clocks.arrive_s,
        "clocks.resolve_s": policy.clocks.resolve_s,
        "dispatching.auto_wait_s": policy.dispatching.auto_wait_s,
    }
    for path, limits in by_priority.items():
        for urgent, other in pairwise(Priority):
            longer, shorter = limits[urgent.value], limits[other.value]
            if shorter is not None and (longer is None or longer > shorter):
                yield _flaw(
                    f"{path}.{urgent.value}",
                    f"{path}.{other.value}",
                    urgent=urgent,
                    other=other,
                    shorter_s=shorter,
                )


@rule
def urgent_weighs_less(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """To leave out what is more urgent never costs a plan less (DSP-3)."""
    weights = policy.planning.weights
    for urgent, other in pairwise(Priority):
        one, two = (f"unserved_{each.value.lower()}" for each in (urgent, other))
        if weights[one] < weights[two]:
            yield _flaw(
                f"planning.weights.{one}", f"planning.weights.{two}", urgent=urgent, other=other
            )


# Deadlines


@rule
def accept_longer_than_arrive(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Who must be at the door must have accepted before."""
    accept_s = policy.clocks.accept_s
    for priority, arrive_s in policy.clocks.arrive_s.items():
        too_late = arrive_s is not None and accept_s > arrive_s
        if too_late and _used(policy, _K.ACCEPT, _K.ARRIVE):
            yield _flaw(
                "clocks.accept_s",
                f"clocks.arrive_s.{priority}",
                priority=Priority(priority),
                accept_s=accept_s,
                arrive_s=arrive_s,
            )


@rule
def arrive_longer_than_resolve(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Nothing is solved before somebody is at the door."""
    for priority, arrive_s in policy.clocks.arrive_s.items():
        resolve_s = policy.clocks.resolve_s[priority]
        too_late = arrive_s is not None and arrive_s > resolve_s
        if too_late and _used(policy, _K.ARRIVE, _K.RESOLVE):
            yield _flaw(
                f"clocks.arrive_s.{priority}",
                f"clocks.resolve_s.{priority}",
                priority=Priority(priority),
                arrive_s=arrive_s,
                resolve_s=resolve_s,
            )


@rule
def accept_longer_than_resolve(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Nothing is solved before somebody has accepted it."""
    for priority, resolve_s in policy.clocks.resolve_s.items():
        if policy.clocks.accept_s > resolve_s and _used(policy, _K.ACCEPT, _K.RESOLVE):
            yield _flaw(
                "clocks.accept_s",
                f"clocks.resolve_s.{priority}",
                priority=Priority(priority),
                accept_s=policy.clocks.accept_s,
                resolve_s=resolve_s,
            )


@rule
def first_answer_longer_than_resolve(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Nothing is solved before it is triaged."""
    for priority, answer_s in policy.clocks.first_answer_s.items():
        resolve_s = policy.clocks.resolve_s[priority]
        if answer_s > resolve_s and _used(policy, _K.FIRST_ANSWER, _K.RESOLVE):
            yield _flaw(
                f"clocks.first_answer_s.{priority}",
                f"clocks.resolve_s.{priority}",
                priority=Priority(priority),
                answer_s=answer_s,
                resolve_s=resolve_s,
            )


@rule
def deadline_unused_and_counted(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A deadline that the site does not keep runs on no calendar."""
    for kind in policy.clocks.business_hours:
        if kind in policy.clocks.unused:
            yield _flaw("clocks.unused", "clocks.business_hours", kind=kind)


@rule
def not_a_deadline(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Only deadlines of tickets and orders can be left out, or run in opening hours."""
    known = (*TICKET_KINDS, *ORDER_KINDS)
    for name in ("unused", "business_hours"):
        for kind in getattr(policy.clocks, name):
            if kind not in known:
                yield _flaw(f"clocks.{name}", kind=kind.value, known=[each.value for each in known])


@rule
def retries_without_end(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Waits double: many tries would take years."""
    numbers = policy.clocks
    if numbers.tries > 1 and numbers.retry_s * 2 ** (numbers.tries - 2) > _LONGEST_RETRY_S:
        yield _flaw(
            "clocks.tries", "clocks.retry_s", tries=numbers.tries, longest_s=_LONGEST_RETRY_S
        )


# Dispatch


@rule
def auto_wait_longer_than_answer(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """An order does not wait for a plan until it should have been done."""
    for priority, wait_s in policy.dispatching.auto_wait_s.items():
        answer_s = policy.answer_within_s[priority]
        if wait_s > answer_s:
            yield _flaw(
                f"dispatching.auto_wait_s.{priority}",
                f"answer_within_s.{priority}",
                priority=Priority(priority),
                wait_s=wait_s,
                answer_s=answer_s,
            )


@rule
def climb_without_end(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A ladder of leaders ends with one who can decide."""
    for name in ("must_assign", "after_declines"):
        last = getattr(policy.dispatching, name)[-1]
        if last not in DECIDERS:
            yield _flaw(f"dispatching.{name}", last=last, deciders=DECIDER_NAMES)


@rule
def head_start_outlasts_offer(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Everybody who qualifies sees an offer before it ends."""
    head_start_s = policy.grabbing.head_start_s
    grab = policy.step(AssignmentStep.GRAB)
    offers = {"grabbing.offer_s": policy.grabbing.offer_s}
    if grab is not None and grab.limit_s is not None:
        offers = {"dispatch_steps": grab.limit_s}
    for path, offer_s in offers.items():
        if head_start_s >= offer_s:
            yield _flaw("grabbing.head_start_s", path, head_start_s=head_start_s, offer_s=offer_s)


@rule
def step_outlasts_resolve(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """No single step of dispatch takes longer than the whole ticket may."""
    for priority, resolve_s in policy.clocks.resolve_s.items():
        for step in policy.dispatch_steps:
            too_long = step.limit_s is not None and step.limit_s > resolve_s
            if too_long and _used(policy, _K.RESOLVE):
                yield _flaw(
                    "dispatch_steps",
                    f"clocks.resolve_s.{priority}",
                    step=step.step,
                    priority=Priority(priority),
                    took_s=step.limit_s,
                    resolve_s=resolve_s,
                )


@rule
def named_outlasts_ladder(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Whom the customer named keeps the order as long as their step says: no ladder takes it."""
    directed = policy.step(AssignmentStep.DIRECTED)
    moving = [
        each.after_s
        for each in policy.clocks.ladders[_K.ACCEPT]
        if each.order is not OrderMove.NOTHING
    ]
    if directed is None or directed.limit_s is None or not moving or not _used(policy, _K.ACCEPT):
        return
    moved_s = policy.clocks.accept_s + moving[0]
    if directed.limit_s > moved_s:
        yield _flaw(
            "dispatch_steps",
            "clocks.accept_s",
            "clocks.ladders.ACCEPT",
            limit_s=directed.limit_s,
            moved_s=moved_s,
        )


@rule
def distance_without_approval(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A distance that makes a visit remote means nothing where remote visits need no approval."""
    numbers = policy.approvals
    if numbers.distance_m is not None and "REMOTE_VISIT" not in numbers.types:
        yield _flaw("approvals.distance_m", "approvals.types")


@rule
def check_of_nothing(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Emergencies cannot wait for checks that nobody makes."""
    numbers = policy.intake
    is_checked = numbers.check_by_department or numbers.check_by_logistics
    if numbers.check_emergencies and not is_checked:
        yield _flaw(
            "intake.check_emergencies", "intake.check_by_department", "intake.check_by_logistics"
        )


# The running day


@rule
def watched_too_seldom(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A delay is seen by the time it counts as one."""
    numbers = policy.live
    for name in ("late_s", "overrun_s"):
        if numbers.watch_s > getattr(numbers, name):
            yield _flaw(
                "live.watch_s",
                f"live.{name}",
                watch_s=numbers.watch_s,
                limit_s=getattr(numbers, name),
            )


@rule
def emergency_yields_to_emergency(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Nobody is called away from one emergency to another."""
    if policy.live.interrupts_up_to is Priority.EMERGENCY:
        yield _flaw("live.interrupts_up_to")


# At the place


@rule
def silent_clock_trusted_more(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A phone that does not say its time is not trusted further than one that does."""
    numbers = policy.on_site
    if numbers.clock_fast_s > numbers.clock_off_s:
        yield _flaw(
            "on_site.clock_fast_s",
            "on_site.clock_off_s",
            fast_s=numbers.clock_fast_s,
            off_s=numbers.clock_off_s,
        )


@rule
def step_waits_longer_than_taken(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Nobody waits for a step that would be too old to be taken."""
    numbers = policy.on_site
    if numbers.step_waits_s > numbers.offline_most_s:
        yield _flaw(
            "on_site.step_waits_s",
            "on_site.offline_most_s",
            wait_s=numbers.step_waits_s,
            oldest_s=numbers.offline_most_s,
        )


# People


@rule
def duty_without_people(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """Orders go straight to the technician on duty only where every day has one."""
    if policy.duty.direct and policy.duty.technicians_least == 0:
        yield _flaw("duty.direct", "duty.technicians_least")


@rule
def overtime_out_of_order(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A week has room for a day's overtime, a month for a week's."""
    for shorter, longer in pairwise(("day_most_s", "week_most_s", "month_most_s")):
        day_s, week_s = getattr(policy.overtime, shorter), getattr(policy.overtime, longer)
        if day_s > week_s:
            yield _flaw(
                f"overtime.{shorter}", f"overtime.{longer}", shorter_s=day_s, longer_s=week_s
            )


@rule
def overtime_below_its_least(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """What may be worked in a day is at least what counts; none at all is a decision."""
    numbers = policy.overtime
    if 0 < numbers.day_most_s < numbers.least_s:
        yield _flaw(
            "overtime.day_most_s",
            "overtime.least_s",
            most_s=numbers.day_most_s,
            least_s=numbers.least_s,
        )


# Customers


@rule
def complaint_steps_out_of_order(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A complaint is taken, then its caller contacted, then it is solved."""
    for earlier, later in pairwise(("take_s", "contact_s", "solve_s")):
        first_s, second_s = getattr(policy.cases, earlier), getattr(policy.cases, later)
        if first_s > second_s:
            yield _flaw(f"cases.{earlier}", f"cases.{later}", earlier_s=first_s, later_s=second_s)


@rule
def reminder_answered_too_late(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """The team leader hears that nobody confirmed before the appointment begins."""
    numbers = policy.appointments
    if numbers.remind_answer_s >= numbers.remind_before_s:
        yield _flaw(
            "appointments.remind_answer_s",
            "appointments.remind_before_s",
            answer_s=numbers.remind_answer_s,
            before_s=numbers.remind_before_s,
        )


@rule
def search_shorter_than_offer(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """A first free time is looked for at least as far ahead as times are offered."""
    for name in ("saturation_days", "named_days"):
        days = getattr(policy.appointments, name)
        if days < policy.slot_days:
            yield _flaw(f"appointments.{name}", "slot_days", days=days, offered=policy.slot_days)


@rule
def first_wait_over_longest(policy: Policy, _: SiteFacts) -> Iterator[Flaw]:
    """The first wait of a message is no longer than the longest."""
    numbers = policy.messages
    if numbers.first_wait_s > numbers.longest_wait_s:
        yield _flaw(
            "messages.first_wait_s",
            "messages.longest_wait_s",
            first_s=numbers.first_wait_s,
            longest_s=numbers.longest_wait_s,
        )


# The site


@rule
def window_outside_all_shifts(policy: Policy, facts: SiteFacts) -> Iterator[Flaw]:
    """Customers are offered no window in which nobody ever works."""
    if policy.slot_windows == Policy().slot_windows:
        # Nobody's choice: what of the default nobody serves is never offered anyway.
        return
    for place, window in enumerate(policy.slot_windows):
        if facts.shifts and not any(shift.meets(window) for shift in facts.shifts):
            yield _flaw(
                f"slot_windows.{place}",
                starts=f"{window.starts:%H:%M}",
                ends=f"{window.ends:%H:%M}",
            )


@rule
def holidays_unknown(policy: Policy, facts: SiteFacts) -> Iterator[Flaw]:
    """Holidays can be kept only of places whose holidays are known."""
    if not facts.knows_holidays:
        yield _flaw(
            "opening.country",
            "opening.subdivision",
            place=" ".join(filter(None, (policy.opening.country, policy.opening.subdivision))),
        )
