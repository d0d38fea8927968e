"""How long it takes until thousands of clients of one worker know what was committed.

    python -m benchmarks.subscriptions [--clients 2000] [--rates 1 2 5] [--seconds 15]
        [--database URL]

One service with one worker; its clients, each signed in with an account of their own, in another
process; whoever reports, in this one. Every client watches the site's tickets, which all of them
may see, and their own inbox. A report is one payload for every client. Its way is timed from the
moment its transaction was committed to its arrival, on the clock that all processes share.
"""

import argparse
import asyncio
import os
import resource
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import orjson

from benchmarks.attacks import RESULTS, service
from benchmarks.founded import found
from benchmarks.listeners import listen
from benchmarks.record import measured, write
from dispatch.api.ids import encode
from dispatch.domain.places import PlaceKind
from dispatch.domain.rights import Actor, Role
from dispatch.domain.tickets import Channel, TicketKind
from dispatch.services import accounts, sites, tickets
from dispatch.services.action import Services
from dispatch.store.engine import Store
from dispatch.store.migrate import upgrade
from dispatch.store.sites import Place, Site

_ARRIVE_S = 10.0
"""How long after the last report something may still be under way."""
_TRIES = 30
_TICK = os.sysconf("SC_CLK_TCK")


async def measure(
    url: str,
    *,
    clients: int,
    rates: Sequence[float],
    seconds: float,
    site_in: Callable[[Services], Awaitable[tuple[Actor, Site]]] = found,
) -> dict[str, Any]:
    """For each rate of reports: what came when, and what that took. `site_in` makes the site where
    all of it happens, by default in an empty database."""
    await asyncio.to_thread(upgrade, url)
    services = Services(
        store=Store(url), clock=lambda: datetime.now(UTC), randbelow=secrets.randbelow
    )
    try:
        root, site = await site_in(services)
        place = await services.perform(
            root,
            sites.create_place,
            site_id=site.id,
            parent_id=None,
            kind=PlaceKind.PUBLIC_AREA,
            name="garden",
            is_public=True,
        )
        tokens = [await _token(services, root, site, number) for number in range(clients)]
        async with service(url) as (port, pid):
            alone = _memory(pid)
            begun = time.monotonic()
            async with _listeners(port, tokens, encode("Site", site.id)) as pipe:
                joined = time.monotonic() - begun
                # The operations stand when what they ask for was looked up.
                await _quiet(pid)
                bench = _Bench(services, root, place, pipe, pid, clients)
                # What is sent before everybody stands is not meant for all: that is not missed.
                for _ in range(_TRIES):
                    if not (await _run(bench, rate=1, seconds=1, wait_s=2))["missing"]:
                        break
                rows = [await _run(bench, rate=rate, seconds=seconds) for rate in rates]
                memory = _memory(pid)
        return {
            "database": url.partition(":")[0],
            "clients": clients,
            "joined_s": round(joined, 2),
            "memory_mb": {"alone": alone, "with clients": memory},
            "rates": rows,
        }
    finally:
        await services.store.close()


@dataclass(frozen=True, slots=True)
class _Bench:
    """Who reports where, what runs, and who listens."""

    services: Services
    root: Actor
    place: Place
    pipe: Connection
    pid: int
    clients: int


async def _run(
    bench: _Bench, *, rate: float, seconds: float, wait_s: float = _ARRIVE_S
) -> dict[str, Any]:
    services, pipe, pid, clients = bench.services, bench.pipe, bench.pid, bench.clients
    committed: dict[str, float] = {}
    worked, began = _worked(pid), time.monotonic()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        mark = f"bench {secrets.token_hex(4)} {number}"
        await services.perform(
            bench.root,
            tickets.create,
            site_id=bench.place.site_id,
            place_id=bench.place.id,
            kind=TicketKind.REPAIR,
            channel=Channel.PHONE,
            description=mark,
            requester_name="bench",
            requester_phone="13800000000",
        )
        committed[mark] = time.monotonic()
    took = time.monotonic() - began
    worked = _worked(pid) - worked
    await asyncio.sleep(wait_s)
    pipe.send("tell")
    heard = orjson.loads(await asyncio.to_thread(pipe.recv))
    ways = sorted(
        at - committed[mark]
        for mark, times in heard["at"].items()
        for at in times
        if mark in committed
    )
    each = {mark: len(times) for mark, times in heard["at"].items()}
    return {
        "reports_per_s": rate,
        "achieved_per_s": round(len(committed) / took, 2),
        "reports": len(committed),
        "pushed": len(ways),
        "pushed_per_s": round(len(ways) / took),
        "missing": len(committed) * clients - len(ways),
        "twice": sum(count > clients for count in each.values()),
        "lost_connections": heard["lost"],
        "way_s": {
            "p50": _at(ways, 0.5),
            "p95": _at(ways, 0.95),
            "p99": _at(ways, 0.99),
            "most": _at(ways, 1.0),
        },
        "cores": round(worked / took, 2),
    }


def _at(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 4)


async def _token(services: Services, root: Actor, site: Site, number: int) -> str:
    user = await services.perform(
        root, accounts.create_user, username=f"{site.code}-{number}", name=f"client {number}"
    )
    await services.perform(
        root, accounts.grant_role, user_id=user.id, role=Role.DISPATCHER, site_id=site.id
    )
    signed = await services.perform(root, accounts.issue_token, user_id=user.id, label="bench")
    return signed.token


@asynccontextmanager
async def _listeners(port: int, tokens: Sequence[str], site: str) -> AsyncIterator[Any]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=listen, args=(port, tokens, site, theirs), daemon=True)
    process.start()
    try:
        assert await asyncio.to_thread(ours.recv) == "ready"
        yield ours
    finally:
        ours.send("end")
        await asyncio.to_thread(process.join, 10)
        process.kill()


async def _quiet(pid: int) -> None:
    """Returns when the service has nothing to do but to wait."""
    for _ in range(120):
        before = _worked(pid)
        await asyncio.sleep(1)
        if _worked(pid) - before < 0.3:
            return


def _worked(pid: int) -> float:
    """Processor time of the process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _memory(pid: int) -> int:
    """Megabytes it holds."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--clients", type=int, default=2_000)
    arguments.add_argument("--rates", type=float, nargs="+", default=[1, 2, 5])
    arguments.add_argument("--seconds", type=float, default=15)
    arguments.add_argument(
        "--database", action="append", help="a migrated or empty one; default: a SQLite file"
    )
    given = arguments.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    data = measured(
        "subscriptions",
        given.database,
        lambda url: measure(url, clients=given.clients, rates=given.rates, seconds=given.seconds),
    )
    for run in data["runs"]:
        for row in run["rates"]:
            print(row)
        print(run["memory_mb"], "joined in", run["joined_s"], "s")
    print(write(RESULTS, data))


if __name__ == "__main__":
    main()
