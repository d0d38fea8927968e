"""Tables for people: medians, ratios to the best peer, and where we lose."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.arenas import ARENAS, Case
from benchmarks.isolate import Run
from benchmarks.summary import BAR, OURS, Cell, Pair, Row, losses, mean_gap, pairs


def show(console: Console, cases: Sequence[Case], runs: Sequence[Run], table: list[Row]) -> None:
    """Print a table per kind of instance, then what they come to."""
    for arena in ARENAS:
        some = [row for row in table if row.arena == arena]
        if some:
            console.print(_table(arena, some))
            _notes(console, some)
    _verdict(console, pairs(cases, runs))


def _table(arena: str, some: Sequence[Row]) -> Table:
    names = list(dict.fromkeys(name for row in some for name in row.cells))
    known = any(row.best_known for row in some)
    out = Table(title=f"{arena}: median value (visits left out)", title_justify="left")
    out.add_column("case")
    for heading in ("s", *names, "best peer", "ratio"):
        out.add_column(heading, justify="right")
    for row in some:
        cells = [_figure(row, name) for name in names]
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        style = "red" if row.ratio is not None and row.ratio > 1.0 else "green"
        marked = f"[{style}]{ratio}[/]" if ratio else ""
        out.add_row(row.case, f"{row.seconds:g}", *cells, row.best_peer or "", marked)
    if known:
        gaps = [mean_gap(some, name) for name in names]
        out.add_section()
        told = ["" if gap is None else f"{gap:+.2f} %" for gap in gaps]
        out.add_row("mean gap to best known", "", *told, "", "")
    return out


def _figure(row: Row, name: str) -> str:
    cell = row.cells.get(name)
    if cell is None:
        return ""
    if cell.value is None:
        return "skipped" if cell.skipped else "late" if cell.late else "none"
    star = ("*" if cell.blind else "") + ("†" if cell.late else "")
    short = f" {cell.counted}/{cell.runs}" if cell.counted < cell.runs else ""
    gap = row.gap(name)
    if gap is not None:
        return f"{cell.value:,.1f}{star} {gap:+.2f} %{short}"
    if row.arena == "bound":
        return f"{cell.value:.2f} % ({cell.left_out:g}){short}"
    return f"{cell.value:,.0f}{star} ({cell.left_out:g}){short}"


def _notes(console: Console, some: Sequence[Row]) -> None:
    """Each reason once, with the cases it holds for."""
    reasons: dict[str, list[str]] = {}
    for row in some:
        for name, cell in row.cells.items():
            for text in _of_cell(cell):
                reasons.setdefault(f"{name} {text}", []).append(row.case)
    for text, where in reasons.items():
        console.print(f"  {text} ({', '.join(where)})", style="dim", highlight=False)


def _of_cell(cell: Cell) -> list[str]:
    notes = []
    if cell.why is not None:
        notes.append(f"{'skipped' if cell.skipped else 'not counted'}: {cell.why}")
    if cell.late and cell.value is not None:
        notes.append(f"† took up to {cell.elapsed_s:.0f} s")
    if cell.blind:
        notes.append(f"* does not see: {', '.join(cell.blind)}")
    return notes


def _verdict(console: Console, found: Sequence[Pair]) -> None:
    ratios = [pair.ratio for pair in found if pair.ratio is not None]
    if ratios:
        within = sum(ratio <= BAR for ratio in ratios)
        ahead = sum(pair.ahead is True for pair in found)
        ranked = sum(pair.ahead is not None for pair in found)
        console.print(
            f"{OURS} against the best peer: at most {BAR:g} of its value on {within} of "
            f"{len(ratios)} pairs of case and seed; ahead tier by tier on {ahead} of {ranked}.",
            highlight=False,
        )
    lost = losses(found)
    if not lost:
        console.print("We lose nowhere that was compared." if ratios else "Nothing was compared.")
        return
    console.print("Where we lose:", style="bold")
    for pair in lost:
        by = "no answer of ours counts" if pair.ratio is None else f"{100 * (pair.ratio - 1):.1f} %"
        console.print(f"  {pair.case}, seed {pair.seed}: to {pair.peer}, {by}", highlight=False)
