"""Import maps: the shipped ones are whole, a faulty one is told key by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.domain.errors import Code, Refused
from dispatch.services.catalogue import default_categories, default_trades
from dispatch.services.import_maps import load_map, parse_map, shipped_maps
from tests.imports.tables import MAP, campus_map


def test_a_good_map_is_read() -> None:
    mapping = campus_map()
    assert mapping.columns["description"] == ("title", "type")
    assert mapping.columns["external_ref"] == ("id",)
    assert mapping.category_groups[0].children[0].duration_s == 20 * 60


@pytest.mark.parametrize("name", shipped_maps())
def test_every_shipped_map_names_categories_that_its_site_will_have(name: str) -> None:
    mapping = load_map(name)
    groups = (*default_categories(), *mapping.category_groups)
    leaves = {leaf.code: leaf for group in groups for leaf in group.children}
    assert set(mapping.values.category.values()) <= set(leaves)
    codes = [leaf.code for group in groups for leaf in group.children]
    assert len(codes) == len(set(codes))
    trades = {trade.code for trade in default_trades()}
    own = [leaf for group in mapping.category_groups for leaf in group.children]
    assert {leaf.trade for leaf in own} <= trades
    unused = {leaf.code for leaf in own} - set(mapping.values.category.values())
    assert not unused


@pytest.mark.parametrize(
    ("wrong", "right", "key", "words"),
    [
        ('source = "campus"', "", ("source",), "add it"),
        ('source = "campus"', 'source = "campus"\nsauce = 1', ("sauce",), "remove it"),
        ('"Asia/Shanghai"', '"Asia/Suzhou"', ("time", "zone"), "Asia/Shanghai"),
        ('kind = "REPAIR"', 'kind = "FIX"', ("ticket", "kind"), "REPAIR"),
        ('external_ref = "id"', "", ("columns",), "external_ref"),
        ('end_note = "note"', 'ending = "note"', ("columns",), "ending"),
        ('longitude = "lon"', "", ("columns",), "longitude"),
        ('closed_at = "closed"', 'closed_at = ["closed", "due"]', ("columns",), "closed_at"),
        ('app = "APP"', 'app = "PIGEON"', ("values", "channel", "app"), "PHONE"),
        ('done = "CLOSED"', 'done = "DONE"', ("values", "state", "done"), "CLOSED"),
        ('code = "campus"', 'kode = "campus"', ("categories",), "code"),
    ],
)
def test_a_fault_names_its_key_and_what_to_do(
    wrong: str, right: str, key: tuple[str, ...], words: str
) -> None:
    assert wrong in MAP
    with pytest.raises(Refused) as refused:
        parse_map(MAP.replace(wrong, right))
    refusal = refused.value.refusals[0]
    assert refusal.code is Code.BAD_INPUT
    assert refusal.field == ("map", *key)
    assert words in refusal.params["detail"]


def test_words_without_meaning_are_told() -> None:
    text = MAP.replace('open = "OPEN"\ndone = "CLOSED"\nwithdrawn = "CANCELLED"\n', "")
    with pytest.raises(Refused) as refused:
        parse_map(text)
    assert "[values.state]" in refused.value.refusals[0].params["detail"]


def test_several_faults_are_told_at_once() -> None:
    text = MAP.replace('source = "campus"', "").replace('"Asia/Shanghai"', '"Nowhere"')
    with pytest.raises(Refused) as refused:
        parse_map(text)
    assert {refusal.field for refusal in refused.value.refusals} == {
        ("map", "source"),
        ("map", "time", "zone"),
    }


def test_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(Refused) as refused:
        parse_map("name = \nsource = 1")
    assert refused.value.refusals[0].code is Code.FILE_UNREADABLE
    assert "line 1" in refused.value.refusals[0].params["detail"]


def test_an_unknown_name_tells_the_shipped_ones(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        load_map(str(tmp_path / "none.toml"))
    assert refused.value.refusals[0].code is Code.NOT_FOUND
    assert "boston311" in refused.value.refusals[0].allowed


def test_a_map_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "campus.toml"
    path.write_text(MAP, encoding="utf-8")
    assert load_map(str(path)) == campus_map()
