"""What the policy asks of an order: the next step, the level, the crew, approval."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.domain.approvals import ApprovalType, Asked, approval_needed
from dispatch.domain.dispatching import step_following
from dispatch.domain.errors import Code, Refused
from dispatch.domain.policies import Policy, parse_policy
from dispatch.domain.seniority import crew_suffices, level_needed
from dispatch.domain.travel import Spot
from dispatch.domain.work_orders import AssignmentStep

_S = AssignmentStep
SITE = Spot(31.30, 120.60)


@pytest.mark.rule("DSP-1")
def test_each_step_is_followed_by_the_next_and_the_last_by_none() -> None:
    policy = Policy()
    walked: list[AssignmentStep | None] = []
    step: AssignmentStep | None = None
    while (step := step_following(policy, step, is_named=True)) is not None:
        walked.append(step)
    assert walked == [_S.DIRECTED, _S.AUTO, _S.GRAB, _S.SUPERVISOR]
    assert step_following(policy, None, is_named=False) is _S.AUTO
    # A step that the policy has lost meanwhile begins it anew.
    assert step_following(policy, _S.VENDOR, is_named=False) is _S.AUTO


@pytest.mark.rule("DSP-1", "GRAB-3")
@pytest.mark.parametrize(
    "ladder", [[], ["DESK"], ["SUPERVISOR", "SUPERVISOR"], "SUPERVISOR", ["NOBODY"]]
)
def test_a_ladder_of_leaders_has_an_end_and_each_can_assign(ladder: Any) -> None:
    with pytest.raises(Refused) as error:
        parse_policy({"dispatching": {"must_assign": ladder}})
    (refusal,) = error.value.refusals
    assert refusal.code is Code.POLICY_INVALID
    assert refusal.field == ("document", "dispatching", "must_assign")


@pytest.mark.rule("DSP-10")
@pytest.mark.parametrize(
    ("job", "level"),
    [
        ({}, 1),
        ({"level": 2}, 2),
        ({"duration_s": 8 * 3600}, 1),
        ({"duration_s": 8 * 3600 + 1}, 3),
        ({"crew_size": 2}, 1),
        ({"crew_size": 3}, 3),
        ({"is_danger": True}, 2),
        ({"is_danger": True, "level": 3}, 3),
    ],
)
def test_large_and_risky_jobs_ask_for_a_level(job: dict[str, Any], level: int) -> None:
    routine = {"level": 1, "duration_s": 3600, "crew_size": 1, "is_danger": False}
    assert level_needed(Policy(), **{**routine, **job}) == level


@pytest.mark.rule("DSP-10")
def test_what_is_large_is_the_sites_to_say() -> None:
    never = parse_policy({"seniority": {"large_duration_s": 30 * 86_400, "large_crew_size": 21}})
    job = {"level": 1, "duration_s": 30 * 86_400, "crew_size": 20, "is_danger": False}
    assert level_needed(never, **job) == 1
    soon = parse_policy({"seniority": {"large_duration_s": 3600, "large_level": 2}})
    assert level_needed(soon, **{**job, "duration_s": 3601, "crew_size": 1}) == 2


@pytest.mark.rule("DSP-10")
@pytest.mark.parametrize(
    ("lead", "helpers", "suffices"),
    [
        (3, [], True),
        (2, [], False),
        (1, [3], True),
        (1, [2, 2], False),
        # Who has not learnt the trade never leads.
        (0, [3], False),
    ],
)
def test_a_junior_leads_beside_a_senior(
    lead: int,
    helpers: list[int],
    suffices: bool,
) -> None:
    crew = {"level": 3, "lead_level": lead, "helper_levels": helpers}
    assert crew_suffices(Policy(), **crew) is suffices
    alone = parse_policy({"seniority": {"pairs": False}})
    assert crew_suffices(alone, **crew) is (lead == 3)


def asked(**given: Any) -> Asked:
    values: dict[str, Any] = {
        "type": None,
        "category": "tap_leak",
        "duration_s": 3600,
        "crew_size": 1,
        "at": SITE,
        "site_at": SITE,
    }
    return Asked(**{**values, **given})


@pytest.mark.rule("DSP-11")
@pytest.mark.parametrize(
    "type_", ["BULK", "ENGINEERING", "UNSOLD_GOODS", "REMOTE_VISIT", "FREE_OUT_OF_WARRANTY"]
)
def test_orders_of_these_types_need_approval_unless_the_site_says_otherwise(type_: str) -> None:
    given = asked(type=ApprovalType(type_))
    assert approval_needed(Policy(), given) is ApprovalType(type_)
    assert approval_needed(parse_policy({"approvals": {"types": []}}), given) is None


@pytest.mark.rule("DSP-11")
@pytest.mark.parametrize(
    ("numbers", "given", "type_"),
    [
        ({}, {}, None),
        ({"categories": ["tap_leak"]}, {}, ApprovalType.CATEGORY),
        ({"duration_s": 3600}, {}, None),
        ({"duration_s": 3600}, {"duration_s": 3601}, ApprovalType.LARGE),
        ({"crew_size": 2}, {"crew_size": 3}, ApprovalType.LARGE),
        ({"distance_m": 5000}, {"at": Spot(31.40, 120.60)}, ApprovalType.REMOTE_VISIT),
        ({"distance_m": 5000}, {"at": Spot(31.34, 120.60)}, None),
        ({"distance_m": 5000}, {"at": None}, None),
    ],
)
def test_a_site_sets_what_else_needs_approval(
    numbers: dict[str, Any], given: dict[str, Any], type_: ApprovalType | None
) -> None:
    policy = parse_policy({"approvals": numbers})
    assert approval_needed(policy, asked(**given)) is type_
