"""`dispatch classify`: measuring and building."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.classifying.model import Model
from tests.cli.conftest import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ONE
@pytest.mark.rule("TRI-3")
def test_the_report_tells_accuracy_and_calibration(dispatch: Run) -> None:
    told = dispatch("classify", "report", "--wrong")
    assert told.exit_code == 0, told.output
    for word in ("Right at first", "Among the first 3", "calibration error: 0.0", "0.9–1.0", "zh"):
        assert word in told.output


@ONE
def test_a_file_of_ones_own_is_measured_as_far_as_its_categories_are_known(
    dispatch: Run, tmp_path: Path
) -> None:
    path = tmp_path / "own.csv"
    path.write_text("text,category\n厨房水龙头漏水,tap_leak\n飞船坏了,rocket\n", "utf-8-sig")
    told = dispatch("classify", "report", "--data", path)
    assert told.exit_code == 0, told.output
    assert "1 of 2 rows are left out" in told.output
    assert "100.0%" in told.output

    path.write_text("text,category\n飞船坏了,rocket\n", "utf-8")
    told = dispatch("classify", "report", "--data", path)
    assert told.exit_code == 1
    assert "Use the codes of the categories" in told.output

    path.write_text("a,b\n1,2\n", "utf-8")
    assert dispatch("classify", "report", "--data", path).exit_code == 1


@ONE
@pytest.mark.slow
def test_the_shipped_model_is_built_from_its_phrases(dispatch: Run, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    told = dispatch("classify", "build", "--out", path)
    assert told.exit_code == 0, told.output
    built = Model.from_bytes(path.read_bytes())
    assert built.guess("电梯里有人出不来")[0][0] == "lift_trapped"
