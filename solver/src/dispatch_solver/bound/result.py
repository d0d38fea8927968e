"""What `bound` answers: a number no plan is below, and what proves it."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from dispatch_solver.bound.cuts import Cut
from dispatch_solver.bound.rates import Rates
from dispatch_solver.plan import Plan


@dataclass(frozen=True, slots=True)
class Certificate:
    """Dual prices that prove a bound; `verify_bound` recomputes it from nothing else.

    `tasks` holds a price per visit and crew member, in the problem's order; `cuts` pairs a cut
    over these (numbered in the same order) with its price, which is at most 0.
    """

    rates: Rates
    tasks: tuple[float, ...]
    cuts: tuple[tuple[Cut, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "rates": asdict(self.rates),
            "tasks": list(self.tasks),
            "cuts": [
                {"tasks": list(cut.tasks), "memory": sorted(cut.memory), "price": price}
                for cut, price in self.cuts
            ],
        }


@dataclass(frozen=True, slots=True)
class Bound:
    """No plan that passes `check` has a lower value, nor a lower tier 1, than this.

    The value of a plan is its three tiers in one number: `rates.tier1` x tier 1 + `rates.tier2` x
    tier 2 + tier 3. That is not how plans are compared (tier by tier); it is the scale on which
    "at most x % from the best possible" is said.
    """

    value: float  # proven lower bound of every plan's value
    tier1: float  # proven lower bound of every plan's tier 1
    rates: Rates
    certificate: Certificate
    tier1_certificate: Certificate | None  # None: follows from who may do what
    solved: bool  # the relaxation was solved to its end; more time helps no further
    seconds: float
    columns: int
    cuts: int
    plan_value: float | None = None  # of the plan compared with
    plan: Plan | None = None  # the best plan met, unless that is the one given
    compared: bool = False  # with a plan that the caller gave

    @property
    def gap(self) -> float | None:
        """How far above the best possible the plan is at most, as a share of the plan's value."""
        if self.plan_value is None:
            return None
        distance = max(0.0, self.plan_value - self.value)
        return distance / self.plan_value if self.plan_value > 0 else 0.0

    def remainder(self, tier1: float) -> float:
        """Least `rates.tier2` x tier 2 + tier 3 of any plan with this tier 1 or less."""
        return max(0.0, self.value - self.rates.tier1 * tier1)

    def sentence(self) -> str:
        """The answer in English words."""
        said = f"No plan has a value below {self.value:.0f}, none a tier 1 below {self.tier1:g}."
        if self.gap is None or self.plan_value is None:
            return said
        whose = "This plan" if self.compared else "The plan made to compare with"
        far = f"{100 * self.gap:.2f} % of it above the best possible"
        return f"{said} {whose} has {self.plan_value:.0f}: at most {far}."

    def to_json(self) -> dict[str, Any]:
        """The figures and the certificate as plain JSON data."""
        return {
            "value": self.value,
            "tier1": self.tier1,
            "rates": asdict(self.rates),
            "plan_value": self.plan_value,
            "gap": self.gap,
            "solved": self.solved,
            "seconds": self.seconds,
            "columns": self.columns,
            "certificate": self.certificate.to_json(),
            "tier1_certificate": self.tier1_certificate and self.tier1_certificate.to_json(),
        }

    def gap_of(self, plan: Plan) -> float:
        """The gap of another plan of the same problem."""
        worth = self.rates.value(plan.terms)
        return max(0.0, worth - self.value) / worth if worth > 0 else 0.0


def proven(plan: Plan, bound: Bound) -> Plan:
    """The plan, or a better one that was met while bounding, tier by tier; with its `gap`."""
    other = bound.plan
    if other is not None and _tiers(other) < _tiers(plan):
        plan = other
    return replace(plan, gap=bound.gap_of(plan))


def _tiers(plan: Plan) -> tuple[float, float, float]:
    return plan.terms.tier1, plan.terms.tier2, plan.terms.tier3


@dataclass(frozen=True, slots=True)
class BoundProgress:
    """Told about twice a second, and at the end."""

    elapsed_s: float
    phase: str
    value: float
    gap: float | None
    columns: int
    cuts: int
