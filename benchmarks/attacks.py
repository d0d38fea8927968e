"""What a hostile client costs: the processor time of a service until it has said no.

    python -m benchmarks.attacks [--times 9] [--sockets 10000] [--database URL]

A service runs as a process of its own. Each attack is sent several times, one after the other; its
cost is what the kernel counts for all threads of that process meanwhile, less what it does by
itself. Somebody signed in asks for their name all the time: how long they wait is told, too.
"""

import argparse
import asyncio
import os
import resource
import secrets
import socket
import statistics
import struct
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
from graphql import get_introspection_query
from sqlalchemy import select

from benchmarks.founded import found
from benchmarks.record import measured, write
from dispatch.services.accounts import issue_token
from dispatch.services.action import Services
from dispatch.store.engine import Store
from dispatch.store.migrate import upgrade
from dispatch.store.users import User

RESULTS = Path(__file__).parent / "results"
JSON = {"Content-Type": "application/json"}
WANTED_S = 0.05
"""No attack may cost more."""


@dataclass(frozen=True)
class Attack:
    """A request that must be refused with one of these codes."""

    name: str
    body: bytes
    codes: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = "/graphql"
    method: str = "POST"


def _document(name: str, query: str, *codes: str, variables: str = "{}") -> Attack:
    body = b'{"query":' + orjson.dumps(query) + b',"variables":' + variables.encode() + b"}"
    return Attack(name, body, frozenset(codes), JSON)


def _doubling(levels: int) -> str:
    """Fragments that spread the next one twice: 2^levels fields, if one were to count them."""
    spreads = "".join(
        f"fragment F{n} on Viewer {{ ...F{n + 1} ...F{n + 1} }} " for n in range(levels)
    )
    return f"{{ viewer {{ ...F0 }} }} {spreads} fragment F{levels} on Viewer {{ name }}"


def _pages(levels: int) -> str:
    inner = "id"
    for _ in range(levels):
        inner = f"children(first: 200) {{ nodes {{ {inner} }} }}"
    return f'{{ place(id: "x") {{ {inner} }} }}'


def _aliases(count: int) -> str:
    return "{" + " ".join(f"a{n}:__typename" for n in range(count)) + "}"


def _node(text: str) -> str:
    return f'{{ node(id: "{text}") {{ id }} }}'


_SMALL = b'{"query":"{__typename}"}'
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TYPE_OF = "ofType { "
INTROSPECTION = get_introspection_query()
COSTLY, BAD = "TOO_COSTLY", "BAD_INPUT"

ATTACKS = (
    _document(
        "10,000 aliases", "{" + " ".join(f"a{n}:__typename" for n in range(5_000)) + "}", COSTLY
    ),
    _document("900 aliases", "{" + " ".join(f"a{n}:__typename" for n in range(900)) + "}", COSTLY),
    _document("10,000 directives", "{ __typename " + "@a " * 10_000 + "}", COSTLY),
    _document("1,400 directives", "{ __typename " + "@a " * 1_400 + "}", COSTLY),
    _document("1,000 times one name", "{ " + "__typename " * 1_000 + "}", COSTLY),
    _document("fragments that double", _doubling(28), COSTLY, BAD, "UNAUTHENTICATED"),
    _document(
        "fragments in a circle",
        "{ viewer { ...A } } fragment A on Viewer { ...B ...B } fragment B on Viewer { ...A ...A }",
        BAD,
    ),
    _document(
        "many fragments",
        "{ viewer { name } } "
        + " ".join(f"fragment F{n} on Viewer {{ name }}" for n in range(300)),
        COSTLY,
    ),
    _document(
        "inline fragments in each other", "{ " + "... { " * 900 + "a" + " }" * 900 + " }", COSTLY
    ),
    _document("a field in itself", "{ " + "a { " * 900 + "a" + " }" * 900 + " }", COSTLY),
    _document("pages in pages", _pages(5), COSTLY),
    _document(
        "deep introspection",
        "{ __schema { types { fields { type { " + TYPE_OF * 30 + "name" + " }" * 30 + " } } } } }",
        COSTLY,
    ),
    _document(
        "lists of introspection in each other",
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name"
        " } } } } } } } } } }",
        BAD,
        COSTLY,
    ),
    _document(
        "introspection thirty times",
        "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(30)) + " }",
        COSTLY,
    ),
    _document(
        "15 unknown fields, each like others",
        "{ " + " ".join(f"viewr{n}" for n in range(15)) + " }",
        BAD,
    ),
    _document("a text of 900 KB", '{ node(id: "' + "x" * 900_000 + '") { id } }', COSTLY),
    _document("900 KB of commas", "{ a }" + "," * 900_000, COSTLY),
    _document("900 KB of comments", "{ a }" + "#\n" * 300_000, COSTLY),
    _document("a number of 900 KB", "{ a(b: " + "9" * 900_000 + ") }", COSTLY),
    _document(
        "50 KB of text", '{ node(id: "' + "\\u0041" * 9_000 + '") { id } }', BAD, "NOT_FOUND"
    ),
    _document(
        "variables 100,000 deep",
        "query($a: JSON) { __typename }",
        BAD,
        variables='{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    ),
    _document(
        "variables 1,000 deep",
        "query($a: JSON) { __typename }",
        BAD,
        variables='{"a":' + '{"a":' * 1_000 + "1" + "}" * 1_000 + "}",
    ),
    _document(
        "400,000 values",
        "query($a: [ID!]!) { nodes(ids: $a) { id } }",
        COSTLY,
        variables='{"a":[' + ",".join(["1"] * 400_000) + "]}",
    ),
    Attack("5 MB", b'{"query":"' + b"x" * 5_000_000 + b'"}', frozenset({"TOO_LARGE"}), JSON),
    Attack(
        "a batch",
        b"[" + b",".join([b'{"query":"{__typename}"}'] * 1_000) + b"]",
        frozenset({BAD}),
        JSON,
    ),
    Attack(
        "a mutation by GET",
        b"",
        frozenset({BAD}),
        path="/graphql?query=mutation{signOut{signedOutAt}}",
        method="GET",
    ),
    Attack(
        "a form",
        b"query={__typename}",
        frozenset({BAD}),
        {"Content-Type": "application/x-www-form-urlencoded"},
    ),
)


