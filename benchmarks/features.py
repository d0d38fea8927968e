"""What a problem asks for, in words, so that an entrant can say what it cannot express."""

from collections.abc import Iterator

from dispatch_solver import Problem, Shift, Visit

# Terms of the objective: who does not see one still makes a plan that keeps the rules.
TERMS = frozenset(
    {
        *("balance", "lateness", "promises", "continuity", "skill waste", "changes"),
        *("overtime cost", "travel metres", "technicians used"),
    }
)


def features(problem: Problem) -> frozenset[str]:
    """Everything the problem uses beyond eligibility, travel time, shifts and one window."""
    weights = problem.weights
    found = {feature for visit in problem.visits for feature in _of_visit(problem, visit)}
    for person in problem.technicians:
        found |= {f for shift in person.shifts for f in _of_shift(problem, shift)}
        found |= {"pace"} if person.pace else set()
    checks = {
        "precedence": bool(problem.precedences),
        "ties": bool(problem.ties),
        "several ways of travel": len({p.travel for p in problem.technicians}) > 1,
        "several shifts a person": any(len(p.shifts) > 1 for p in problem.technicians),
        "travel metres": weights.travel_metre > 0,
        "technicians used": weights.technician_used > 0,
    }
    return frozenset(found | {name for name, there in checks.items() if there})


def _of_visit(problem: Problem, visit: Visit) -> Iterator[str]:
    weights = problem.weights
    checks = {
        "crews": len(visit.needs) > 1,
        "crews with gaps": any(need.gap_most > 0 for need in visit.needs[1:]),
        "several windows": len(visit.windows) > 1,
        "set-up": visit.setup > 0,
        "pins": visit.pinned is not None,
        "started work": visit.started is not None,
        "lateness": visit.due is not None and weights.lateness_second > 0,
        "promises": visit.promise is not None and weights.promise_broken > 0,
        "continuity": bool(visit.preferred) and weights.continuity > 0,
        "changes": visit.current is not None and weights.change > 0,
        "skill waste": weights.skill_waste_level > 0 and any(n.skills for n in visit.needs),
    }
    return (name for name, there in checks.items() if there)


def _of_shift(problem: Problem, shift: Shift) -> Iterator[str]:
    weights = problem.weights
    checks = {
        "breaks": bool(shift.breaks),
        "several breaks": len(shift.breaks) > 1,
        "open start or end": shift.from_place is None or shift.to_place is None,
        "overtime": shift.overtime_limit > 0,
        "overtime cost": shift.overtime_limit > 0 and weights.overtime_second > 0,
        "work limit": shift.work_limit is not None,
        "balance": shift.fair_share is not None and weights.imbalance > 0,
    }
    return (name for name, there in checks.items() if there)


def missing(problem: Problem, can: frozenset[str]) -> str | None:
    """The rules of the problem that are not in `can`, as a reason; None when there are none."""
    left = sorted(features(problem) - TERMS - can)
    return f"cannot express: {', '.join(left)}" if left else None


def unseen(problem: Problem, can: frozenset[str]) -> tuple[str, ...]:
    """The terms of the problem's objective that are not in `can`."""
    return tuple(sorted((features(problem) & TERMS) - can))
