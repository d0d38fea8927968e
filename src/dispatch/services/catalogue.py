"""The shipped trades and category tree that new organizations and sites start with (TRI-1)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority


@dataclass(frozen=True, slots=True)
class TradeDefault:
    """A trade; `needs_certificate` where the law asks for one."""

    code: str
    name_zh: str
    name_en: str
    needs_certificate: bool


@dataclass(frozen=True, slots=True)
class CategoryDefault:
    """A node of the tree: a group has children, a leaf has all that triage needs (seconds)."""

    code: str
    name_zh: str
    name_en: str
    trade: str | None = None
    level: int | None = None
    duration_s: int | None = None
    crew_size: int | None = None
    priority: Priority | None = None
    area: Area | None = None
    chargeable: bool = False
    is_danger: bool = False
    children: tuple["CategoryDefault", ...] = ()


@cache
def default_trades() -> tuple[TradeDefault, ...]:
    """The shipped trades, in the order of the file."""
    return tuple(
        TradeDefault(trade["code"], trade["zh"], trade["en"], trade.get("certificate", False))
        for trade in _shipped("trades.toml")["trades"]
    )


@cache
def default_categories() -> tuple[CategoryDefault, ...]:
    """The shipped groups with their leaves, in the order of the file."""
    return tuple(category_group(group) for group in _shipped("categories.toml")["groups"])


def category_group(document: Mapping[str, Any]) -> CategoryDefault:
    """A group and its leaves as the files of the catalogue write them.

    Raises KeyError for a name that is missing, ValueError for a word that is none of its list.
    """
    leaves = tuple(_leaf(leaf) for leaf in document["leaves"])
    return CategoryDefault(document["code"], document["zh"], document["en"], children=leaves)


def _leaf(leaf: Mapping[str, Any]) -> CategoryDefault:
    return CategoryDefault(
        code=leaf["code"],
        name_zh=leaf["zh"],
        name_en=leaf["en"],
        trade=leaf["trade"],
        level=leaf.get("level", 1),
        duration_s=int(leaf["minutes"]) * 60,
        crew_size=leaf.get("crew", 1),
        priority=Priority(leaf.get("priority", "NORMAL")),
        area=Area(leaf.get("area", "IN_HOME")),
        chargeable=leaf.get("chargeable", False),
        is_danger=leaf.get("danger", False),
    )


@cache
def default_guides() -> Mapping[str, Mapping[str, str]]:
    """What a reporter can try themself, by category code and language (`zh`, `en`) (TRI-4)."""
    return _shipped("guides.toml")


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads(files("dispatch").joinpath("data", name).read_text(encoding="utf-8"))
