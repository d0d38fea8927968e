"""More people for a job that is too big for one (EXE-5): where a call for them stands."""

from enum import StrEnum


class HelpState(StrEnum):
    OPEN = "OPEN"
    GRANTED = "GRANTED"
    DECLINED = "DECLINED"
    ENDED = "ENDED"
    """The order ended before anybody answered."""
