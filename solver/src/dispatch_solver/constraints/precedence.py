"""What waits for another visit starts when all its crew have ended it, and never without it."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for link in facts.problem.precedences:
        # What has begun no longer waits for anything.
        if link.after not in facts.placed or facts.visits[link.after].started is not None:
            continue
        if link.before not in facts.placed:
            yield Violation("PRECEDENCE", link.after, f"is served without {link.before}")
            continue
        ended = max(stop.end for _, stop in facts.placed[link.before].values())
        gap = min(stop.start for _, stop in facts.placed[link.after].values()) - ended
        if gap < link.least_gap or (link.most_gap is not None and gap > link.most_gap):
            detail = f"starts {gap} s after the end of {link.before}"
            yield Violation("PRECEDENCE", link.after, detail)


CONSTRAINT = Constraint(
    name="precedence",
    codes=("PRECEDENCE",),
    sentence="What waits for another visit starts after it, at the times apart asked for.",
    check=check,
)
