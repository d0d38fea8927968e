"""Technician days by number: same kind and seed, same day, on every machine.

Where the figures come from. A visit's place, trade, length, level and window are drawn as is usual
for instances of technician routing: 7.6 visits a head of 36 to 72 minutes by trade, a third of the
customers there all day, the others for half a day or two hours, one job in ten for seniors; travel
is 1.3 times the straight line at 32 km/h and two minutes to park. These, the crews (one job in
twelve), the lunch break and the fair share of 7.5 h are assumptions, not measurements. Measured are
the bursts: hourly counts of 14,277 municipal repair requests vary 31 times as much as chance would
have them, and so do counts of geometric bursts of mean 16 (twice the mean less one); two visits in
five come in such bursts, the others singly.
"""

from dataclasses import dataclass, fields

import numpy as np

from benchmarks.dice import Dice
from dispatch_solver import (
    Break,
    Need,
    Problem,
    Shift,
    Technician,
    TravelMatrix,
    Visit,
    Weights,
    Window,
)

HOUR = 3600
OPEN, CLOSE = 8 * HOUR, 17 * HOUR
TRADES = ("electrical", "plumbing", "carpentry", "hvac", "appliances")
ASKED = (0.30, 0.25, 0.20, 0.15, 0.10)
KNOWN = (0.28, 0.24, 0.20, 0.16, 0.12)
MINUTES = (42, 54, 60, 36, 72)
# Twenty equal shares of a lognormal distribution with sigma 0.35.
SPREAD = (
    *(0.50, 0.60, 0.67, 0.72, 0.77, 0.81, 0.85, 0.89, 0.93, 0.98),
    *(1.02, 1.07, 1.12, 1.17, 1.23, 1.30, 1.39, 1.50, 1.66, 1.99),
)
SIDE_KM = {20: 22, 50: 25, 100: 28, 500: 45}
BUILDINGS = 40
SENIOR = 3
FAIR_SHARE = 27_000
LUNCH = Break(41_400, 48_600, 1_800)
BURST_SHARE, BURST_MEAN = 0.4, 16.0
# What leaving out costs against a second of travel: one unit of tier 1 is an hour.
UNSERVED = {1: 1.0, 2: 2.0, 3: 4.0, 4: 10.0}

Points = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayKind:
    """What kind of day; `estates` above 0 puts all visits into so many groups of buildings."""

    technicians: int
    lunch: bool = False
    crews: bool = False
    balance: bool = False
    windows: bool = False
    bursts: bool = False
    estates: int = 0
    visits_each: float = 7.6

    @property
    def name(self) -> str:
        """For tables and files: size, then what is special."""
        flags = ("lunch", "crews", "balance", "windows", "bursts", "estates")
        told = [f.name for f in fields(self) if f.name in flags and getattr(self, f.name)]
        return "-".join([str(self.technicians), *told])


def day(kind: DayKind, seed: int) -> Problem:
    """One day of the kind. Seconds from midnight, metres; weights: travel, and balance if asked.

    Options change only what they name: with and without lunch the same visits are to be done.
    """
    land = _Estates(kind, seed) if kind.estates else _Country(kind, seed)
    count = round(kind.technicians * kind.visits_each)
    technicians = [_technician(kind, seed, i, land) for i in range(kind.technicians)]
    visits = [_visit(kind, seed, i, land) for i in range(count)]
    if kind.bursts:
        visits = _with_bursts(seed, visits, land)
    matrix = _matrix(land.points)
    return Problem(
        places=tuple(f"p{i}" for i in range(len(land.points))),
        travel={"car": matrix},
        technicians=tuple(technicians),
        visits=tuple(visits),
        weights=Weights(unserved=dict(UNSERVED), skill_waste_level=0.0),
    )


class _Country:
    """Homes all over a square, more than half of them around centres; bases anywhere."""

    def __init__(self, kind: DayKind, seed: int) -> None:
        dice = Dice(seed, kind.technicians, "country")
        side = 1000 * next((km for size, km in SIDE_KM.items() if kind.technicians <= size), 45)
        self.side, self.first_base = side, round(kind.technicians * kind.visits_each)
        centres = [(dice.below(side), dice.below(side)) for _ in range(_centres(kind))]
        self.points: Points = []
        for _ in range(self.first_base):
            x, y = centres[dice.below(len(centres))]
            near = (round(x + dice.bell() * side / 18), round(y + dice.bell() * side / 18))
            anywhere = (dice.below(side), dice.below(side))
            self.points.append(near if dice.chance(0.55) else anywhere)
        self.points += [(dice.below(side), dice.below(side)) for _ in range(kind.technicians)]

    def of_visit(self, visit: int) -> tuple[int, str | None]:
        return visit, None

    def of_technician(self, technician: int) -> tuple[int, tuple[str, ...]]:
        return self.first_base + technician, ()


class _Estates:
    """Estates of buildings within 800 m; a technician serves the nearest three of them."""

    def __init__(self, kind: DayKind, seed: int) -> None:
        dice = Dice(seed, kind.technicians, "estates")
        self.dice, self.count, self.side = dice, kind.estates, 45_000
        self.gates = [(dice.below(self.side), dice.below(self.side)) for _ in range(kind.estates)]
        self.points: Points = []
        for x, y in self.gates:
            self.points.append((x, y))
            self.points += [
                (x + dice.below(1600) - 800, y + dice.below(1600) - 800) for _ in range(BUILDINGS)
            ]

    def of_visit(self, visit: int) -> tuple[int, str | None]:
        estate = visit % self.count
        building = 1 + self.dice.below(BUILDINGS)
        return estate * (BUILDINGS + 1) + building, f"s{estate}"

    def of_technician(self, technician: int) -> tuple[int, tuple[str, ...]]:
        base = technician % self.count
        x, y = self.gates[base]
        far = sorted(range(self.count), key=lambda e: _squared(self.gates[e], (x, y)))
        return base * (BUILDINGS + 1), tuple(f"s{estate}" for estate in far[:3])


