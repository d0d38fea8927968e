"""Messages on their way out: one sender for each kind of channel."""

from dispatch.notify.outgoing import NotSent, Outgoing
from dispatch.notify.sending import Senders

__all__ = ["NotSent", "Outgoing", "Senders"]
