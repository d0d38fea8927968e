"""From runs to medians and ratios.

A ratio is ours over the best peer's on the same case and seed, both by every rule and ours within
the time; a case's ratio is the median over its seeds. Below 1 we are better.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.arenas import ARENAS, Case
from benchmarks.isolate import Run

OURS = "dispatch"
BAR = 0.90


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One entrant on one case; `value` is None when no run counts, and `why` says why."""

    value: float | None
    left_out: float | None
    counted: int
    runs: int
    skipped: bool
    late: bool
    elapsed_s: float | None
    blind: tuple[str, ...]
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Us against the best peer on one case and seed."""

    case: str
    seed: int
    peer: str | None
    ratio: float | None
    """None where only one side, or none, has an answer that counts."""
    ahead: bool | None
    """By the tiers in their order; None when they cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case with everyone's medians."""

    arena: str
    case: str
    seconds: float
    cells: dict[str, Cell]
    ratio: float | None
    best_peer: str | None
    best_known: float | None

    def gap(self, entrant: str) -> float | None:
        """Per cent above the best known value."""
        value = self.cells[entrant].value if entrant in self.cells else None
        if value is None or not self.best_known:
            return None
        return 100.0 * (value / self.best_known - 1.0)


def rows(cases: Sequence[Case], runs: Sequence[Run]) -> list[Row]:
    """One row per case that was run, in the order of the cases."""
    return [
        _row(case, mine) for case in cases if (mine := [r for r in runs if r.case == case.name])
    ]


def _row(case: Case, runs: Sequence[Run]) -> Row:
    names = [e.name for e in ARENAS[case.arena].entrants if any(r.entrant == e.name for r in runs)]
    cells = {name: _cell([r for r in runs if r.entrant == name]) for name in names}
    ratios = [p.ratio for p in pairs([case], runs) if p.ratio is not None]
    peers = {n: c.value for n, c in cells.items() if n in _peers(case) and c.value is not None}
    return Row(
        arena=case.arena,
        case=case.name,
        seconds=case.seconds,
        cells=cells,
        ratio=median(ratios) if ratios else None,
        best_peer=min(peers, key=peers.__getitem__) if peers else None,
        best_known=case.best_known,
    )


def _peers(case: Case) -> set[str]:
    return {entrant.name for entrant in ARENAS[case.arena].entrants if not entrant.ours}


def _cell(runs: Sequence[Run]) -> Cell:
    counted = [run for run in runs if run.value is not None]
    values = [run.measure for run in counted if run.measure is not None]
    failed = [run for run in runs if run.value is None]
    shown = counted or runs
    return Cell(
        value=median(m.value for m in values) if values else None,
        left_out=median(m.left_out for m in values) if values else None,
        counted=len(counted),
        runs=len(runs),
        skipped=any(run.skipped for run in runs),
        late=any(run.late for run in shown),
        elapsed_s=max((r.elapsed_s for r in shown if r.elapsed_s is not None), default=None),
        blind=runs[0].blind,
        why=_why(failed[0]) if failed else None,
    )


def _why(run: Run) -> str:
    if run.why is not None:
        return run.why
    if run.measure is not None and run.measure.faults:
        return f"breaks rules: {run.measure.faults[0]}"
    return f"late: {run.elapsed_s} s instead of {run.seconds:g}"


def pairs(cases: Sequence[Case], runs: Sequence[Run]) -> list[Pair]:
    """Every case and seed on which at least one peer or we have an answer that counts."""
    found = []
    for case in cases:
        peers = _peers(case)
        for seed in sorted({run.seed for run in runs if run.case == case.name}):
            here = [r for r in runs if (r.case, r.seed) == (case.name, seed)]
            ours = next((r for r in here if r.entrant == OURS and r.value is not None), None)
            others = [r for r in here if r.entrant in peers and r.value is not None]
            best = min(others, key=lambda run: run.value or 0.0, default=None)
            if ours is not None or best is not None:
                found.append(_pair(case.name, seed, ours, best))
    return found


def _pair(case: str, seed: int, ours: Run | None, best: Run | None) -> Pair:
    ratio = ahead = None
    if ours is not None and best is not None:
        if ours.value is not None and best.value:
            ratio = ours.value / best.value
        mine, theirs = (run.measure.tiers if run.measure else None for run in (ours, best))
        ahead = None if mine is None or theirs is None else mine < theirs
    elif best is not None:
        ahead = False
    peer = None if best is None else best.entrant
    return Pair(case=case, seed=seed, peer=peer, ratio=ratio, ahead=ahead)


def mean_gap(table: Sequence[Row], entrant: str) -> float | None:
    """The mean over all cases where the best value is known and the entrant has one."""
    gaps = [gap for row in table if (gap := row.gap(entrant)) is not None]
    return fmean(gaps) if gaps else None


def losses(found: Sequence[Pair]) -> list[Pair]:
    """Where a peer was better, or answered while we did not; the worst first."""
    lost = [p for p in found if p.peer is not None and (p.ratio is None or p.ratio > 1.0)]
    return sorted(lost, key=lambda p: -(p.ratio if p.ratio is not None else float("inf")))
