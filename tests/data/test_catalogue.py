"""The shipped category tree is whole: what it promises to triage, every leaf keeps (TRI-1)."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from dispatch.domain.technicians import LEVELS
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.services.catalogue import (
    category_group,
    default_categories,
    default_guides,
    default_trades,
)

GROUPS = default_categories()
LEAVES = tuple(chain.from_iterable(group.children for group in GROUPS))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_codes_are_unique() -> None:
    codes = [node.code for node in (*GROUPS, *LEAVES)]
    assert sorted(codes) == sorted(set(codes))
    trades = [trade.code for trade in default_trades()]
    assert sorted(trades) == sorted(set(trades))


def test_the_tree_is_about_as_large_as_promised() -> None:
    assert len(GROUPS) == 12
    assert 55 <= len(LEAVES) <= 75


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_every_leaf_has_all_that_triage_needs(leaf) -> None:
    assert leaf.trade in {trade.code for trade in default_trades()}
    assert leaf.level in LEVELS
    assert 10 * 60 <= leaf.duration_s <= 8 * 3600
    assert 1 <= leaf.crew_size <= 4
    assert isinstance(leaf.priority, Priority)
    assert isinstance(leaf.area, Area)
    assert leaf.children == ()


def test_groups_carry_no_work_of_their_own() -> None:
    for group in GROUPS:
        assert group.children
        assert (group.trade, group.level, group.duration_s, group.priority) == (None,) * 4


def test_everything_is_named_in_both_languages() -> None:
    for node in (*GROUPS, *LEAVES, *default_trades()):
        assert CHINESE.search(node.name_zh), node.code
        assert node.name_en.isascii(), node.code
        assert node.name_en.strip(), node.code


def test_dangers_are_emergencies() -> None:
    dangers = {leaf.code for leaf in LEAVES if leaf.is_danger}
    assert dangers >= {"gas_leak", "lift_trapped", "pipe_burst", "exposed_wire", "fire_smoke"}
    assert all(leaf.priority is Priority.EMERGENCY for leaf in LEAVES if leaf.is_danger)


def test_every_trade_of_a_leaf_with_a_certificate_is_the_laws() -> None:
    certified = {trade.code for trade in default_trades() if trade.needs_certificate}
    assert certified == {"electrical", "hvac", "lift", "fire_safety", "gas"}


def test_a_leaf_without_a_trade_is_refused() -> None:
    leaf = {"code": "x", "zh": "某", "en": "x", "minutes": 30}
    with pytest.raises(KeyError, match="trade"):
        category_group({"code": "g", "zh": "组", "en": "g", "leaves": [leaf]})


@pytest.mark.rule("TRI-4")
def test_guides_are_for_known_leaves_in_both_languages_and_never_for_dangers() -> None:
    leaves = {leaf.code: leaf for leaf in LEAVES}
    assert len(default_guides()) >= 10
    for code, guide in default_guides().items():
        assert not leaves[code].is_danger
        assert CHINESE.search(guide["zh"]), code
        assert guide["en"].isascii(), code
