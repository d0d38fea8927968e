"""The contract that keeps a package pure."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from tools.contracts import PureContract


@pytest.mark.parametrize(
    ("source", "broken"),
    [
        ("from example.rules import clocks\nimport enum, datetime, collections.abc", None),
        ("import pathlib", "pathlib"),
        ("def f():\n    import random", "random"),
        ("from example import store", "example.store"),
        ("import sqlalchemy.orm", "sqlalchemy"),
    ],
)
def test_a_pure_package_imports_itself_and_what_only_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, broken: str | None
):
    rules = tmp_path / "example" / "rules"
    rules.mkdir(parents=True)
    for path in (rules.parent / "__init__.py", rules.parent / "store.py", rules / "__init__.py"):
        path.touch()
    (rules / "clocks.py").touch()
    (rules / "tickets.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    graph = grimp.build_graph("example", include_external_packages=True, cache_dir=None)
    contract = PureContract(
        name="", session_options={}, contract_options={"package": "example.rules"}
    )
    checked = contract.check(graph, verbose=False)
    assert checked.kept is (broken is None)
    expected = [] if broken is None else [("example.rules.tickets", broken)]
    assert checked.metadata["broken"] == expected
