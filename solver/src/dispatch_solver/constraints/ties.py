"""Two visits that are tied are served by the same technicians, or by nobody in common."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    placed = facts.placed
    for tie in facts.problem.ties:
        first, second = tie.visits
        if first not in placed or second not in placed:
            continue
        if all(facts.visits[name].started is not None for name in tie.visits):
            continue  # Who began both is a fact.
        ours = {person for person, _ in placed[first].values()}
        theirs = {person for person, _ in placed[second].values()}
        where = f"{first}, {second}"
        if tie.kind == "same" and ours != theirs:
            yield Violation("TIE", where, "are not served by the same technicians")
        if tie.kind == "different" and ours & theirs:
            yield Violation("TIE", where, f"are both served by {sorted(ours & theirs)}")


CONSTRAINT = Constraint(
    name="ties",
    codes=("TIE",),
    sentence="Tied visits are made by the same people, or by nobody in common.",
    check=check,
)