def cpu(pid: int) -> float:
    """Seconds that all threads of a process have run."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text("ascii").split()[0])
        except FileNotFoundError:
            continue  # A thread that ended meanwhile.
    return total / 1e9


async def cost(http: httpx.AsyncClient, pid: int, attack: Attack, *, times: int) -> list[float]:
    """The processor time of each try, after one that does not count."""
    took = []
    for _ in range(times + 1):
        before = cpu(pid)
        await refused(http, attack)
        took.append(cpu(pid) - before)
    return took[1:]


async def refused(http: httpx.AsyncClient, attack: Attack) -> None:
    """Sends an attack; it must be answered by its codes alone."""
    response = await http.request(
        attack.method, attack.path, content=attack.body, headers=dict(attack.headers)
    )
    body = response.json()
    codes = {error["extensions"]["code"] for error in body.get("errors") or ()}
    if not codes or not codes <= attack.codes or response.status_code >= 500:
        raise AssertionError(f"{attack.name}: {response.status_code} {codes}")


@dataclass
class Caller:
    """Somebody who asks for their name all the time, and how long each answer took."""

    http: httpx.AsyncClient
    waited: list[float] = field(default_factory=list)
    failed: list[Any] = field(default_factory=list)

    @asynccontextmanager
    async def asking(self, *, every_s: float = 0.02) -> AsyncIterator["Caller"]:
        """Asks as long as the block runs."""
        task = asyncio.create_task(self._ask(every_s))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _ask(self, every_s: float) -> None:
        while True:
            begun = time.perf_counter()
            response = await self.http.post("/graphql", json={"query": "{ viewer { name } }"})
            self.waited.append(time.perf_counter() - begun)
            if response.status_code != 200 or "errors" in response.json():
                self.failed.append(response.text)
            await asyncio.sleep(every_s)


async def reading_nothing(port: int, token: str, *, seconds: float) -> bool:
    """Asks for far more than fits any buffer over a web socket, and reads nothing: whether the
    service let go within so many seconds."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
    writer.write(frame(init))
    # Until it is acknowledged; from then on nothing is taken from the socket.
    while b"connection_ack" not in await reader.read(256):
        pass
    for number in range(20):
        payload = {"query": INTROSPECTION}
        writer.write(frame({"type": "subscribe", "id": str(number), "payload": payload}))
    await writer.drain()
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        await asyncio.sleep(0.5)
        if _is_gone(raw, port):
            writer.close()
            return True
    writer.close()
    return False


HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def frame(message: Any) -> bytes:
    """A text message as a client sends it, masked with zeros."""
    text = orjson.dumps(message)
    return (
        b"\x81\xfe" + struct.pack("!H", len(text)) + bytes(4) + text
        if len(text) > 125
        else (b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text)
    )


def _is_gone(raw: socket.socket, port: int) -> bool:
    """Whether the service's end is no longer established, as the kernel tells."""
    mine = raw.getsockname()[1]
    wanted = (f":{port:04X}", f":{mine:04X}")
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if local.endswith(wanted[0]) and remote.endswith(wanted[1]):
            return state != "01"
    return True


@asynccontextmanager
async def service(url: str, **environment: str) -> AsyncIterator[tuple[int, int]]:
    """A service of its own over a database: its port and the number of its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = ("SWEEPER", "JOBS", "COURIER", "SOLVER_WARM")
    settings = {f"DISPATCH_{name}": "false" for name in quiet}
    settings |= {"DISPATCH_DATABASE_URL": url, **environment}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dispatch.cli", "serve", "--port", str(port)),
        env={**os.environ, **settings},
    )
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while True:
                with suppress(httpx.TransportError):
                    if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()


async def measure(url: str, *, times: int, sockets: int) -> dict[str, Any]:
    """The cost of every attack, and how long others waited meanwhile and before."""
    await asyncio.to_thread(upgrade, url)
    token = await _token(url)
    headers = {"Authorization": f"Bearer {token}"}
    rows = []
    async with (
        service(url, DISPATCH_SOCKETS_MOST=str(sockets)) as (port, pid),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as http,
    ):
        for attack in ATTACKS:
            took = await cost(http, pid, attack, times=times)
            rows.append({"attack": attack.name, **_figures(took)})
        alone = await _waits(http, asyncio.sleep(5))
        attacked = await _waits(http, _all(http))
        flooded = await _waits(http, _flood(port, sockets))
        slow = await _waits(http, reading_nothing(port, token, seconds=60))
    return {
        "database": url.partition(":")[0],
        "cpu_s": rows,
        "over_wanted": [row["attack"] for row in rows if row["median"] > WANTED_S],
        "sockets": sockets,
        "others_waited_s": {
            "alone": alone,
            "attacked": attacked,
            "sockets": flooded,
            "who does not read": slow,
        },
    }


async def _all(http: httpx.AsyncClient) -> None:
    for attack in ATTACKS:
        await refused(http, attack)


async def _flood(port: int, count: int) -> int:
    """Opens so many web sockets that say nothing, a hundred at a time, until each is let go."""
    opened: list[asyncio.StreamWriter] = []
    for _ in range(0, count, 100):
        opened += await asyncio.gather(*[_knock(port) for _ in range(100)])
    for writer in opened:
        writer.close()
    return len(opened)


async def _knock(port: int) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    return writer


async def _waits(http: httpx.AsyncClient, meanwhile: Awaitable[Any]) -> dict[str, Any]:
    async with Caller(http).asking() as caller:
        result = await meanwhile
    return {**_figures(caller.waited), "failed": len(caller.failed), "result": result}


def _figures(took: list[float]) -> dict[str, Any]:
    return {
        "times": len(took),
        "median": round(statistics.median(took), 4),
        "most": round(max(took), 4),
    }


async def _token(url: str) -> str:
    services = Services(
        store=Store(url), clock=lambda: datetime.now(UTC), randbelow=secrets.randbelow
    )
    try:
        root, _ = await found(services)
        async with services.store.reading() as session:
            statement = select(User).where(User.username == "bench-desk")
            user = (await session.execute(statement)).scalar_one()
        signed = await services.perform(root, issue_token, user_id=user.id, label="bench")
        return signed.token
    finally:
        await services.store.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--times", type=int, default=9)
    arguments.add_argument("--sockets", type=int, default=10_000)
    arguments.add_argument(
        "--database", action="append", help="a migrated or empty one; default: a SQLite file"
    )
    given = arguments.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Each socket is a file here, and one there.
    sockets = min(given.sockets, hard - 500)
    data = measured(
        "attacks", given.database, lambda url: measure(url, times=given.times, sockets=sockets)
    )
    for row in data["runs"]:
        for each in row["cpu_s"]:
            print(f"{each['median'] * 1000:8.1f} ms  {each['attack']}")
        print(row["others_waited_s"])
    print(write(RESULTS, data))


if __name__ == "__main__":
    main()