def _centres(kind: DayKind) -> int:
    return max(4, kind.technicians // 8)


def _squared(a: tuple[int, int], b: tuple[int, int]) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _technician(kind: DayKind, seed: int, i: int, land: _Country | _Estates) -> Technician:
    dice = Dice(seed, kind.technicians, "technician", i)
    place, sites = land.of_technician(i)
    start = OPEN if dice.chance(0.8) else OPEN - HOUR
    known = set(range(len(TRADES))) if _all_round(kind, i) else _trades(dice)
    level = SENIOR if dice.chance(0.35) or _all_round(kind, i) else SENIOR - 1
    shift = Shift(
        "day",
        start,
        min(start + 9 * HOUR, CLOSE),
        f"p{place}",
        f"p{place}",
        breaks=(LUNCH,) if kind.lunch else (),
        fair_share=FAIR_SHARE if kind.balance else None,
    )
    return Technician(f"t{i}", (shift,), {TRADES[t]: level for t in sorted(known)}, sites=sites)


def _all_round(kind: DayKind, i: int) -> bool:
    """Two who can do everything (per estate), so that no visit and no crew lacks people."""
    return i < 2 * max(1, kind.estates)


def _trades(dice: Dice) -> set[int]:
    wanted = 1 + dice.pick((0.25, 0.45, 0.30))
    known: set[int] = set()
    while len(known) < wanted:
        known.add(dice.pick(KNOWN))
    return known


def _visit(kind: DayKind, seed: int, i: int, land: _Country | _Estates) -> Visit:
    dice = Dice(seed, kind.technicians, "visit", i)
    place, site = land.of_visit(i)
    trade = dice.pick(ASKED)
    minutes = MINUTES[trade] * SPREAD[dice.below(len(SPREAD))]
    need = Need({TRADES[trade]: SENIOR if dice.chance(0.1) else 1})
    windows = _windows(dice)
    priority = 1 + dice.pick((0.35, 0.35, 0.2, 0.1))
    crew = dice.chance(1 / 12)
    several = dice.chance(1 / 3)
    return Visit(
        f"v{i}",
        f"p{place}",
        duration=60 * min(120, max(15, 5 * int(minutes / 5 + 0.5))),
        windows=_several(dice) if kind.windows and several else windows,
        needs=(need, Need({TRADES[trade]: 1})) if kind.crews and crew else (need,),
        priority=priority,
        site=site,
    )


def _windows(dice: Dice) -> tuple[Window, ...]:
    hour = 8 + dice.below(8)
    kinds = (
        (Window(OPEN, CLOSE),),
        (Window(OPEN, 12 * HOUR),),
        (Window(12 * HOUR, CLOSE),),
        (Window(hour * HOUR, min(CLOSE, (hour + 2) * HOUR)),),
        (Window(OPEN, 10 * HOUR), Window(15 * HOUR, CLOSE)),
    )
    return kinds[dice.pick((0.35, 0.23, 0.20, 0.17, 0.05))]


def _several(dice: Dice) -> tuple[Window, ...]:
    """Two or three hours of the day, an hour or more apart."""
    first = 8 + dice.below(2)
    starts = [first, first + 3, first + 6][: 2 + dice.below(2)]
    return tuple(Window(h * HOUR, (h + 1) * HOUR) for h in starts)


def _with_bursts(seed: int, visits: list[Visit], land: _Country | _Estates) -> list[Visit]:
    """Turn a share of the visits into bursts: one trade, one hour, and places near each other."""
    dice = Dice(seed, len(visits), "bursts")
    spots = np.array([land.points[int(v.place[1:])] for v in visits], dtype=np.int64)
    free = np.ones(len(visits), bool)
    left = round(BURST_SHARE * len(visits))
    out = list(visits)
    while left > 0:
        size = min(left, dice.run_length(BURST_MEAN))
        seat = int(np.flatnonzero(free)[dice.below(int(free.sum()))])
        far = ((spots - spots[seat]) ** 2).sum(axis=1)
        far[~free] = np.iinfo(np.int64).max
        near = np.argsort(far, kind="stable")[:size]
        trade, reported = TRADES[dice.pick(ASKED)], OPEN + 300 * dice.below(60)
        for i in (int(n) for n in near):
            out[i] = _in_burst(visits[i], trade, reported)
        free[near] = False
        left -= size
    return out


def _in_burst(visit: Visit, trade: str, reported: int) -> Visit:
    return Visit(
        visit.id,
        visit.place,
        visit.duration,
        windows=(Window(reported, CLOSE),),
        release=reported,
        needs=tuple(Need({trade: min(need.skills.values())}) for need in visit.needs),
        priority=visit.priority,
        site=visit.site,
    )


def _matrix(points: Points) -> TravelMatrix:
    """Whole coordinates and correctly rounded roots: the same numbers on every machine."""
    xy = np.array(points, dtype=np.int64)
    metres = np.empty((len(xy), len(xy)), np.int64)
    seconds = np.empty_like(metres)
    # Row by row: thousands of places squared would fill the memory with what lies between.
    for i, here in enumerate(xy):
        line = np.sqrt(((xy - here) ** 2).sum(axis=1))
        metres[i] = np.floor(1.3 * line + 0.5)
        # 32 km/h is 80 m in 9 s.
        seconds[i] = (metres[i] * 9 + 40) // 80 + 120 * (metres[i] > 50)
    return TravelMatrix(seconds, metres)
