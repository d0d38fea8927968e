"""Numbers of grab mode (抢单)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, whole


@dataclass(frozen=True, slots=True)
class Grabbing:
    """Who may grab, and who sees an offer first."""

    offer_s: int = whole(300, least=30, most=7 * DAY_S)
    """How long an offer made by hand stands open, where the site's steps have no GRAB."""
    reach_within_s: int = whole(1800, least=60, most=DAY_S)
    """Somebody busy on a job may grab only what they can reach within so much time (GRAB-4)."""
    overrun_s: int = whole(600, least=60, most=DAY_S)
    """A job that has outrun its expected time is taken to need so much more."""
    head_start_s: int = whole(20, least=0, most=600)
    """How much earlier those with less work today see an offer; 0: all at once (GRAB-6)."""
    head_start_gap_s: int = whole(2 * 3600, least=0, most=DAY_S)
    """Who has at most so much more work today than who has least sees it early, too."""
