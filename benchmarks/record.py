"""The file kept of a benchmark: when, on what, with which versions, every run and the medians."""

import asyncio
import json
import math
import os
import platform
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.arenas import Case
from benchmarks.isolate import Run
from benchmarks.peers.view import SECONDS_PER_UNSERVED
from benchmarks.summary import BAR, Row, losses, mean_gap, pairs

PACKAGES = ("dispatch-solver", "numpy", "numba", "ortools", "pyvroom", "pyvrp")


def environment() -> dict[str, Any]:
    """The machine and the versions of all that was measured."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def measured(
    suite: str,
    databases: Sequence[str] | None,
    measure: Callable[[str], Coroutine[Any, Any, dict[str, Any]]],
) -> dict[str, Any]:
    """What `measure` gives of each database, one after the other, with when and on what; without
    a database, of a SQLite file made for it."""
    begun, setting = datetime.now(UTC), environment()
    with tempfile.TemporaryDirectory() as folder:
        urls = databases or [f"sqlite+aiosqlite:///{folder}/{suite}.db"]
        runs = [asyncio.run(measure(url)) for url in urls]
    return {
        "suite": suite,
        "begun": begun.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": setting,
        "load_at_end": environment()["load"],
        "runs": runs,
    }


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def document(
    *,
    suite: str,
    begun: datetime,
    seeds: Sequence[int],
    cases: Sequence[Case],
    runs: Sequence[Run],
    table: Sequence[Row],
    setting: dict[str, Any],
) -> dict[str, Any]:
    """Everything about a benchmark as plain JSON data."""
    found = pairs(cases, runs)
    ratios = [pair.ratio for pair in found if pair.ratio is not None]
    return {
        "suite": suite,
        "begun": begun.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": setting,
        "load_at_end": [round(load, 2) for load in os.getloadavg()],
        "seeds": list(seeds),
        "seconds_per_unserved": SECONDS_PER_UNSERVED,
        "cases": [_row(row) for row in table],
        "pairs": [asdict(pair) for pair in found],
        "compared": len(ratios),
        "within_bar": sum(ratio <= BAR for ratio in ratios),
        "bar": BAR,
        "lost": [asdict(pair) for pair in losses(found)],
        "mean_gap": {
            arena: _gaps([row for row in table if row.arena == arena])
            for arena in dict.fromkeys(row.arena for row in table)
        },
        "runs": [_run(run) for run in runs],
    }


def _gaps(table: Sequence[Row]) -> dict[str, float]:
    names = dict.fromkeys(name for row in table for name in row.cells)
    gaps = {name: mean_gap(table, name) for name in names}
    return {name: round(gap, 3) for name, gap in gaps.items() if gap is not None}


def _row(row: Row) -> dict[str, Any]:
    return asdict(row) | {"gap": {n: row.gap(n) for n in row.cells if row.gap(n) is not None}}


def _run(run: Run) -> dict[str, Any]:
    data = asdict(run)
    measure = data["measure"]
    # An answer that breaks rules may have no value; JSON has no word for infinity.
    if measure is not None and not math.isfinite(measure["value"]):
        measure["value"] = None
    return data


def write(folder: Path, data: dict[str, Any]) -> Path:
    """Write `YYYY-MM-DD-<suite>.json`; a second one of a day gets a number, none is lost."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{data['begun'][:10]}-{data['suite']}"
    path, number = folder / f"{name}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path
