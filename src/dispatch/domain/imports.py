"""Tables of other systems (INT-11)."""

from enum import StrEnum


class ImportKind(StrEnum):
    """What a table holds, one a row."""

    TICKETS = "TICKETS"
    TECHNICIANS = "TECHNICIANS"
    UNITS = "UNITS"
    """Homes, shops, offices: the rooms of buildings, with whom they belong to."""
    MATERIALS = "MATERIALS"


class ImportRunState(StrEnum):
    """Where an import stands. A dry run is done when every row was looked at."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    """Nothing was imported."""
