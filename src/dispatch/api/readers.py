"""Where a running subscription gets its lines: as the context carries it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Protocol

from dispatch.services.feed import Line
from dispatch.store.publications import Topic


class Reader(Protocol):
    """Gives an operation its lines, in batches."""

    number: int
    """How far the payload reaches that is being made."""
    is_watched: bool
    """The operation was found to be a subscription."""

    def batches(
        self,
        info: Any,
        topic: Topic,
        wanted: Callable[[Any], bool],
        *,
        since: int | None,
        apart_s: float = 0.0,
    ) -> AsyncGenerator[Sequence[Line], None]:
        """The lines of a topic whose rows are wanted; `since`: from which number on, as far as
        the client asked for that. Batches come at least `apart_s` seconds apart."""
        ...
