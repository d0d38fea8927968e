"""A small outer system of our own: its map and its tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from dispatch.services.import_maps import ImportMap, parse_map

MAP = """
name = "Campus desk"
source = "campus"

[time]
format = "%Y/%m/%d %H:%M"
zone = "Asia/Shanghai"

[ticket]
kind = "REPAIR"
taken_by = "Campus desk"

[columns]
external_ref = "id"
reported_at = "opened"
closed_at = "closed"
due_at = "due"
state = "status"
channel = "by"
category = "type"
description = ["title", "type"]
location_text = "address"
latitude = "lat"
longitude = "lon"
end_note = "note"

[point]
unknown = [[31.0, 120.0]]

[values.state]
open = "OPEN"
done = "CLOSED"
withdrawn = "CANCELLED"

[values.channel]
call = "PHONE"
app = "APP"

[values.category]
tap = "tap_leak"
desk = "campus_desk"
gas = "gas_leak"

[[categories]]
code = "campus"
zh = "校园"
en = "Campus"
leaves = [{ code = "campus_desk", zh = "课桌", en = "Desk", trade = "carpentry", minutes = 20 }]
"""

GOOD = {
    "id": "C-1",
    "opened": "2026/11/20 09:30",
    "closed": "",
    "due": "2026/11/21 18:00",
    "status": "open",
    "by": "call",
    "type": "tap",
    "title": "Tap drips",
    "address": "Hall 3, room 201",
    "lat": "31.31",
    "lon": "120.61",
    "note": "",
}


def campus_map(text: str = MAP) -> ImportMap:
    return parse_map(text)


def rows(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """Good rows with ids of their own, each with what the test changes in it."""
    return [{**GOOD, "id": f"C-{n}", **each} for n, each in enumerate(changes, 1)]


def table(given: Iterable[Mapping[str, str]]) -> list[str]:
    """The rows as lines of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(GOOD))
    writer.writeheader()
    writer.writerows(given)
    return text.getvalue().splitlines(keepends=True)
