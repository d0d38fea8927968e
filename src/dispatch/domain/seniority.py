"""Which level a job asks for, whatever its category says (DSP-10)."""

from collections.abc import Iterable

from dispatch.domain.policies import Policy


def level_needed(
    policy: Policy, *, level: int, duration_s: int, crew_size: int, is_danger: bool
) -> int:
    """The least level of who leads: the category's, more for a large or risky job."""
    numbers = policy.seniority
    needed = level
    if duration_s > numbers.large_duration_s or crew_size >= numbers.large_crew_size:
        needed = max(needed, numbers.large_level)
    if is_danger:
        needed = max(needed, numbers.risky_level)
    return needed


def crew_suffices(
    policy: Policy, *, level: int, lead_level: int, helper_levels: Iterable[int]
) -> bool:
    """Whether a crew may do a job of the level.

    Levels are those in the job's trade, 0 for who has not learnt it. A junior may lead with a
    senior at their side, where the policy lets them; who has not learnt the trade never leads.
    """
    if lead_level >= level:
        return True
    return policy.seniority.pairs and lead_level > 0 and max(helper_levels, default=0) >= level
