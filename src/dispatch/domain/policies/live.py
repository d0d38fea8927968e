"""Numbers of the running day: when it counts as disturbed, and who is told."""

from dataclasses import dataclass

from dispatch.domain.policies.values import choice, flag, whole
from dispatch.domain.triage import Priority


@dataclass(frozen=True, slots=True)
class Live:
    """Emergencies, delays, illness, repairs (DSP-6, DSP-7)."""

    tell_moved_s: int = whole(15 * 60, least=60, most=24 * 3600)
    """A customer is told when their arrival time moves by more than this."""
    emergencies_automatic: bool = flag(True)
    """An emergency goes to the nearest technician by itself as soon as it is triaged."""
    emergency_interrupts: bool = flag(True)
    """A technician on the way to, or at work on, less urgent work may be called away to one."""
    interrupts_up_to: Priority = choice(Priority.LOW)
    """The most urgent priority of work from which somebody may be called away."""
    repairs_automatic: bool = flag(True)
    """A disturbed day is repaired and put in force by itself; else the dispatcher gets a plan."""
    settle_s: int = whole(2, least=0, most=600)
    """A repair waits so long after a disturbance for others that come with it."""
    late_s: int = whole(10 * 60, least=60, most=24 * 3600)
    """A technician counts as late when a start was planned, or is expected, so long ago."""
    overrun_s: int = whole(10 * 60, least=60, most=24 * 3600)
    """A job counts as running over when its end was planned so long ago."""
    watch_s: int = whole(60, least=10, most=3600)
    """How often a running day is looked over for delays."""
    seen_within_s: int = whole(15 * 60, least=30, most=24 * 3600)
    """A position that a device reported counts for so long."""
    repair_tries: int = whole(3, least=1, most=20)
    """So often a repair is tried before the dispatcher is asked."""
