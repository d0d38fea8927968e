"""Who is on duty on a site's day (值班表), and what is missing (RST-4)."""

from enum import StrEnum


class DutyPost(StrEnum):
    MANAGER = "MANAGER"
    """Answers for the day."""
    TECHNICIAN = "TECHNICIAN"
    """Is called out of hours."""
    DESK = "DESK"
    """Takes reports in the duty centre."""
    DELEGATE = "DELEGATE"
    """Decides on a holiday in the manager's place."""
