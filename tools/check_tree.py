"""What must not be in the tree: machine paths, registry hosts, large files."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 1_000_000
LARGE_FILES: frozenset[str] = frozenset()
LOCKS = re.compile(r"(^|/)(requirements[\w-]*\.txt|package-lock\.json|uv\.lock|.*\.lock)$")

_MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|tmp|root|Users)/[\w.]")
_REGISTRY = re.compile(r"\b(?:pypi\.(?:org|python)|pythonhosted\.org|registry\.(?:npmjs|yarnpkg))")
_ADDRESS = re.compile(r"\w+://")
# Where to give money to a package's authors; nothing is fetched from there.
_FUNDING = re.compile(r'^\s*(?:"(?:url|funding)": )?"https?://[^"]*",?$')


def faults(path: str, content: bytes) -> Iterator[str]:
    """Yield what is wrong with one file, by line where there is one."""
    if len(content) > MOST_BYTES and path not in LARGE_FILES:
        yield f"{path}: {len(content):,} bytes; at most {MOST_BYTES:,}"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if _MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path of one machine"
        if _REGISTRY.search(line):
            yield f"{path}:{number}: a registry's host"
        if LOCKS.search(path) and _ADDRESS.search(line) and not _FUNDING.match(line):
            yield f"{path}:{number}: an address in a lock"


def tracked_files(root: Path = ROOT) -> list[str]:
    """Return what git has or would add, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True)
    return sorted(filter(None, listed.stdout.decode().split("\0")))


def main() -> int:
    """Print every fault; exit 1 when there is one."""
    found = [
        fault
        for path in tracked_files()
        if (ROOT / path).is_file()
        for fault in faults(path, (ROOT / path).read_bytes())
    ]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
