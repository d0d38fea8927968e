"""What people report on the simulated day: real requests, or a draw with the same burstiness."""

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from dispatch.domain.places import SiteKind
from dispatch.services.catalogue import CategoryDefault, default_categories
from dispatch.services.import_maps import ImportMap, load_map

# Share of a day's requests by the hour they came in, 14,277 repair requests, July to December
# 2011 (City of Boston, 311 service requests).
HOURS = (
    64, 49, 30, 31, 22, 35, 116, 205, 534, 842, 989, 1093,
    822, 671, 763, 864, 502, 475, 364, 379, 331, 303, 305, 211,
)  # fmt: skip
_BURST = 12
"""Mean number of reports that one cause brings: a storm, a burst main, a failed circuit. With it
the count of a quarter of an hour varies as much as the real requests do."""
_BURST_SHARE = 0.3
_BURST_MINUTES = 20
_DEGREES = 0.03
_NEAR = 0.002
_CENTRE = (31.30, 120.60)
_RARE = 0.15
"""Weight of emergencies and of crews against ordinary faults."""
_DISTRICT_MOST = 250
"""As many reports of a day as one dispatcher oversees."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report: when in the day, what about, where."""

    at: timedelta
    category: str
    description: str
    latitude: float
    longitude: float
    landmark: str = ""


@dataclass(frozen=True, slots=True)
class Town:
    """Where the day takes place, and what is reported there, in order of time."""

    name: str
    kind: SiteKind
    zone: str
    groups: Sequence[CategoryDefault]
    """Categories beside the shipped ones."""
    reports: Sequence[Report]

    def districts(self) -> list[Sequence[Report]]:
        """The reports by district, a site each, none with more of them than one dispatcher
        oversees, each in order of time."""
        return _halved(self.reports)


def drawn(count: int, *, seed: int) -> Town:
    """A made-up estate's day: the hours of the real ones, and bursts of one kind in one place."""
    rng = random.Random(seed)  # noqa: S311 -- a reproducible draw, not a secret
    leaves = [leaf for group in default_categories() for leaf in group.children]
    weights = [_RARE if leaf.is_danger or leaf.crew_size != 1 else 1.0 for leaf in leaves]
    reports: list[Report] = []
    while len(reports) < count:
        leaf = rng.choices(leaves, weights)[0]
        begins = timedelta(hours=rng.choices(range(24), HOURS)[0], minutes=rng.uniform(0, 60))
        where = [centre + rng.gauss(0, _DEGREES) for centre in _CENTRE]
        size = 1
        if rng.random() < _BURST_SHARE / _BURST and leaf.crew_size == 1:
            size = 1 + min(int(rng.expovariate(1 / (2 * _BURST))), 8 * _BURST)
        for _ in range(size):
            at = begins + timedelta(minutes=rng.uniform(0, _BURST_MINUTES if size > 1 else 0))
            reports.append(
                Report(
                    min(at, timedelta(hours=23, minutes=59)),
                    leaf.code,
                    leaf.name_zh,
                    latitude=round(where[0] + rng.gauss(0, _NEAR), 5),
                    longitude=round(where[1] + rng.gauss(0, _NEAR), 5),
                )
            )
    chosen = sorted(reports[:count], key=lambda each: each.at)
    return Town("模拟物业", SiteKind.ESTATE, "Asia/Shanghai", (), chosen)


def real(path: Path, count: int, *, map_name: str = "boston311") -> Town:
    """`count` real requests in a row, the hour of each kept, their days laid over each other.

    The stretch is the one that took the fewest days: the stormiest.
    """
    mapping = load_map(map_name)
    rows = _rows(path, mapping)
    if len(rows) < count:
        raise ValueError(f"{path} has {len(rows)} requests with point and category")
    starts = range(len(rows) - count + 1)
    first = min(starts, key=lambda i: rows[i + count - 1][0] - rows[i][0])
    reports = [
        Report(
            timedelta(hours=at.hour, minutes=at.minute, seconds=at.second),
            category,
            title,
            latitude,
            longitude,
            landmark,
        )
        for at, category, title, latitude, longitude, landmark in rows[first : first + count]
    ]
    site = mapping.site
    if site is None:
        raise ValueError(f"the map {map_name} names no site")
    return Town(
        site.name,
        site.kind,
        mapping.time.zone,
        mapping.category_groups,
        sorted(reports, key=lambda each: each.at),
    )


def _halved(reports: Sequence[Report]) -> list[Sequence[Report]]:
    """Cut in two like halves across their longer side, again and again."""
    if len(reports) <= _DISTRICT_MOST:
        return [reports]
    south_north = [each.latitude for each in reports]
    west_east = [each.longitude for each in reports]
    is_high = max(south_north) - min(south_north) > max(west_east) - min(west_east)
    cut = median(south_north if is_high else west_east)
    sides: tuple[list[Report], list[Report]] = ([], [])
    for each in reports:
        sides[(each.latitude if is_high else each.longitude) > cut].append(each)
    return [district for side in sides for district in (_halved(side) if all(sides) else [side])]


def _rows(path: Path, mapping: ImportMap) -> list[tuple[datetime, str, str, float, float, str]]:
    first = {name: columns[0] for name, columns in mapping.columns.items()}
    unknown = set(mapping.point.unknown)
    found = []
    with path.open(encoding=mapping.file.encoding, newline="") as file:
        for row in csv.DictReader(file, delimiter=mapping.file.delimiter):
            category = mapping.values.category.get(row[first["category"]])
            if category is None or not row[first["latitude"]]:
                continue
            point = (float(row[first["latitude"]]), float(row[first["longitude"]]))
            if point in unknown:
                continue
            at = datetime.strptime(row[first["reported_at"]], mapping.time.format)  # noqa: DTZ007
            title = row[first["description"]] or row[first["category"]]
            found.append((at, category, title, *point, row[first["landmark"]]))
    return sorted(found)
