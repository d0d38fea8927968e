"""Lateness weighed against travel, counted for every crew member."""

from dispatch_solver.terms.term import RouteView, Term, with_due_times


def seconds(route: RouteView) -> int:
    return sum(max(0, start - task.due) for task, start in route.stops() if task.due is not None)


TERM = Term(
    name="late_s",
    tier=3,
    unit="s",
    weight="late_second",
    sentence="Seconds by which people start after visits were due, all crew members counted.",
    of_route=seconds,
    arises=with_due_times,
)
