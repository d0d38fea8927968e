"""What an optimizer process is asked to do, one task at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dispatch.planning.live import InForce, LivePlans, Missing, Question
from dispatch.planning.phases import Phases
from dispatch.planning.solving import Answer, Job, carry_out, fit
from dispatch_solver import Plan, Problem, Progress

_QUESTION_S = 10.0


class Task(Protocol):
    """Carried out in the process, with the plans it holds ready."""

    @property
    def seconds(self) -> float:
        """How long it is expected to take at most."""
        ...

    def run(self, held: LivePlans, tell: Callable[[Progress], None], phases: Phases) -> Any: ...


@dataclass(frozen=True, slots=True)
class Solve:
    """Makes a plan, or repairs the one in force."""

    job: Job

    @property
    def seconds(self) -> float:
        return self.job.seconds

    def run(
        self,
        held: LivePlans,  # noqa: ARG002
        tell: Callable[[Progress], None],
        phases: Phases,
    ) -> Answer:
        return carry_out(self.job, on_progress=tell, phases=phases)


@dataclass(frozen=True, slots=True)
class Fit:
    """Puts one more visit into the routes of a few people."""

    problem: Problem
    in_force: Plan
    seconds: float

    def run(
        self,
        held: LivePlans,  # noqa: ARG002
        tell: Callable[[Progress], None],  # noqa: ARG002
        phases: Phases,
    ) -> Plan:
        with phases.of("fit"):
            return fit(self.problem, self.in_force, seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks a question of the plan held under `key`; `given` is what it is made ready from."""

    key: str
    question: Question
    given: InForce | None = None

    @property
    def seconds(self) -> float:
        return _QUESTION_S

    def run(
        self,
        held: LivePlans,
        tell: Callable[[Progress], None],  # noqa: ARG002
        phases: Phases,
    ) -> Any:
        with phases.of("question"):
            live = held.of(self.key, self.given)
            return Missing() if live is None else self.question.put_to(live)
