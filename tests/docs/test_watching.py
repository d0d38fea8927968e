"""Alert rules and the page about them speak of figures that there are, and of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dispatch.telemetry import metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "docker" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
NAME = re.compile(r"\bdispatch_[a-z_]+[a-z]\b")
LABEL = re.compile(r"(dispatch_[a-z_]+)\{(\w+)=\"(\w+)\"\}")
_PARTS = ("", "_bucket", "_count", "_sum")


def names() -> Iterator[str]:
    """Every name that a query may hold."""
    for each in metrics.REGISTRY.collect():
        if each.type == "counter":
            yield f"{each.name}_total"
        elif each.type == "histogram":
            yield from (f"{each.name}{part}" for part in _PARTS)
        else:
            yield each.name


def labels_of(name: str) -> tuple[str, ...]:
    base = re.sub("_(bucket|count|sum|total)$", "", name)
    for collector in vars(metrics).values():
        if getattr(collector, "_name", None) == base:
            return collector._labelnames
    raise AssertionError(name)


def test_rules_ask_for_figures_and_labels_that_there_are() -> None:
    known = set(names())
    for rule in RULES:
        asked = set(NAME.findall(rule["expr"]))
        assert asked <= known, rule["alert"]
        assert asked or rule["alert"] == "DispatchDown"
        for name, label, _ in LABEL.findall(rule["expr"]):
            assert label in labels_of(name), rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_page_explains_every_rule_and_names_no_other_figure() -> None:
    explained = re.findall(r"^\| `(Dispatch\w+)` \|", PAGE, re.MULTILINE)
    assert explained == [rule["alert"] for rule in RULES]
    assert set(NAME.findall(PAGE)) <= set(names())


def test_values_of_labels_are_those_that_are_counted() -> None:
    source = "".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.py")))
    for rule in RULES:
        for _, _, value in LABEL.findall(rule["expr"]):
            assert f'"{value}"' in source, (rule["alert"], value)
