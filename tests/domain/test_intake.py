"""Rules of intake that need no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain.arrivals import expected_arrival
from dispatch.domain.checks import CheckStage, CheckState, after_decision, stages_needed
from dispatch.domain.duplicates import Report, is_likely_duplicate, likely_duplicates
from dispatch.domain.errors import Refused
from dispatch.domain.tickets import TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import WorkOrderState

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
NEW = Report(1, TicketState.NEW, NOW, None, 5, 9, None, (None, None, None, None))


def other(**changed: object) -> Report:
    return replace(NEW, id=2, created_at=NOW - timedelta(days=1), **changed)  # type: ignore[arg-type]


@pytest.mark.rule("INT-6")
@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({}, True),
        ({"state": TicketState.IN_PROGRESS}, True),
        ({"state": TicketState.RESOLVED}, True),
        ({"category_id": None}, True),
        ({"category_id": 6}, False),
        ({"place_id": 8}, False),
        ({"place_id": None}, False),
        ({"state": TicketState.CANCELLED, "closed_at": NOW}, False),
        ({"state": TicketState.MERGED, "closed_at": NOW}, False),
        ({"state": TicketState.CLOSED, "closed_at": NOW - WEEK}, True),
        ({"state": TicketState.CLOSED, "closed_at": NOW - WEEK - timedelta(seconds=1)}, False),
    ],
)
def test_duplicates_share_place_and_category_and_time(
    changed: dict[str, object], *, alike: bool
) -> None:
    assert is_likely_duplicate(NEW, other(**changed), within=WEEK) is alike


@pytest.mark.rule("INT-6")
def test_a_place_is_the_equipment_the_node_or_what_was_told() -> None:
    told = (None, None, None, "北门岗亭")
    words = replace(NEW, place_id=None, told=told)
    assert is_likely_duplicate(words, other(place_id=None, told=told), within=WEEK)
    assert not is_likely_duplicate(
        words, other(place_id=None, told=(None, None, None, "南门岗亭")), within=WEEK
    )
    nowhere = replace(NEW, place_id=None)
    assert not is_likely_duplicate(nowhere, other(place_id=None), within=WEEK)
    # Two lifts in one hall are two things.
    lift = replace(NEW, asset_id=1)
    assert not is_likely_duplicate(lift, other(asset_id=2), within=WEEK)
    assert is_likely_duplicate(lift, other(asset_id=1, place_id=3), within=WEEK)


@pytest.mark.rule("INT-6")
def test_the_newest_duplicates_come_first_and_no_more_than_the_policy_says() -> None:
    others = [replace(other(), id=n, created_at=NOW - timedelta(hours=n)) for n in (3, 2, 4)]
    assert likely_duplicates(NEW, [NEW, *others], within=WEEK, most=2) == [2, 3]


@pytest.mark.rule("INT-8")
@pytest.mark.parametrize(
    ("state", "given", "expected"),
    [
        (WorkOrderState.QUEUED, {}, None),
        (WorkOrderState.QUEUED, {"promised_from": 60}, 60),
        (WorkOrderState.ACCEPTED, {"planned_start": 30, "promised_from": 60}, 30),
        (WorkOrderState.ACCEPTED, {"planned_start": -30}, 0),
        (WorkOrderState.EN_ROUTE, {"set_out_at": -5, "travel_s": 600, "planned_start": 30}, 5),
        (WorkOrderState.EN_ROUTE, {"set_out_at": -50, "travel_s": 600}, 0),
        (WorkOrderState.EN_ROUTE, {"planned_start": 30}, 30),
        (WorkOrderState.EN_ROUTE, {}, None),
        (WorkOrderState.ARRIVED, {"planned_start": 30}, None),
        (WorkOrderState.COMPLETED, {"planned_start": 30}, None),
    ],
)
def test_the_expected_arrival_is_the_best_that_is_known(
    state: WorkOrderState, given: dict[str, int], expected: int | None
) -> None:
    """Minutes from now, except `travel_s`."""
    times = {
        name: value if name == "travel_s" else NOW + timedelta(minutes=value)
        for name, value in given.items()
    }
    arrival = expected_arrival(state=state, now=NOW, **times)  # type: ignore[arg-type]
    assert arrival == (None if expected is None else NOW + timedelta(minutes=expected))


@pytest.mark.rule("INT-10")
@pytest.mark.parametrize("emergencies", [True, False])
def test_the_policy_says_who_agrees_and_an_emergency_waits_only_if_it_says_so(
    *, emergencies: bool
) -> None:
    both = {"department": True, "logistics": True, "emergencies": emergencies}
    assert stages_needed(**both, priority=None) == tuple(CheckStage)
    urgent = stages_needed(**both, priority=Priority.EMERGENCY)
    assert urgent == (tuple(CheckStage) if emergencies else ())
    assert stages_needed(**{**both, "department": False}, priority=None) == (CheckStage.LOGISTICS,)


@pytest.mark.rule("INT-10")
def test_the_department_agrees_before_the_logistics_office() -> None:
    first, second = CheckStage.DEPARTMENT, CheckStage.LOGISTICS
    asked = {first: CheckState.PENDING, second: CheckState.WAITING}
    with pytest.raises(Refused):
        after_decision(asked, stage=second, agreed=True)
    agreed = after_decision(asked, stage=first, agreed=True)
    assert agreed == {first: CheckState.APPROVED, second: CheckState.PENDING}
    done = after_decision(agreed, stage=second, agreed=True)
    assert set(done.values()) == {CheckState.APPROVED}
    refused = after_decision(asked, stage=first, agreed=False)
    assert refused == {first: CheckState.REJECTED, second: CheckState.WAIVED}
    with pytest.raises(Refused):
        after_decision(refused, stage=second, agreed=True)
