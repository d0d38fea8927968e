"""How many connections that stay a process may have open."""

from collections.abc import Iterator
from contextlib import contextmanager

from dispatch.domain.errors import Code, Refusal


class Room:
    """Counts web sockets and event streams together: each is a file, and memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0

    @property
    def refusal(self) -> Refusal:
        """What those are told for whom there is none."""
        return Refusal(Code.TOO_MANY_CONNECTIONS, params={"most": self._most})

    @property
    def is_full(self) -> bool:
        return self._open >= self._most

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """Whether there was room; it is taken until the block ends."""
        if self.is_full:
            yield False
            return
        self._open += 1
        try:
            yield True
        finally:
            self._open -= 1
