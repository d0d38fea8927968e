"""What each suite runs. Sizes and seconds are those of the bars the optimizer is held to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import home_care, vrptw
from benchmarks.arenas import Case
from benchmarks.days import DayKind

VARIANTS: tuple[dict[str, bool], ...] = (
    {},
    {"lunch": True},
    {"lunch": True, "crews": True},
    {"lunch": True, "balance": True},
    {"lunch": True, "windows": True},
    {"lunch": True, "bursts": True},
)
DAY_SECONDS = {20: 20.0, 100: 60.0, 500: 60.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """`cases` takes the folder of published instances; without it only generated days are left."""

    name: str
    seeds: int
    cases: Callable[[Path | None], list[Case]]
    needs_data: bool = False


def _day(seconds: float, kind: DayKind) -> Case:
    return Case(arena="days", name=kind.name, seconds=seconds, kind=kind)


def _days(data: Path | None) -> list[Case]:
    del data
    return [
        _day(seconds, DayKind(technicians=size, **variant))
        for size, seconds in DAY_SECONDS.items()
        for variant in VARIANTS
    ]


def _bound(data: Path | None) -> list[Case]:
    del data
    kinds = [DayKind(technicians=size) for size in (10, 20, 50)]
    kinds.append(DayKind(technicians=20, lunch=True))
    return [Case(arena="bound", name=kind.name, seconds=60.0, kind=kind) for kind in kinds]


def _growth(data: Path | None) -> list[Case]:
    del data
    kind = DayKind(technicians=2500, lunch=True, estates=50, visits_each=8.0)
    return [_day(120.0, kind)]


def _vrptw(data: Path | None) -> list[Case]:
    if data is None:
        return []
    folder = data / "vrptw"
    best = vrptw.best_known(folder)
    return [
        Case(
            arena="vrptw",
            name=path.stem,
            seconds=60.0 if "_" in path.stem else 20.0,
            path=path,
            best_known=best.get(path.stem),
        )
        for path in sorted(folder.glob("*.txt"))
        if "_4_" not in path.stem
    ]


def _home_care(data: Path | None) -> list[Case]:
    if data is None:
        return []
    folder = data / "hhcrsp"
    best = home_care.best_known(folder)
    return [
        Case(
            arena="home-care",
            name=path.stem.removeprefix("Instanz"),
            seconds=60.0,
            path=path,
            best_known=best.get(path.name),
        )
        for path in sorted(folder.glob("*.json"))
    ]


def _quick(data: Path | None) -> list[Case]:
    """Small enough for five minutes on a laptop, yet something of everything."""
    chosen = {"R201": 5.0, "CPLEX_HCSRP_10_1": 4.0, "CPLEX_HCSRP_25_1": 4.0}
    read = [*_vrptw(data), *_home_care(data)]
    return [
        _day(4.0, DayKind(technicians=20)),
        _day(4.0, DayKind(technicians=20, lunch=True, balance=True)),
        _day(8.0, DayKind(technicians=100, lunch=True)),
        *(replace(case, seconds=chosen[case.name]) for case in read if case.name in chosen),
    ]


def _full(data: Path | None) -> list[Case]:
    return [*_days(data), *_growth(data), *_home_care(data), *_vrptw(data)]


SUITES = {
    suite.name: suite
    for suite in (
        Suite(name="quick", seeds=1, cases=_quick),
        Suite(name="days", seeds=3, cases=_days),
        Suite(name="bound", seeds=2, cases=_bound),
        Suite(name="growth", seeds=1, cases=_growth),
        Suite(name="home-care", seeds=1, cases=_home_care, needs_data=True),
        Suite(name="vrptw", seeds=1, cases=_vrptw, needs_data=True),
        Suite(name="full", seeds=1, cases=_full),
    )
}
