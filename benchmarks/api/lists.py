"""Lists with filters, order and search: a page's time on a small table and on a big one."""

import statistics
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson

from benchmarks.api import peers
from benchmarks.api.documents import TICKETS
from benchmarks.api.peers import asking, milliseconds
from benchmarks.api.reader import Reader
from dispatch.api import ids

PAGE = 50
DEEP = 20
"""Pages that are turned before the one that counts as deep."""


def cases(site_id: str) -> dict[str, dict[str, Any]]:
    """The variables of each list, by what it shows."""
    newest = {"siteId": site_id, "first": PAGE}
    due = {"orderBy": {"field": "DUE_AT", "direction": "ASC"}}
    return {
        "newest of a site": newest,
        "newest of all sites": {"first": PAGE},
        "open ones of a site, by due time": newest
        | due
        | {"filter": {"state": {"in": ["NEW", "TRIAGED", "IN_PROGRESS"]}}},
        "one trade's urgent ones": newest
        | {"filter": {"trade": {"eq": "plumbing"}, "priority": {"in": ["EMERGENCY", "HIGH"]}}},
        "by number": newest | {"filter": {"number": {"eq": "TK-20261101-1"}}},
        "search: a word of one report": newest | {"filter": {"search": "10000"}},
        "search: a word of none": newest | {"filter": {"search": "chimney"}},
        "search: the end of a telephone number": newest | {"filter": {"search": "5678"}},
        "search: a common word, all sites": {"first": PAGE, "filter": {"search": "水龙头漏水"}},
        "search: a common word, open ones": newest
        | {"filter": {"search": "漏水", "state": {"in": ["TRIAGED", "IN_PROGRESS"]}}},
        "search: a common word": newest | {"filter": {"search": "水龙头漏水"}},
        "search: Chinese and English": newest | {"filter": {"search": "厨房 third month"}},
        "first reported first": newest | {"orderBy": {"field": "REPORTED_AT", "direction": "ASC"}},
    }


async def measure(urls: dict[int, tuple[str, Reader]], *, rounds: int) -> dict[str, Any]:
    """Each list on each database in turn, round after round."""
    waited: dict[str, dict[int, list[float]]] = {}
    async with AsyncExitStack() as stack:
        servers = {
            tickets: (await stack.enter_async_context(peers.dispatch(url, reader.token)))[0]
            for tickets, (url, reader) in urls.items()
        }
        wanted: list[tuple[str, int, Any]] = []
        for tickets, http in servers.items():
            site_id = ids.encode("Site", urls[tickets][1].site_id)
            for name, variables in cases(site_id).items():
                wanted.append((name, tickets, asking(http, TICKETS, variables)))
            deep = await _deep(http, cases(site_id)["newest of a site"])
            wanted.append((f"page {DEEP + 1}", tickets, asking(http, TICKETS, deep)))
        for number in range(rounds + 1):
            for name, tickets, ask in wanted:
                begun = time.perf_counter()
                await ask()
                if number:
                    kept = waited.setdefault(name, {}).setdefault(tickets, [])
                    kept.append(time.perf_counter() - begun)
    table = {}
    for name, by_size in waited.items():
        medians = {tickets: statistics.median(each) for tickets, each in by_size.items()}
        least, most = min(medians), max(medians)
        table[name] = {
            "waited_ms": {str(size): milliseconds(each) for size, each in medians.items()},
            "ratio": round(medians[most] / medians[least], 2),
        }
    return table


async def _deep(http: httpx.AsyncClient, variables: dict[str, Any]) -> dict[str, Any]:
    """The variables of a page that lies behind others."""
    after: str | None = None
    for _ in range(DEEP):
        answer = orjson.loads(await asking(http, TICKETS, variables | {"after": after})())
        after = answer["data"]["tickets"]["pageInfo"]["endCursor"]
    return variables | {"after": after}
