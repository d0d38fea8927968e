"""Numbers of intake."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, YEAR_S, flag, whole


@dataclass(frozen=True, slots=True)
class Intake:
    """What is looked for and asked for when a report comes in."""

    duplicate_s: int = whole(7 * DAY_S, least=0, most=YEAR_S)
    """For how many seconds after its end a ticket of the same place and category still counts as
    a likely duplicate (INT-6)."""
    duplicates_most: int = whole(20, least=1, most=200)
    """How many likely duplicates of one ticket are shown at most (INT-6)."""
    usual_duration_s: int = whole(3600, least=60, most=30 * DAY_S)
    """How long work is expected to take where neither category nor desk says it (TRI-1)."""
    check_by_department: bool = flag(False)
    """Whether the head of the reporter's department must agree before dispatch (INT-10)."""
    check_by_logistics: bool = flag(False)
    """Whether the logistics office must agree before dispatch (INT-10)."""
    check_emergencies: bool = flag(False)
    """Whether even an emergency waits for these checks (INT-10)."""
    import_rows_most: int = whole(20_000, least=1, most=1_000_000)
    """The most rows that one imported file may have when it comes through the API (INT-11)."""
    import_rows_at_once: int = whole(1_000, least=0, most=1_000_000)
    """An imported file with more rows than this is carried out in the background (INT-11)."""
    import_unpacked_most: int = whole(200_000_000, least=1_000_000, most=4_000_000_000)
    """The most bytes that an imported workbook may unpack to (INT-11)."""
