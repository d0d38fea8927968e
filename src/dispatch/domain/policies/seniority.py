"""Large or risky jobs go to senior people, juniors get routine work (DSP-10)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, flag, whole


@dataclass(frozen=True, slots=True)
class Seniority:
    """From when on a job is large or risky, and what level it needs then."""

    large_duration_s: int = whole(8 * 3600, least=60, most=30 * DAY_S)
    """A job expected to take longer is large; 30 days: no job is for its length."""
    large_crew_size: int = whole(3, least=1, most=21)
    """A job for so many people or more is large; 21: no job is for its crew."""
    large_level: int = whole(3, least=1, most=3)
    """The least level of who leads a large job."""
    risky_level: int = whole(2, least=1, most=3)
    """The least level of who leads a job of a dangerous category."""
    pairs: bool = flag(True)
    """Whether somebody below the level may lead with somebody of the level beside them."""
