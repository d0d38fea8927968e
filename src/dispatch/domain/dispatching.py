"""The walk through the dispatch steps: which follows, and why an order goes on (DSP-1)."""

from enum import StrEnum

from dispatch.domain.policies import Policy
from dispatch.domain.work_orders import AssignmentStep

NEXT_TECHNICIAN = "TECHNICIAN"
"""The first level a declined order climbs to: whoever else could do it (DSP-8)."""


class Cause(StrEnum):
    """Why an order goes on to the next step, or to the next leader."""

    NOT_GRABBED = "NOT_GRABBED"
    NOT_PLACED = "NOT_PLACED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    DECLINED = "DECLINED"
    NOT_FIT = "NOT_FIT"
    """Whom the customer named cannot come."""
    HOLIDAY = "HOLIDAY"
    """The delegate decides on holidays."""
    DELEGATE_PASSED = "DELEGATE_PASSED"
    """The delegate has not assigned it."""
    LEADER_PASSED = "LEADER_PASSED"
    """A leader found nobody either."""


def step_following(
    policy: Policy, step: AssignmentStep | None, *, is_named: bool
) -> AssignmentStep | None:
    """The step after `step` (None: the first); None at the ladder's end.

    DIRECTED needs somebody named. A step that the policy has not got any more begins it anew.
    """
    here = step if step is not None and policy.step(step) is not None else None
    following = policy.step_after(here)
    if following is not None and following.step is AssignmentStep.DIRECTED and not is_named:
        following = policy.step_after(following.step)
    return following.step if following is not None else None
