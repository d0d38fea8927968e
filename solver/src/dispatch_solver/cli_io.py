"""What all commands share: reading files, refusing bad ones, and answers in two forms."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from dispatch_solver.faults import InvalidInput

EXIT_BROKEN = 1
EXIT_INVALID = 2


def load(path: Path) -> Any:
    """The JSON data of a file; ends the command when there is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        fail({"error": f"{path}: {error}"})


def fail(answer: dict[str, Any]) -> NoReturn:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2), err=True)
    raise typer.Exit(EXIT_INVALID)


def refuse(error: InvalidInput) -> NoReturn:
    fail({"faults": [fault.to_json() for fault in error.faults]})


def tell(answer: Any, table: Table, *, as_json: bool) -> None:
    """The table to a person at a terminal, the JSON data to a program."""
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        Console().print(table)


def table_of(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    return table
