"""What one unit of each tier weighs, so that three tiers become one number to bound."""

import math
from dataclasses import dataclass

from dispatch_solver.objective import scales_of
from dispatch_solver.plan import Terms
from dispatch_solver.problem import Problem, Weights


@dataclass(frozen=True, slots=True)
class Rates:
    """Value of a plan: the tiers, each times its rate."""

    tier1: float
    tier2: float
    tier3: float = 1.0

    def value(self, terms: Terms) -> float:
        """The weighed sum of a plan's tiers."""
        return self.tier1 * terms.tier1 + self.tier2 * terms.tier2 + self.tier3 * terms.tier3


TIER1_ALONE = Rates(tier1=1.0, tier2=0.0, tier3=0.0)


def rates_of(weights: Weights, unserved_seconds: float | None) -> Rates:
    """The search's own rates, or another price for a unit of tier 1."""
    scales = scales_of(weights)
    tier1 = scales.tier1 if unserved_seconds is None else unserved_seconds
    return Rates(tier1=tier1, tier2=scales.tier2)


def rounded_up(value: float, problem: Problem) -> float:
    """The least sum of weights not below the value, as far as whole weights tell."""
    weights = {problem.weights.unserved[visit.priority] for visit in problem.visits}
    if not all(weight == int(weight) for weight in weights):
        return value
    unit = math.gcd(*(int(weight) for weight in weights))
    return math.ceil((value - 1e-6) / unit) * unit if unit else value
