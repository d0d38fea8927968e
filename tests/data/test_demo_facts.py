"""The demo's facts hang together: communities in Suzhou, people who can do what is reported."""

from __future__ import annotations

import pytest

from dispatch.demo.facts import Draw, facts
from dispatch.domain.policies import parse_policy
from dispatch.domain.rights import Role
from dispatch.services.catalogue import default_categories, default_trades
from tools.demo_communities import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_gcj02

LEAVES = {leaf.code: leaf for group in default_categories() for leaf in group.children}


def test_the_communities_lie_in_suzhou() -> None:
    communities = facts("communities")["communities"]
    assert len(communities) == 8
    for each in communities:
        assert 31.2 < each["latitude"] < 31.4, each["name"]
        assert 120.6 < each["longitude"] < 120.8, each["name"]
    assert len({(each["latitude"], each["longitude"]) for each in communities}) == 8


def test_baidus_point_of_the_gate_of_heavenly_peace_becomes_the_true_one() -> None:
    # Baidu shows 天安门 at 39.91491, 116.40387; on WGS 84 it stands at 39.9072, 116.3913.
    latitude, longitude = bd09_to_wgs84(39.91491, 116.40387)
    assert latitude == pytest.approx(39.9072, abs=0.0003)
    assert longitude == pytest.approx(116.3913, abs=0.0003)


@pytest.mark.parametrize("point", [(31.32, 120.66), (39.9, 116.4), (22.54, 114.05)])
def test_the_inverse_of_chinas_shift_undoes_it(point: tuple[float, float]) -> None:
    shifted = wgs84_to_gcj02(*point)
    assert shifted != pytest.approx(point, abs=0.0005)
    assert gcj02_to_wgs84(*shifted) == pytest.approx(point, abs=1e-7)


def test_twelve_people_of_eight_trades_work_there() -> None:
    people = facts("estate")["technicians"]
    assert len({each["code"] for each in people}) == len(people) == 12
    trades = {trade for each in people for trade in each["skills"]}
    assert len(trades) == 8
    assert trades <= {trade.code for trade in default_trades()}
    assert trades == set(facts("reports")["findings"])
    homes = {each["name"] for each in facts("communities")["communities"]}
    assert {each["home"] for each in people} <= homes


def test_every_role_has_an_account() -> None:
    assert {each["role"] for each in facts("estate")["users"]} == {role.value for role in Role}


def test_what_is_reported_is_in_the_tree_and_somebodys_trade() -> None:
    told = facts("reports")
    trades = {trade for each in facts("estate")["technicians"] for trade in each["skills"]}
    for kind in ("home", "public", "danger"):
        for each in told[kind]:
            assert LEAVES[each["category"]].trade in trades, each
    for each in told["nobody"]:
        assert LEAVES[each["category"]].trade not in trades, each


def test_the_policy_is_one() -> None:
    assert parse_policy(facts("estate")["policy"]).answer_within_s["NORMAL"] == 36000


def test_a_seed_draws_the_same_reports_again() -> None:
    def drawn(seed: str) -> list[str]:
        draw = Draw(seed)
        return [draw.report().words for _ in range(20)]

    assert drawn("1 2026-11-22") == drawn("1 2026-11-22")
    assert drawn("1 2026-11-22") != drawn("1 2026-11-23")
