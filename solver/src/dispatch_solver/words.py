"""English words for reason and remedy codes; callers translate by code and data."""

from collections.abc import Mapping
from typing import Any

REASONS = {
    "NO_TRADE": "Nobody has the trades and levels needed.",
    "NO_SHIFT": "Nobody qualified works in its window.",
    "NO_SITE": "Nobody qualified serves the site {site}.",
    "REFUSED": "All who are qualified are refused for it.",
    "NAMED_UNAVAILABLE": "None of the technicians named can take it.",
    "CREW_TOO_SMALL": "It needs {needed} people; {able} are able to.",
    "NO_COMMON_TIME": "The {needed} people needed have no common time left.",
    "PRECEDENCE": "It has to wait for {before}, which leaves it no time.",
    "TIE": "Those it is tied to leave nobody who may take it.",
    "PIN_BLOCKED": "It is pinned to {technician}, whose route cannot take it like that.",
    "TOO_FAR": "Nobody qualified can get there and back within a shift.",
    "WINDOW_TOO_NARROW": "No place is left within its window.",
    "ALL_FULL": "Everybody qualified is full.",
    "NOT_TRIED": "There is a place for it; the search ended before it was used.",
    "UNEXPLAINED": "Left out; there was no time left to find out why.",
}

REMEDIES = {
    "LATER_WINDOW": "{technician} could start at second {start}.",
    "OVERTIME": "{technician} could take it with {seconds} more seconds of overtime.",
    "LOWER_LEVEL": "{technician} could take it if level {level} of {trade} were enough.",
    "SMALLER_CREW": "{technician} could lead it with a crew of {needed}.",
    "EXTRA_PERSON": "One more person like {technician} could take it.",
    "MOVE_VISIT": "{technician} could take it if {to} did {visit} at second {start}.",
    "LEAVE_VISIT": "{technician} could take it if {visit} were left out.",
}


def words(code: str, data: Mapping[str, Any]) -> str:
    """The English sentence of a code."""
    if code == "NO_TRADE" and "trade" in data:
        return "Nobody has {trade} at level {level}; the best is {best_level}.".format(**data)
    if code == "ALL_FULL" and "overtime_s" in data:
        minutes = -(-data["overtime_s"] // 60)
        return f"Everybody qualified is full; {minutes} minutes of overtime would do."
    return (REASONS.get(code) or REMEDIES[code]).format_map(data)
