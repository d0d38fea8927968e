"""Records which rules of docs/rules.md the tests of this run proved.

A test names its rules: `@pytest.mark.rule("GRAB-1", "GRAB-2")`. With `--rules-report FILE` the
outcomes are written as `{rule: {"passed": [test ids], "failed": [test ids]}}`. A skipped test
proves nothing. A rule id that the page does not have stops the run.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tools.rules import read_rules

_PROPERTY = "rule"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.addoption("--rules-report", type=Path, help="write which rules the tests proved here")


def pytest_configure(config: pytest.Config) -> None:
    """Listen in the process that hears of every test: the only one, or the workers' head."""
    path = config.getoption("--rules-report")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(RuleReport(path=path))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test's reports carry its rules; they travel between processes."""
    known = read_rules()
    for item in items:
        for mark in item.iter_markers("rule"):
            unknown = [rule for rule in mark.args if rule not in known]
            if unknown or not mark.args:
                raise pytest.UsageError(f"{item.nodeid}: docs/rules.md has no rule {unknown}")
            item.user_properties.extend((_PROPERTY, rule) for rule in mark.args)


class RuleReport:
    """Gathers the outcomes of one run and writes them at its end."""

    def __init__(self, *, path: Path) -> None:
        self.path = path
        self.outcomes: dict[str, str] = {}
        self.rules: dict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test's outcome; a failure in set-up or tear-down outweighs its pass."""
        rules = {str(value) for name, value in report.user_properties if name == _PROPERTY}
        if not rules:
            return
        self.rules[report.nodeid] |= rules
        expected = hasattr(report, "wasxfail")
        if report.failed:
            self.outcomes[report.nodeid] = "failed"
        elif report.passed and report.when == "call" and not expected:
            self.outcomes.setdefault(report.nodeid, "passed")

    def pytest_sessionfinish(self) -> None:
        """Write the file, whole or not at all."""
        results: dict[str, dict[str, list[str]]] = {}
        for test, rules in sorted(self.rules.items()):
            for rule in sorted(rules):
                by_outcome = results.setdefault(rule, {"passed": [], "failed": []})
                if test in self.outcomes:
                    by_outcome[self.outcomes[test]].append(test)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
        draft.replace(self.path)
