"""The worst lateness of the plan, weighed against travel."""

from dispatch_solver.terms.term import RouteView, Term, with_due_times


def seconds(route: RouteView) -> int:
    """The latest stop's seconds after its due time."""
    late = (start - task.due for task, start in route.stops() if task.due is not None)
    return max(0, max(late, default=0))


TERM = Term(
    name="worst_late_s",
    tier=3,
    unit="s",
    weight="worst_late_second",
    sentence="Seconds by which the plan's latest stop starts after it was due.",
    of_route=seconds,
    arises=with_due_times,
    of_plan=True,
)
