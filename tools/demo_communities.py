"""Print points of communities for the demo: BD-09 in a CSV, WGS 84 in TOML.

Usage: python -m tools.demo_communities FILE NAME...   (columns: name, district, lng_bd09, lat_bd09)

BD-09 is Baidu's shift of GCJ-02, and GCJ-02 China's shift of WGS 84. The forward formula of the
second is public; its inverse is found by iteration.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

_AXIS_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU = math.pi * 3000 / 180


def bd09_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """Undo Baidu's shift; exact to about a metre, as the published inverse is."""
    x, y = longitude - 0.0065, latitude - 0.006
    radius = math.hypot(x, y) - 0.00002 * math.sin(y * _BAIDU)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * _BAIDU)
    return radius * math.sin(angle), radius * math.cos(angle)


def wgs84_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """Shift a point inside China as its maps do."""
    x, y = longitude - 105.0, latitude - 35.0
    waves = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (waves + 20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (waves + 20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    radians = math.radians(latitude)
    flattening = 1 - _ECCENTRICITY2 * math.sin(radians) ** 2
    meridian = _AXIS_M * (1 - _ECCENTRICITY2) / flattening**1.5
    parallel = _AXIS_M / math.sqrt(flattening) * math.cos(radians)
    return latitude + math.degrees(north / meridian), longitude + math.degrees(east / parallel)


def gcj02_to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """The point whose shift is the given one, to a few centimetres."""
    found = latitude, longitude
    for _ in range(5):
        shifted = wgs84_to_gcj02(*found)
        found = found[0] + latitude - shifted[0], found[1] + longitude - shifted[1]
    return found


def bd09_to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """Both inverses, one after the other."""
    return gcj02_to_wgs84(*bd09_to_gcj02(latitude, longitude))


def main() -> int:
    """Print the named communities of the file."""
    path, *names = sys.argv[1:]
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        found = {row["name"]: row for row in csv.DictReader(file)}
    for name in names:
        row = found[name]
        latitude, longitude = bd09_to_wgs84(float(row["lat_bd09"]), float(row["lng_bd09"]))
        print("\n[[communities]]")
        print(f'name = "{name}"\ndistrict = "{row["district"]}"')
        print(f"latitude = {latitude:.4f}\nlongitude = {longitude:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
