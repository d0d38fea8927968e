"""Lateness above all travel: how long after its due time a visit starts."""

from dispatch_solver.terms.term import RouteView, Term, with_due_times


def lateness(route: RouteView) -> int:
    """Seconds after `due`, once per visit: by the first crew member's start."""
    return sum(
        max(0, start - task.due)
        for task, start in route.stops()
        if task.due is not None and task.need == 0
    )


TERM = Term(
    name="lateness",
    tier=2,
    unit="s",
    weight="lateness_second",
    sentence="Seconds by which visits start after they were due.",
    of_route=lateness,
    arises=with_due_times,
)
