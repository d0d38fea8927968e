"""The API beside its peers: `make bench-api` (QUICK=1: a small database, few rounds).

Fills a PostgreSQL of its own in a folder that the next run finds again, then measures the board,
lists, figures, slots, grabs and how changes are spread, and writes what it found.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import subscriptions
from benchmarks.api import board, cluster, figures, grabs, lists, peers
from benchmarks.api.fill import Size
from benchmarks.api.reader import reader_of
from benchmarks.founded import another_site
from benchmarks.record import environment, write

RESULTS = Path(__file__).parents[1] / "results"
FOLDER = Path(tempfile.gettempdir()) / "dispatch-bench"
DAYS = 365


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    arguments.add_argument("--tickets", type=int)
    arguments.add_argument("--rounds", type=int)
    arguments.add_argument("--only", default="board,lists,figures,grabs,fanout")
    given = arguments.parse_args()
    tickets = given.tickets or (20_000 if given.quick else 1_000_000)
    rounds = given.rounds or (3 if given.quick else 7)
    begun, setting = datetime.now(UTC), environment()
    # A file for each client and more.
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    _install_peers()
    data = {
        "suite": "api-quick" if given.quick else "api",
        "begun": begun.isoformat(timespec="seconds"),
        "environment": setting | {"tools": _tools()},
        "size": {"tickets": tickets, "days": DAYS, "seed": Size(tickets, DAYS).seed},
    }
    with cluster.running(given.folder) as postgres:
        big = postgres.url(cluster.database(postgres, Size(tickets, DAYS)))
        small = postgres.url(cluster.database(postgres, Size(10_000, DAYS)))
        reader = asyncio.run(reader_of(big))
        pages = {10_000: (small, asyncio.run(reader_of(small))), tickets: (big, reader)}
        suites: dict[str, Callable[[], Any]] = {
            "board": lambda: board.measure(postgres, big, reader, rounds=rounds, times=10),
            "lists": lambda: lists.measure(pages, rounds=3 * rounds),
            "figures": lambda: figures.measure(postgres, big, reader, rounds=rounds),
            "grabs": lambda: grabs.measure(
                postgres, small, people=60, claims=2_000, rounds=min(rounds, 3)
            ),
            "fanout": lambda: subscriptions.measure(
                big,
                clients=200 if given.quick else 2_000,
                rates=[1, 2, 5],
                seconds=10,
                site_in=another_site,
            ),
        }
        for name in given.only.split(","):
            data[name] = asyncio.run(suites[name]())
            print(json.dumps({name: data[name]}, ensure_ascii=False, indent=1))
    data["ended"] = datetime.now(UTC).isoformat(timespec="seconds")
    data["load_at_end"] = [round(load, 2) for load in os.getloadavg()]
    print(write(RESULTS, data))


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
