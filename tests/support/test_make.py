"""What `make` says to people: its targets, and what a machine lacks."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, check=False
    )


def fake_python(folder: Path, body: str) -> str:
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_help_is_the_default_and_tells_of_every_target_for_people():
    shown = set(re.findall(r"^  make (\S+) +\S", run("make").stdout, re.MULTILINE))
    wanted = {"help", "setup", "demo", "serve", "test", "test-all", "check", "rules", "schema"}
    assert wanted | {"audit", "lock", "clean"} <= shown


@pytest.mark.parametrize(("value", "given"), [("", False), ("0", False), ("1", True)])
def test_demo_once_is_passed_on(value: str, given: bool):
    shown = run("make", "--dry-run", "--no-print-directory", "demo", f"DEMO_ONCE={value}")
    assert shown.returncode == 0, shown.stderr
    last = shown.stdout.splitlines()[-1].split()
    assert last[1:] == (["demo", "--once"] if given else ["demo"])


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ('case "$*" in *version_info*) exit 1;; *) echo Python 3.9.2;; esac', "is too old"),
        ('case "$*" in *ensurepip*|*virtualenv*) exit 1;; esac', "apt install python3-venv"),
    ],
)
def test_a_machine_that_lacks_something_is_told_what_to_do(tmp_path: Path, body: str, advice: str):
    python = fake_python(tmp_path, body)
    done = run("sh", "tools/make_venv.sh", str(tmp_path / "venv"), PYTHON=python)
    assert done.returncode == 1
    assert advice in done.stderr


def test_a_python_that_is_not_there_is_told():
    done = run("sh", "tools/make_venv.sh", "unused", PYTHON="no-such-python")
    assert done.returncode == 1
    assert "was not found" in done.stderr


def test_without_venv_virtualenv_does(tmp_path: Path):
    folder = tmp_path / "venv"
    body = 'case "$*" in *ensurepip*) exit 1;; "-m virtualenv"*) echo "$@" > "$0.ran";; esac'
    done = run("sh", "tools/make_venv.sh", str(folder), PYTHON=fake_python(tmp_path, body))
    assert done.returncode == 0
    assert (tmp_path / "python3.ran").read_text().split()[-1] == str(folder)
