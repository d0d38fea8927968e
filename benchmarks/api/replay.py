"""The statements of one action, taken down and given to `pgbench` to say again and again.

What the action says stands in a script as it was said, with the same values, but for the rows that
it is about: they become variables, another order and another person each time. `pgbench` sends them
prepared, over as many connections, to the same server: what the database alone allows.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.postgres import PostgresServer

Said = tuple[str, Mapping[str, Any]]
_PARAMETER = re.compile(r"%\((\w+)\)s|%%")


@contextmanager
def taken_down(engine: AsyncEngine) -> Iterator[list[Said]]:
    """The statements of the block with their values, in order."""
    said: list[Said] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        # What is said for many rows is said once for each.
        each_row = values if isinstance(values, list) else [values or {}]
        said.extend((statement, dict(row)) for row in each_row)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


def script(said: Sequence[Said], variables: Mapping[int, str]) -> str:
    """The statements as one transaction for `pgbench`; a number among the `variables` that names a
    row is theirs. The row of an assignment that is made is the one of this time."""
    lines = []
    known = dict(variables)
    for statement, values in said:
        text = _with_values(statement, values, known)
        if text.startswith("INSERT INTO assignment "):
            lines.append(f"{text} \\gset made_")
            known[_MADE] = ":made_id::bigint"
        else:
            lines.append(f"{text};")
    return "\n".join(["BEGIN;", *lines, "COMMIT;", ""] if len(lines) > 1 else [*lines, ""])


_MADE = -1
_OF_ASSIGNMENT = re.compile(r"assignment_id")
_OF_ROW = re.compile(
    r"(?!site|organization)"
    r"(?:(ids?|order|person|people|technician)(_\d+)*(__\d+)?$|.*_id(_\d+)?(__\d+)?$)"
)


def _with_values(statement: str, values: Mapping[str, Any], known: Mapping[int, str]) -> str:
    text = " ".join(statement.split())
    return _PARAMETER.sub(lambda found: _written(found, values, known), text)


def _written(found: re.Match[str], values: Mapping[str, Any], known: Mapping[int, str]) -> str:
    if found[1] is None:
        return "%"
    name, value = found[1], values[found[1]]
    if _OF_ASSIGNMENT.match(name) and _MADE in known:
        return known[_MADE]
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "NULL"
    if isinstance(value, int) and _OF_ROW.match(name) and value in known:
        return known[value]
    if isinstance(value, list | tuple):
        items = [
            known.get(each, str(each)) if isinstance(each, int) else _text(each) for each in value
        ]
        return f"ARRAY[{','.join(items)}]"
    if isinstance(value, int | float):
        return str(value)
    return _text(value)


def _text(value: Any) -> str:
    """A literal without a colon, which would begin a variable."""
    if hasattr(value, "obj"):
        value = json.dumps(value.obj)
    if isinstance(value, datetime | date):
        value = value.isoformat()
    escaped = str(value).replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
    return f"E'{escaped}'"


def pgbench(
    postgres: PostgresServer,
    dsn: str,
    text: str,
    *,
    connections: int,
    each: int,
    variables: Mapping[str, int],
) -> float:
    """Scripts a second, by so many connections, `each` so often."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(text, "utf-8")
        command = ["pgbench", "-n", "-f", str(file), "-M", "prepared", "-h", "127.0.0.1"]
        command += ["-p", str(postgres.port), "-U", "postgres", "-c", str(connections), "-j", "1"]
        command += ["-t", str(each), *(f"-D{name}={value}" for name, value in variables.items())]
        done = subprocess.run(
            [*command, dsn.rpartition("/")[2]], capture_output=True, check=False, text=True
        )
    if done.returncode or "failed transactions: 0" not in done.stdout.replace("number of ", ""):
        raise AssertionError(done.stdout + done.stderr)
    [line] = [line for line in done.stdout.splitlines() if "without initial connection" in line]
    return float(line.split()[2])
