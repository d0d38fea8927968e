"""The pinned requirement lists: made anew by `make lock`, checked by `make check`.

`requirements.txt` is what runs the service with all its extras (and builds the two distributions,
which pip installs without isolation); `requirements-dev.txt` adds what tests and checks need,
`requirements-bench.txt` the peers of the optimizer's benchmark, `requirements-fuzz.txt` the fuzzer
of `make fuzz`. Each pins every package with the
hashes of all its files, for Linux and macOS and every supported Python, and names no address: where
packages come from is the machine's affair.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = ("pyproject.toml", "solver/pyproject.toml")
OWN = {"dispatch", "dispatch-solver"}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A list and the dependency groups of pyproject.toml that it holds beside the runtime."""

    path: str
    groups: tuple[str, ...]


LOCKS = (
    Lock(path="requirements.txt", groups=("build",)),
    Lock(path="requirements-dev.txt", groups=("dev",)),
    Lock(path="requirements-bench.txt", groups=("build", "bench")),
    Lock(path="requirements-fuzz.txt", groups=("build", "fuzz")),
)


@dataclass(kw_only=True)
class Pin:
    """One pinned package: its versions (several where platforms differ) and number of hashes."""

    versions: set[str]
    hashes: int = 0


def compile_lock(lock: Lock, *, upgrade: bool) -> None:
    """Resolve a list anew with uv; without `upgrade`, pins that still fit are kept."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "pyproject.toml"]
    command += [part for group in lock.groups for part in ("--group", group)]
    command += ["--all-extras", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-header", "--quiet"]
    command += [part for name in OWN for part in ("--no-emit-package", name)]
    # One version of each package in all lists: each is resolved within those before it.
    for earlier in LOCKS[: LOCKS.index(lock)]:
        command += ["--constraint", earlier.path]
    command += ["--upgrade"] * upgrade + ["--output-file", lock.path]
    subprocess.run(command, cwd=ROOT, check=True)


def read_pins(text: str) -> dict[str, Pin]:
    """Return the pins of a list by canonical name."""
    pins: dict[str, Pin] = {}
    current: Pin | None = None
    for line in text.splitlines():
        if match := _PIN.match(line):
            current = pins.setdefault(canonicalize_name(match["name"]), Pin(versions=set()))
            current.versions.add(match["version"])
        elif "--hash=" in line and current is not None:
            current.hashes += 1
    return pins


def wanted(lock: Lock, root: Path = ROOT) -> Iterator[Requirement]:
    """Yield what the projects' files ask of a list, without our own two distributions."""
    service, solver = (tomllib.loads((root / path).read_text()) for path in PROJECTS)
    groups = [_group(service["dependency-groups"], name) for name in lock.groups]
    extras = service["project"].get("optional-dependencies", {}).values()
    asked = [
        service["project"]["dependencies"],
        solver["project"]["dependencies"],
        *extras,
        *groups,
    ]
    for requirement in (Requirement(text) for texts in asked for text in texts):
        if canonicalize_name(requirement.name) not in OWN:
            yield requirement


def faults(lock: Lock, text: str, requirements: Iterable[Requirement]) -> Iterator[str]:
    """Yield what is wrong with a list: missing or unfit pins, missing hashes, addresses."""
    pins = read_pins(text)
    for requirement in requirements:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"{lock.path}: {requirement} is not pinned"
        elif not any(requirement.specifier.contains(Version(v)) for v in pin.versions):
            yield f"{lock.path}: {requirement} is pinned to {', '.join(sorted(pin.versions))}"
    for name, pin in pins.items():
        if not pin.hashes:
            yield f"{lock.path}: {name} has no hash"
    if "://" in text or "--index-url" in text or "--find-links" in text:
        yield f"{lock.path}: names an address"


def differences(texts: Iterable[str]) -> Iterator[str]:
    """Yield the packages that two lists pin to different versions."""
    first, second = (read_pins(text) for text in texts)
    for name in first.keys() & second.keys():
        if first[name].versions != second[name].versions:
            yield f"{name}: the lists differ"
    for name in first.keys() - second.keys():
        yield f"{name}: only in the first list"


def check() -> list[str]:
    """Return every fault of the lists as they are."""
    missing = [f"{lock.path}: missing" for lock in LOCKS if not (ROOT / lock.path).exists()]
    if missing:
        return missing
    texts = [(ROOT / lock.path).read_text() for lock in LOCKS]
    found = [
        fault
        for lock, text in zip(LOCKS, texts, strict=True)
        for fault in faults(lock, text, wanted(lock))
    ]
    for text in texts[1:]:
        found += differences([texts[0], text])
    return found


def main() -> int:
    """Check the lists, or make them anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only tell what is wrong")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    if not options.check:
        for lock in LOCKS:
            compile_lock(lock, upgrade=options.upgrade)
    found = check()
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        print("`make lock` pins them anew", file=sys.stderr)
    return 1 if found else 0


def _group(groups: dict[str, list[str | dict[str, str]]], name: str) -> list[str]:
    texts: list[str] = []
    for entry in groups[name]:
        texts += [entry] if isinstance(entry, str) else _group(groups, entry["include-group"])
    return texts


if __name__ == "__main__":
    sys.exit(main())
