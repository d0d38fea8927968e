"""The API beside its peers: `make bench-api` (QUICK=1: a small database, few rounds).

Fills a PostgreSQL of its own in a folder that the next run finds again, then measures the board,
lists, figures, slots, grabs and how changes are spread, and writes what it found. A part that
fails, or is not done in its time, is named in the file; the others are measured all the same.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import subscriptions
from benchmarks.api import board, cluster, figures, grabs, lists, peers
from benchmarks.api.fill import Size
from benchmarks.api.parts import NotMeasured, Part, measured_within
from benchmarks.api.reader import reader_of
from benchmarks.founded import another_site
from benchmarks.record import environment, write
from tests.support.postgres import PostgresServer

RESULTS = Path(__file__).parents[1] / "results"
FOLDER = Path(tempfile.gettempdir()) / "dispatch-bench"
DAYS = 365


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    arguments.add_argument("--tickets", type=int)
    arguments.add_argument("--rounds", type=int)
    arguments.add_argument("--only", default="board,lists,figures,slots,grabs,fanout")
    arguments.add_argument("--limit", type=int, default=900, help="seconds that a part may take")
    given = arguments.parse_args()
    tickets = given.tickets or (20_000 if given.quick else 1_000_000)
    rounds = given.rounds or (3 if given.quick else 7)
    begun, setting = datetime.now(UTC), environment()
    # A file for each client and more.
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    # Told to end it does as when interrupted: writes what it has, and stops what it began.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _install_peers()
    data = {
        "suite": "api-quick" if given.quick else "api",
        "begun": begun.isoformat(timespec="seconds"),
        "environment": setting | {"tools": _tools()},
        "size": {"tickets": tickets, "days": DAYS, "seed": Size(tickets, DAYS).seed},
    }
    try:
        with cluster.running(given.folder) as postgres:
            big = postgres.url(cluster.database(postgres, Size(tickets, DAYS)))
            small = postgres.url(cluster.database(postgres, Size(10_000, DAYS)))
            parts = _parts(postgres, {10_000: small, tickets: big}, rounds, quick=given.quick)
            for name in given.only.split(","):
                print(f"{name}: {given.limit} s at most", flush=True)
                _measure(data, name, parts[name], seconds=given.limit)
    finally:
        data["ended"] = datetime.now(UTC).isoformat(timespec="seconds")
        data["load_at_end"] = [round(load, 2) for load in os.getloadavg()]
        print(write(RESULTS, data))
    if "not_measured" in data:
        sys.exit(f"not measured: {', '.join(data['not_measured'])}")


def _parts(
    postgres: PostgresServer, urls: dict[int, str], rounds: int, *, quick: bool
) -> dict[str, Part]:
    """What is measured, by the number of tickets of the two databases; the small one first."""
    small, big = urls[min(urls)], urls[max(urls)]
    pages = {tickets: (url, asyncio.run(reader_of(url))) for tickets, url in urls.items()}
    reader = pages[max(urls)][1]
    return {
        "board": partial(board.measure, postgres, big, reader, rounds=rounds, times=10),
        "lists": partial(lists.measure, pages, rounds=3 * rounds),
        "figures": partial(figures.measure, big, reader, rounds=rounds),
        "slots": partial(figures.slots, postgres, big, reader, rounds=rounds),
        "grabs": partial(grabs.measure, postgres, small, people=80, rounds=min(rounds, 3)),
        "fanout": partial(
            subscriptions.measure,
            big,
            clients=200 if quick else 2_000,
            rates=[1, 2, 5],
            seconds=10,
            site_in=another_site,
        ),
    }


def _measure(data: dict[str, Any], name: str, part: Part, *, seconds: float) -> None:
    begun = time.monotonic()
    try:
        data[name] = measured_within(seconds, part)
    except NotMeasured as why:
        data.setdefault("not_measured", {})[name] = str(why)
    data.setdefault("seconds", {})[name] = round(time.monotonic() - begun)
    told = data.get(name, data.get("not_measured", {}).get(name))
    print(json.dumps({name: told}, ensure_ascii=False, indent=1), flush=True)


def _install_peers() -> None:
    """Without npm, or where it fails, there is one peer less."""
    if not (peers.POSTGRAPHILE / "node_modules").exists():
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=peers.POSTGRAPHILE, check=False
        )


def _tools() -> dict[str, str]:
    listed = json.loads((peers.POSTGRAPHILE / "package.json").read_text("utf-8"))["dependencies"]
    told = subprocess.run(["pgbench", "--version"], capture_output=True, check=False, text=True)
    return listed | {"pgbench": told.stdout.strip()}


if __name__ == "__main__":
    main()
