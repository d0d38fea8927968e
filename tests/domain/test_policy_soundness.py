"""A policy as a whole: each rule finds what it is there for, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

import pytest

from dispatch.domain.errors import Code, Refused
from dispatch.domain.policies import DayWindow, Policy, policy_document, stored_policy
from dispatch.domain.policies.soundness import RULES, Hours, SiteFacts, check_policy
from dispatch.texts import LANGUAGES, catalogue, render

HOUR, DAY = 3600, 24 * 3600
DAY_SHIFT = SiteFacts(shifts=[Hours(time(8), time(18))])
NOWHERE = SiteFacts(knows_holidays=False)
NO_FACTS = SiteFacts()
GRAB = [{"step": "GRAB", "limit_s": 60}, {"step": "SUPERVISOR"}]

FLAWS: list[tuple[str, dict[str, Any], SiteFacts, set[str]]] = [
    # A rule, what breaks it, at which site, and which values it names.
    (
        "URGENT_WAITS_LONGER",
        {"answer_within_s": {"NORMAL": HOUR}},
        NO_FACTS,
        {"answer_within_s.HIGH"},
    ),
    (
        "URGENT_WAITS_LONGER",
        {"clocks": {"arrive_s": {"EMERGENCY": None, "HIGH": 3600}}},
        NO_FACTS,
        {"clocks.arrive_s.EMERGENCY"},
    ),
    (
        "URGENT_WAITS_LONGER",
        {"clocks": {"first_answer_s": {"LOW": 600}}},
        NO_FACTS,
        {"clocks.first_answer_s.NORMAL"},
    ),
    (
        "URGENT_WAITS_LONGER",
        {"clocks": {"resolve_s": {"EMERGENCY": 2 * DAY}}},
        NO_FACTS,
        {"clocks.resolve_s.EMERGENCY"},
    ),
    (
        "URGENT_WAITS_LONGER",
        {"dispatching": {"auto_wait_s": {"NORMAL": 60}}},
        NO_FACTS,
        {"dispatching.auto_wait_s.HIGH"},
    ),
    (
        "URGENT_WEIGHS_LESS",
        {"planning": {"weights": {"unserved_high": 1}}},
        NO_FACTS,
        {"planning.weights.unserved_high"},
    ),
    (
        "ACCEPT_LONGER_THAN_ARRIVE",
        {"clocks": {"accept_s": 901}},
        NO_FACTS,
        {"clocks.accept_s"},
    ),
    (
        "ARRIVE_LONGER_THAN_RESOLVE",
        {"clocks": {"arrive_s": {"HIGH": 3601}, "resolve_s": {"EMERGENCY": 3600, "HIGH": 3600}}},
        NO_FACTS,
        {"clocks.arrive_s.HIGH"},
    ),
    (
        "ACCEPT_LONGER_THAN_RESOLVE",
        {
            "clocks": {
                "accept_s": 600,
                "resolve_s": {"EMERGENCY": 300},
                "unused": ["ARRIVE"],
            }
        },
        NO_FACTS,
        {"clocks.accept_s"},
    ),
    (
        "FIRST_ANSWER_LONGER_THAN_RESOLVE",
        {"clocks": {"first_answer_s": {"LOW": 2 * DAY}}},
        NO_FACTS,
        {"clocks.first_answer_s.LOW"},
    ),
    (
        "DEADLINE_UNUSED_AND_COUNTED",
        {"clocks": {"unused": ["RESOLVE"], "business_hours": ["RESOLVE"]}},
        NO_FACTS,
        {"clocks.unused"},
    ),
    (
        "NOT_A_DEADLINE",
        {"clocks": {"unused": ["CLIMB"], "business_hours": ["MEDIATION"]}},
        NO_FACTS,
        {"clocks.unused", "clocks.business_hours"},
    ),
    (
        "RETRIES_WITHOUT_END",
        {"clocks": {"tries": 30, "retry_s": 10}},
        NO_FACTS,
        {"clocks.tries"},
    ),
    (
        "AUTO_WAIT_LONGER_THAN_ANSWER",
        {"dispatching": {"auto_wait_s": {"LOW": 8 * 3600 + 1}}},
        NO_FACTS,
        {"dispatching.auto_wait_s.LOW"},
    ),
    (
        "CLIMB_WITHOUT_END",
        {"dispatching": {"must_assign": ["TEAM_LEADER"], "after_declines": ["DISPATCHER"]}},
        NO_FACTS,
        {"dispatching.must_assign", "dispatching.after_declines"},
    ),
    (
        "HEAD_START_OUTLASTS_OFFER",
        {"dispatch_steps": GRAB, "grabbing": {"head_start_s": 60}},
        NO_FACTS,
        {"grabbing.head_start_s"},
    ),
    (
        "HEAD_START_OUTLASTS_OFFER",
        {
            "dispatch_steps": [{"step": "SUPERVISOR"}],
            "grabbing": {"head_start_s": 120, "offer_s": 90},
        },
        NO_FACTS,
        {"grabbing.head_start_s"},
    ),
    (
        "STEP_OUTLASTS_RESOLVE",
        {"dispatch_steps": [{"step": "GRAB", "limit_s": DAY + 1}, {"step": "SUPERVISOR"}]},
        NO_FACTS,
        {"dispatch_steps"},
    ),
    (
        "NAMED_OUTLASTS_LADDER",
        {"dispatch_steps": [{"step": "DIRECTED", "limit_s": 601}, {"step": "SUPERVISOR"}]},
        NO_FACTS,
        {"dispatch_steps"},
    ),
    (
        "DISTANCE_WITHOUT_APPROVAL",
        {"approvals": {"distance_m": 5000, "types": ["BULK"]}},
        NO_FACTS,
        {"approvals.distance_m"},
    ),
    (
        "CHECK_OF_NOTHING",
        {"intake": {"check_emergencies": True}},
        NO_FACTS,
        {"intake.check_emergencies"},
    ),
    ("WATCHED_TOO_SELDOM", {"live": {"watch_s": 601, "late_s": 600}}, NO_FACTS, {"live.watch_s"}),
    (
        "EMERGENCY_YIELDS_TO_EMERGENCY",
        {"live": {"interrupts_up_to": "EMERGENCY"}},
        NO_FACTS,
        {"live.interrupts_up_to"},
    ),
    (
        "SILENT_CLOCK_TRUSTED_MORE",
        {"on_site": {"clock_fast_s": 300, "clock_off_s": 299}},
        NO_FACTS,
        {"on_site.clock_fast_s"},
    ),
    (
        "STEP_WAITS_LONGER_THAN_TAKEN",
        {"on_site": {"step_waits_s": 7200, "offline_most_s": 3600}},
        NO_FACTS,
        {"on_site.step_waits_s"},
    ),
    (
        "COMPLAINT_STEPS_OUT_OF_ORDER",
        {"cases": {"take_s": 1200, "contact_s": 900}},
        NO_FACTS,
        {"cases.take_s"},
    ),
    (
        "COMPLAINT_STEPS_OUT_OF_ORDER",
        {"cases": {"contact_s": 2 * DAY}},
        NO_FACTS,
        {"cases.contact_s"},
    ),
    (
        "REMINDER_ANSWERED_TOO_LATE",
        {"appointments": {"remind_before_s": 300}},
        NO_FACTS,
        {"appointments.remind_answer_s"},
    ),
    (
        "SEARCH_SHORTER_THAN_OFFER",
        {"slot_days": 10, "appointments": {"named_days": 14}},
        NO_FACTS,
        {"appointments.saturation_days"},
    ),
    (
        "FIRST_WAIT_OVER_LONGEST",
        {"messages": {"first_wait_s": 600, "longest_wait_s": 60}},
        NO_FACTS,
        {"messages.first_wait_s"},
    ),
    (
        "WINDOW_OUTSIDE_ALL_SHIFTS",
        {
            "slot_windows": [
                {"starts": "08:00", "ends": "12:00"},
                {"starts": "18:00", "ends": "20:00"},
            ]
        },
        DAY_SHIFT,
        {"slot_windows.1"},
    ),
    (
        "DUTY_WITHOUT_PEOPLE",
        {"duty": {"technicians_least": 0}},
        NO_FACTS,
        {"duty.direct"},
    ),
    (
        "OVERTIME_OUT_OF_ORDER",
        {"overtime": {"day_most_s": 13 * HOUR}},
        NO_FACTS,
        {"overtime.day_most_s"},
    ),
    (
        "OVERTIME_OUT_OF_ORDER",
        {"overtime": {"month_most_s": 11 * HOUR}},
        NO_FACTS,
        {"overtime.week_most_s"},
    ),
    (
        "OVERTIME_BELOW_ITS_LEAST",
        {"overtime": {"day_most_s": 600}},
        NO_FACTS,
        {"overtime.day_most_s"},
    ),
    ("HOLIDAYS_UNKNOWN", {"opening": {"country": "XX"}}, NOWHERE, {"opening.country"}),
]


def faults(document: Mapping[str, Any], facts: SiteFacts = NO_FACTS) -> dict[str, str]:
    """Path to the name of what is wrong there."""
    try:
        check_policy(document, facts)
    except Refused as refused:
        return {
            ".".join(each.field).removeprefix("document."): each.params["detail"].path[2]
            for each in refused.refusals
        }
    return {}


@pytest.mark.rule("DSP-1", "SLA-1", "SLA-3")
@pytest.mark.parametrize(("rule", "document", "facts", "paths"), FLAWS)
def test_a_rule_finds_its_contradiction_and_nothing_else(
    rule: str, document: dict[str, Any], facts: SiteFacts, paths: set[str]
) -> None:
    assert faults(document, facts) == dict.fromkeys(paths, rule)


def test_every_rule_has_an_example() -> None:
    assert set(RULES) == {rule for rule, *_ in FLAWS}


def test_the_defaults_contradict_nothing() -> None:
    assert check_policy({}, DAY_SHIFT) == Policy()
    assert check_policy(policy_document(Policy()), DAY_SHIFT) == Policy()


@pytest.mark.parametrize(
    "document",
    [
        # A bound itself is no contradiction.
        {"clocks": {"accept_s": 900}},
        {"answer_within_s": {"HIGH": 4 * 3600}},
        {"clocks": {"resolve_s": dict.fromkeys(("EMERGENCY", "HIGH", "NORMAL", "LOW"), 3600)}},
        {"cases": {"take_s": 900}},
        {"live": {"watch_s": 600}},
        # What is not kept cannot be contradicted.
        {"clocks": {"accept_s": 901, "unused": ["ARRIVE"]}},
        {"clocks": {"first_answer_s": {"LOW": 2 * DAY}, "unused": ["RESOLVE"]}},
        {"clocks": {"tries": 1, "retry_s": 3600}},
        {"dispatch_steps": [{"step": "DIRECTED", "limit_s": 600}, {"step": "SUPERVISOR"}]},
        {"intake": {"check_emergencies": True, "check_by_logistics": True}},
        {"approvals": {"distance_m": 5000}},
        # Windows that meet a shift, be it for a part; and a shift that passes midnight.
        {"slot_windows": [{"starts": "17:00", "ends": "19:00"}]},
    ],
)
def test_what_can_be_is_not_refused(document: dict[str, Any]) -> None:
    assert faults(document, DAY_SHIFT) == {}


@pytest.mark.rule("APT-1")
@pytest.mark.parametrize(
    ("shift", "window", "meets"),
    [
        ((8, 18), (16, 18), True),
        ((8, 18), (18, 20), False),
        ((8, 18), (6, 8), False),
        ((22, 6), (4, 5), True),
        ((22, 6), (22, 23), True),
        ((22, 6), (6, 22), False),
        ((0, 0), (3, 5), True),
    ],
)
def test_a_window_lies_in_somebodys_hours_or_not(
    shift: tuple[int, int], window: tuple[int, int], meets: bool
) -> None:
    hours = Hours(time(shift[0]), time(shift[1]))
    assert hours.meets(DayWindow(time(window[0]), time(window[1]))) is meets


@pytest.mark.rule("DSP-1")
def test_all_faults_are_told_at_once_and_a_default_contradicts_nobody() -> None:
    document = {
        "x": 1,
        "door_code_tries": 0,
        "dispatch_steps": [{"step": "GRAB"}, {"step": "SUPERVISOR"}, {"step": "AUTO"}],
        "clocks": {"accept_s": 901, "ladders": {"ACCEPT": []}, "first_answer_s": {"LOW": "soon"}},
        # Contradicts the head start only if the steps above were fit.
        "grabbing": {"head_start_s": 600},
        "live": {"interrupts_up_to": "EMERGENCY"},
    }
    with pytest.raises(Refused) as error:
        check_policy(document, NO_FACTS)
    told = [
        (".".join(each.field[1:]), each.params["detail"].path[2]) for each in error.value.refusals
    ]
    assert sorted(told) == [
        ("clocks.accept_s", "ACCEPT_LONGER_THAN_ARRIVE"),
        ("clocks.first_answer_s.LOW", "NOT_WHOLE"),
        ("clocks.ladders.ACCEPT", "COUNT"),
        ("dispatch_steps", "STEPS_WITHOUT_END"),
        ("dispatch_steps", "STEP_WITHOUT_LIMIT"),
        ("dispatch_steps", "STEP_WITHOUT_LIMIT"),
        ("door_code_tries", "OUT_OF_RANGE"),
        ("live.interrupts_up_to", "EMERGENCY_YIELDS_TO_EMERGENCY"),
        ("x", "UNKNOWN"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("rule", "document", "facts", "paths"), FLAWS)
def test_every_fault_is_said_with_its_figures_and_what_to_do(
    language: str, rule: str, document: dict[str, Any], facts: SiteFacts, paths: set[str]
) -> None:
    with pytest.raises(Refused) as error:
        check_policy(document, facts)
    for each in error.value.refusals:
        assert each.code is Code.POLICY_INVALID
        message, remedy = render(each, language)
        said = catalogue(language)["policy"]["faults"][rule]
        # Every placeholder is filled: no two blanks, quotes or brackets stand together.
        assert not re.search(r"\(\)|（）|“”|: \.|：。|  ", message + remedy), (message, remedy)
        assert said["message"].split("{")[0].strip() in message
        assert said["remedy"].split("{")[0].strip() in remedy


def test_what_was_set_under_other_rules_stands_as_far_as_it_can() -> None:
    document = {
        "clocks": {"accept_s": 1, "progress_s": 600, "gone": 1},
        "gone": 2,
        "callback_scale": 3,
        "dispatch_steps": [],
    }
    policy = stored_policy(document)
    assert (policy.clocks.accept_s, policy.clocks.progress_s) == (300, 600)
    assert (policy.callback_scale, policy.dispatch_steps) == (3, Policy().dispatch_steps)
