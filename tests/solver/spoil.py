"""Ways to spoil a problem's JSON document: junk, wrong shapes, unknown names, contradictions."""

import math
import random
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
Path = tuple[Any, ...]


def spoilt(rng: random.Random, document: Document) -> Any:
    """The document after one to four mishaps, most often one."""
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        mishap = rng.choice(MISHAPS)
        try:
            mishap(rng, document)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            continue  # An earlier mishap has left nothing here to spoil.
    return rng.choice(WHOLES) if rng.random() < 0.005 else document


def spoilt_plan(rng: random.Random, document: Document) -> Any:
    """A plan's JSON document after one to four mishaps of any document."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        mishap = rng.choice([junk, gone, crossed, crossed, other_number, other_number, other_list])
        try:
            mishap(rng, document)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            continue
    return document


def _deep(depth: int) -> Any:
    nested: Any = 1
    for _ in range(depth):
        nested = [nested]
    return nested


WHOLES: tuple[Any, ...] = (None, [], {}, 7, "problem", [[]], True, _deep(900))
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3.5, -0.0, 60_000, 86_400, 2**31, 2**63, 10**400, -(10**30)),
    *(math.nan, math.inf, -math.inf, 1e308, 5e-324),
    *("", "p3", "t1", "v2", "car", "north", "1", "NaN", "\x00", "\ud800", "é" * 3, "x" * 5000),
    *([], {}, [[]], [None], {"": {}}, {"id": "v1"}, [1, [2]], _deep(70), _deep(900)),
)


def _spots(node: Any, path: Path = ()) -> list[Path]:
    """Every path into the document, the corners of each matrix only."""
    keys: Any = ()
    if isinstance(node, dict):
        keys = list(node)
    elif isinstance(node, list):
        keys = range(len(node)) if len(node) < 30 else (0, 1, len(node) - 1)
    found = [path] if path else []
    for key in keys:
        if len(path) < 12:
            found += _spots(node[key], (*path, key))
    return found


def _at(document: Document, path: Path) -> Any:
    node: Any = document
    for key in path:
        node = node[key]
    return node


def junk(rng: random.Random, document: Document) -> None:
    """Something else in some place."""
    path = rng.choice(_spots(document))
    _at(document, path[:-1])[path[-1]] = rng.choice(JUNK)


def gone(rng: random.Random, document: Document) -> None:
    """A field or an entry that is missing."""
    path = rng.choice(_spots(document))
    del _at(document, path[:-1])[path[-1]]


def unknown_field(rng: random.Random, document: Document) -> None:
    records = [p for p in _spots(document) if isinstance(_at(document, p), dict)]
    _at(document, rng.choice(records))[rng.choice(["", "Id", "windws", "x.y"])] = rng.choice(JUNK)


def crossed(rng: random.Random, document: Document) -> None:
    """A value from elsewhere in the document."""
    spots = _spots(document)
    path, other = rng.choice(spots), rng.choice(spots)
    if other != path[: len(other)]:
        _at(document, path[:-1])[path[-1]] = _at(document, other)


def other_number(rng: random.Random, document: Document) -> None:
    """A number in another unit, or with another sign."""
    spots = [p for p in _spots(document) if type(_at(document, p)) in (int, float)]
    path = rng.choice(spots)
    factor = rng.choice([-1, 0, 0.5, 60, 1000, 10**6, 10**12, 1 / 3600])
    value = _at(document, path) * factor
    _at(document, path[:-1])[path[-1]] = value if rng.random() < 0.5 else int(value)


def other_list(rng: random.Random, document: Document) -> None:
    """A list with entries twice, in another order, or fewer."""
    lists = [p for p in _spots(document) if isinstance(_at(document, p), list)]
    chosen = _at(document, rng.choice(lists))
    what = rng.randrange(3)
    if what == 0:
        chosen.append(rng.choice(chosen))
    elif what == 1:
        rng.shuffle(chosen)
    else:
        del chosen[rng.randrange(len(chosen)) :]


def other_matrix(rng: random.Random, document: Document) -> None:
    """A matrix with a wrong shape, or with no travel times in it."""
    way = rng.choice(list(document["travel"].values()))
    name = rng.choice(["durations", "distances"])
    rows = way[name]
    way[name] = rng.choice(
        [
            lambda: rows[:-1],
            lambda: [row[:-1] for row in rows],
            lambda: [*rows[:-1], rows[-1][:-1]],
            lambda: [[float(cell) for cell in row] for row in rows],
            lambda: [[str(cell) for cell in row] for row in rows],
            lambda: [[cell * 10**9 for cell in row] for row in rows],
            lambda: [[-cell for cell in row] for row in rows],
            lambda: [[0] * len(row) for row in rows],
            lambda: [[10**6] * len(row) for row in rows],
            lambda: [rows],
            lambda: rows[0],
            list,
            lambda: [[True] * len(row) for row in rows],
            lambda: _deep(40),
        ]
    )()


def same_names(rng: random.Random, document: Document) -> None:
    """Two technicians, visits, places or shifts of one name, or one that nobody knows."""
    owner = rng.choice(
        [document["visits"], document["technicians"], document["technicians"][0]["shifts"]]
    )
    rng.choice(owner)["id"] = rng.choice([rng.choice(owner)["id"], "nobody", ""])
    if rng.random() < 0.3:
        document["places"][rng.randrange(len(document["places"]))] = document["places"][0]


def pins(rng: random.Random, document: Document) -> None:
    """Several visits pinned to one person, at one time or one position."""
    person = rng.choice(document["technicians"])["id"]
    pin: Document = {"technician": person}
    if rng.random() < 0.5:
        pin["start"] = rng.choice([0, 36_000, 39_600, 10**7])
    if rng.random() < 0.5:
        pin["position"] = rng.choice([0, 1, 99])
    for visit in rng.sample(document["visits"], 3):
        visit["pinned"] = dict(pin)


def begun(rng: random.Random, document: Document) -> None:
    """Work that has begun: twice by one person, at a strange hour, or pinned elsewhere as well."""
    for visit in rng.sample(document["visits"], rng.randint(1, 2)):
        person = rng.choice(document["technicians"])["id"]
        visit["started"] = {"technician": person, "start": rng.choice([0, 30_000, 50_000, 10**6])}
        if rng.random() < 0.3:
            visit["pinned"] = {"technician": rng.choice(document["technicians"])["id"]}


def links(rng: random.Random, document: Document) -> None:
    """Precedences in a circle, ties that contradict each other, gaps nobody can keep."""
    a, b = (visit["id"] for visit in rng.sample(document["visits"], 2))
    what = rng.randrange(4)
    if what == 0:
        document["precedences"] = [{"before": a, "after": b}, {"before": b, "after": a}]
    elif what == 1:
        gap = rng.choice([0, 60, 86_400, 10**6])
        document["precedences"] = [{"before": a, "after": b, "least_gap": gap, "most_gap": gap}]
    elif what == 2:
        document["ties"] = [{"kind": kind, "visits": [a, b]} for kind in ("same", "different")]
    else:
        document["ties"] = [{"kind": "same", "visits": [a, rng.choice([a, "nobody"])]}]


def crews(rng: random.Random, document: Document) -> None:
    """Crews larger than there are people, or with gaps nobody can keep."""
    low, high = rng.choice([(0, 0), (600, 0), (10**6, 10**6), (0, 3600)])
    more = [{"gap_least": low, "gap_most": high}] * rng.choice([1, 2, 6, 60])
    visit = rng.choice(document["visits"])
    visit["needs"] = [*visit.get("needs", [{}]), *more]


def hours(rng: random.Random, document: Document) -> None:
    """Shifts, breaks and windows that are empty, overlap or lie outside."""
    shift = rng.choice(rng.choice(document["technicians"])["shifts"])
    visit = rng.choice(document["visits"])
    what = rng.randrange(5)
    if what == 0:
        shift["start"], shift["end"] = shift["end"], shift["start"]
    elif what == 1:
        shift["breaks"] = [{"earliest": 40_000, "latest": 30_000, "duration": 60}] * 2
    elif what == 2:
        rest = {"earliest": 0, "latest": 80_000, "duration": rng.choice([0, 60, 10**5])}
        shift["breaks"] = [rest] * rng.choice([1, 3, 12])
    elif what == 3:
        visit["windows"] = [{"start": 50_000, "end": 40_000}]
    else:
        visit["windows"] = [{"start": k, "end": k} for k in range(30_000, 30_060)]


MISHAPS: tuple[Callable[[random.Random, Document], None], ...] = (
    *(junk, gone, unknown_field, crossed, other_number, other_number, other_list, other_matrix),
    *(same_names, pins, pins, begun, begun, links, links, crews, crews, hours, hours),
)
