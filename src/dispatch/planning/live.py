"""Questions about the plan in force, answered from plans held ready in the optimizer's process."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Protocol

from dispatch_solver import (
    LivePlan,
    Place,
    Plan,
    Problem,
    Slot,
    Unplaced,
    Visit,
    Window,
    repair,
)

# Plans of so many days are held ready; the one asked longest ago goes first.
KEPT = 8
# What was promised and has no place yet gets one: this is no search for a better plan.
_SETTLE_S = 2.0
_SETTLE_STEPS = 1
_PLACES_MOST = 50


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds on a day: the plan of who holds what, and the visits that are promised."""

    problem: Problem
    plan: Plan
    promised: frozenset[str]

    def made_ready(self) -> LivePlan:
        """The plan with all that is promised in it, and nothing else: what merely waits takes no
        room from a customer who asks."""
        kept = _with_what_they_wait_for(self.problem, self.promised)
        promised = replace(
            self.problem,
            visits=tuple(visit for visit in self.problem.visits if visit.id in kept),
            precedences=tuple(
                each
                for each in self.problem.precedences
                if each.after in kept and each.before in kept
            ),
            ties=tuple(each for each in self.problem.ties if kept.issuperset(each.visits)),
        )
        settled = repair(
            promised,
            self.plan,
            seconds=_SETTLE_S,
            iterations=_SETTLE_STEPS,
            # Nobody reads why something promised has no place: who wants to know asks.
            explained=False,
        )
        return LivePlan(self.problem, settled)


class Question(Protocol):
    """Something to be asked about a plan."""

    def put_to(self, live: LivePlan, /) -> object: ...


@dataclass(frozen=True, slots=True)
class WhichSlots:
    """Which of the windows could a customer be offered for a visit?"""

    visit: Visit | str
    windows: tuple[Window, ...]

    def put_to(self, live: LivePlan, /) -> list[Slot]:
        return live.slots(self.visit, self.windows, most=len(self.windows))


@dataclass(frozen=True, slots=True)
class WhichPlaces:
    """Who could take a visit, when, and what would that add?"""

    visit: Visit | str

    def put_to(self, live: LivePlan, /) -> list[Place]:
        return live.insert(self.visit, most=_PLACES_MOST)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What keeps whom from a visit, and who could take it?"""

    visit: str

    def put_to(self, live: LivePlan, /) -> tuple[Unplaced, list[Place]]:
        return live.why_not(self.visit), live.insert(self.visit, most=_PLACES_MOST)


@dataclass(frozen=True, slots=True)
class Missing:
    """The answer of a process that does not hold the plan asked about."""


class LivePlans:
    """The plans a process holds ready, by what they rest on."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._held: OrderedDict[str, LivePlan] = OrderedDict()

    def of(self, key: str, given: InForce | None) -> LivePlan | None:
        """The plan of a key, made ready from what is given when it is not held yet."""
        live = self._held.get(key)
        if live is None:
            if given is None:
                return None
            live = given.made_ready()
            self._held[key] = live
        self._held.move_to_end(key)
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return live


def _with_what_they_wait_for(problem: Problem, visits: frozenset[str]) -> frozenset[str]:
    """The visits, and those that must come before them."""
    kept = set(visits)
    while True:
        before = {each.before for each in problem.precedences if each.after in kept} - kept
        if not before:
            return frozenset(kept)
        kept |= before
