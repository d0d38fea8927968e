"""Fetches the built files of the query page (GraphiQL, React) and puts them into the package.

They travel with the service so that the page works where no other host can be reached. Each file
must have the digest written here; to take a newer version, change both.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "src/dispatch/api/static/graphiql"


@dataclass(frozen=True)
class Vendored:
    """One file of an npm package."""

    package: str
    version: str
    path: str
    name: str
    sha256: str


FILES = (
    Vendored(
        "graphiql",
        "3.9.0",
        "graphiql.min.js",
        "graphiql.min.js",
        "a330a2be1d2389486840a9d0a834767d9083a23f105879e0de54e4fce83d3513",
    ),
    Vendored(
        "graphiql",
        "3.9.0",
        "graphiql.min.css",
        "graphiql.min.css",
        "bdddd50aac5bdb0edd83e5c862ba2fed9db2964e4c75d4655ab62b0a7d5bd730",
    ),
    Vendored(
        "graphiql",
        "3.9.0",
        "LICENSE",
        "LICENSE-graphiql",
        "4b18fbe55c4e8f9169cb702be138f4d858a2dad920c39857204ffdc9c1c9fdc4",
    ),
    Vendored(
        "react",
        "18.3.1",
        "umd/react.production.min.js",
        "react.production.min.js",
        "d949f1c3687aedadcedac85261865f29b17cd273997e7f6b2bfc53b2f9d4c4dd",
    ),
    Vendored(
        "react",
        "18.3.1",
        "LICENSE",
        "LICENSE-react",
        "52412d7bc7ce4157ea628bbaacb8829e0a9cb3c58f57f99176126bc8cf2bfc85",
    ),
    Vendored(
        "react-dom",
        "18.3.1",
        "umd/react-dom.production.min.js",
        "react-dom.production.min.js",
        "35f4f974f4b2bcd44da73963347f8952e341f83909e4498227d4e26b98f66f0d",
    ),
    Vendored(
        "react-dom",
        "18.3.1",
        "LICENSE",
        "LICENSE-react-dom",
        "52412d7bc7ce4157ea628bbaacb8829e0a9cb3c58f57f99176126bc8cf2bfc85",
    ),
)


def archive(package: str, version: str) -> bytes:
    """The package's archive, by the ordinary client."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        (file,) = Path(folder).iterdir()
        return file.read_bytes()


def take(vendored: Vendored, packed: bytes) -> bytes:
    """One file of an archive; stops at a wrong digest."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        member = tar.extractfile(f"package/{vendored.path}")
        if member is None:
            raise SystemExit(f"{vendored.package} has no {vendored.path}")
        content = member.read()
    digest = hashlib.sha256(content).hexdigest()
    if digest != vendored.sha256:
        raise SystemExit(f"{vendored.name}: sha256 is {digest}, not {vendored.sha256}")
    return content


def differing(folder: Path = TARGET) -> list[str]:
    """Names of the files that are missing or not as written here."""
    return [
        vendored.name
        for vendored in FILES
        if not (folder / vendored.name).is_file()
        or hashlib.sha256((folder / vendored.name).read_bytes()).hexdigest() != vendored.sha256
    ]


def main() -> int:
    """Fetches all files, or with `--check` compares those that are there."""
    if "--check" in sys.argv[1:]:
        for name in differing():
            print(f"{name}: missing or changed", file=sys.stderr)
        return 1 if differing() else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    packed: dict[str, bytes] = {}
    for vendored in FILES:
        if vendored.package not in packed:
            packed[vendored.package] = archive(vendored.package, vendored.version)
        (TARGET / vendored.name).write_bytes(take(vendored, packed[vendored.package]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
