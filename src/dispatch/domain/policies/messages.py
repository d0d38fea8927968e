"""Numbers of sending messages (NTF-2)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, whole


@dataclass(frozen=True, slots=True)
class Messages:
    """How often and how long a message is tried before it is dead."""

    tries: int = whole(8, least=1, most=50)
    """Tries in all."""
    first_wait_s: int = whole(10, least=1, most=3600)
    """Wait after the first failure; it doubles each time."""
    longest_wait_s: int = whole(3600, least=1, most=DAY_S)
    """The longest wait between two tries."""
    rotation_s: int = whole(DAY_S, least=0, most=30 * DAY_S)
    """So long a web hook's former secret signs beside the new one."""
    push_kept_s: int = whole(DAY_S, least=0, most=28 * DAY_S)
    """So long a push service keeps what it cannot hand over: the browser is switched off."""
