"""Which rules of docs/rules.md do the tests prove? Behind `make rules`.

Prints each rule that no passing test carries (id, then its text in short) and `covered N of M`.
A rule is carried when a test marked with it passed and none marked with it failed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "docs" / "rules.md"
RESULTS = ROOT / ".rules" / "results.json"
WATCHED = ("src", "solver", "tests", "docs/rules.md", "pyproject.toml")
WIDTH = 100

_ROW = re.compile(r"^\|\s*([A-Z]{3,4}-\d+)\s*\|\s*(.+?)\s*\|\s*$", re.MULTILINE)


def read_rules(page: Path = RULES) -> dict[str, str]:
    """Return each rule's text by its id, in the page's order."""
    rows: list[tuple[str, str]] = _ROW.findall(page.read_text(encoding="utf-8"))
    rules = dict(rows)
    if len(rules) != len(rows):
        raise ValueError(f"{page.name} has a rule id twice")
    return rules


def carried(results: Mapping[str, Mapping[str, Iterable[str]]]) -> set[str]:
    """Return the ids proven by results that map a rule to its tests by outcome."""
    return {rule for rule, by in results.items() if by.get("passed") and not by.get("failed")}


def is_fresh(results: Path = RESULTS, watched: Iterable[Path] | None = None) -> bool:
    """Tell whether the results are newer than every file they speak of."""
    if not results.exists():
        return False
    written = results.stat().st_mtime
    places = [ROOT / name for name in WATCHED] if watched is None else watched
    return all(file.stat().st_mtime <= written for place in places for file in _files(place))


def report(rules: Mapping[str, str], proven: set[str]) -> list[str]:
    """Return the lines to print: what is not proven, and the sum."""
    open_rules = [rule for rule in rules if rule not in proven]
    lines = [_short(f"{rule} {rules[rule]}") for rule in open_rules]
    return [*lines, f"covered {len(rules) - len(open_rules)} of {len(rules)}"]


def main() -> int:
    """Run the marked tests where their results are out of date, and print the report."""
    if not is_fresh():
        command = [sys.executable, "-m", "pytest", "-q", "-m", "rule", "-n", "2"]
        # Progress goes to the error stream: what is printed is the report alone.
        subprocess.run(
            [*command, f"--rules-report={RESULTS}"], cwd=ROOT, stdout=sys.stderr, check=False
        )
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    print("\n".join(report(read_rules(), carried(results))))
    return 0


def _files(place: Path) -> Iterable[Path]:
    if place.is_file():
        return [place]
    return (file for file in place.rglob("*") if file.suffix in {".py", ".toml", ".json", ".sql"})


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1].rstrip()}…"


if __name__ == "__main__":
    sys.exit(main())
