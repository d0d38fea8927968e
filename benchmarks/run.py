"""`python -m benchmarks.run SUITE`: measure the optimizer beside its peers and keep the result."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import record, report
from benchmarks.arenas import ARENAS, Case
from benchmarks.entrant import Entrant
from benchmarks.isolate import Run, run
from benchmarks.suites import SUITES
from benchmarks.summary import rows

# Into a file or a log: as wide as the widest table.
WIDTH = 150
RESULTS = Path(__file__).parent / "results"


def schedule(
    cases: list[Case], seeds: list[int], only: set[str] | None = None
) -> Iterator[tuple[Case, Entrant, int]]:
    """Every case and seed by all entrants in turn; who begins changes from round to round.

    So whatever else the machine does meets all alike, and nobody always runs first.
    """
    for case in cases:
        entrants = [e for e in ARENAS[case.arena].entrants if only is None or e.name in only]
        for turn, seed in enumerate(seeds):
            first = turn % max(1, len(entrants))
            for entrant in (*entrants[first:], *entrants[:first]):
                yield case, entrant, seed


def main(  # noqa: PLR0917
    suite: Annotated[str, typer.Argument(help=f"One of {', '.join(SUITES)}.")] = "quick",
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with vrptw/ and hhcrsp/.", exists=True, file_okay=False),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.5, help="Instead of the suite's.")] = None,
    only: Annotated[str | None, typer.Option(help="Only cases of such a name, as '20-*'.")] = None,
    entrants: Annotated[str | None, typer.Option(help="Only these, with commas.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the result file.")] = RESULTS,
) -> None:
    """Run a suite interleaved, one thread each; print the table and write the result file."""
    if suite not in SUITES:
        raise typer.BadParameter(f"one of {', '.join(SUITES)}", param_hint="SUITE")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    chosen = SUITES[suite]
    if data is None and chosen.needs_data:
        console.print(f"{suite} needs published instances: give their folder with --data. Skipped.")
        raise typer.Exit
    if data is None:
        console.print("Without --data only generated days are run.", style="dim")
    cases = [case for case in chosen.cases(data) if only is None or fnmatch(case.name, only)]
    if seconds is not None:
        cases = [replace(case, seconds=seconds) for case in cases]
    numbers = list(range(1, (seeds or chosen.seeds) + 1))
    names = None if entrants is None else set(entrants.split(","))
    plan = list(schedule(cases, numbers, names))
    if not plan:
        raise typer.BadParameter("no case and entrant is left to run")
    begun, setting = datetime.now(UTC), record.environment()
    runs = _run_all(console, plan)
    table = rows(cases, runs)
    report.show(console, cases, runs, table)
    found = record.document(
        suite=suite,
        begun=begun,
        seeds=numbers,
        cases=cases,
        runs=runs,
        table=table,
        setting=setting,
    )
    console.print(f"Written to {record.write(out, found)}", highlight=False, soft_wrap=True)


def _run_all(console: Console, plan: list[tuple[Case, Entrant, int]]) -> list[Run]:
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    runs = []
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task("", total=len(plan))
        for case, entrant, seed in plan:
            progress.update(line, description=f"{case.name}, seed {seed}: {entrant.name}")
            try:
                runs.append(run(case, entrant, seed))
            except KeyboardInterrupt:
                # A night's work is worth keeping when somebody wants the machine back.
                console.print(f"Stopped after {len(runs)} of {len(plan)} runs.")
                break
            progress.advance(line)
    return runs


if __name__ == "__main__":
    typer.run(main)
