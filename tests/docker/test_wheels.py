"""The wheels hold everything the service reads while it runs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tools.check_tree import tracked_files

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("project", "source"), [(".", "src/"), ("solver", "solver/src/")])
def test_a_wheel_holds_code_and_data(tmp_path: Path, project: str, source: str):
    [wheel] = WheelBuilder(str(ROOT / project)).build(directory=str(tmp_path))
    with zipfile.ZipFile(wheel) as packed:
        inside = set(packed.namelist())
    expected = {path.removeprefix(source) for path in tracked_files() if path.startswith(source)}
    assert any(path.endswith(".py") for path in expected)
    assert {path for path in expected if (ROOT / source / path).exists()} <= inside
