"""Door codes, callbacks, danger words, policies, rights."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.callbacks import CallResult, Outcome, check_answers, outcome
from dispatch.domain.door_codes import DIGITS, Tries, door_code, try_code
from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.numbers import Series, human_number
from dispatch.domain.policies import DayWindow, DispatchStep, Policy, parse_policy, policy_document
from dispatch.domain.triage import Priority, danger_word, decide_priority
from dispatch.domain.work_orders import AssignmentStep

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
LOCK = timedelta(minutes=15)


@pytest.mark.rule("EXE-2")
@given(st.lists(st.booleans(), max_size=30), st.integers(1, 6))
def test_whoever_keeps_guessing_is_locked_out_after_so_many_tries(
    rights: list[bool], most: int
) -> None:
    tries, wrong_in_a_row = Tries(), 0
    for right in rights:
        if tries.locked_until is not None:
            with pytest.raises(Refused) as error:
                try_code(
                    expected="123456", given="123456", tries=tries, now=NOW,
                    most_tries=most, lock=LOCK,
                )  # fmt: skip
            assert error.value.refusals[0].code is Code.DOOR_CODE_LOCKED
            break
        tries = try_code(
            expected="123456", given="123456" if right else "654321", tries=tries, now=NOW,
            most_tries=most, lock=LOCK,
        )  # fmt: skip
        wrong_in_a_row = 0 if right else wrong_in_a_row + 1
        assert (tries.locked_until is not None) == (wrong_in_a_row == most)
        if wrong_in_a_row < most:
            assert tries.wrong == wrong_in_a_row


@given(st.integers(0, 10**DIGITS - 1))
def test_a_door_code_has_six_digits_and_each_number_its_own(number: int) -> None:
    code = door_code(number)
    assert len(code) == DIGITS
    assert int(code) == number


def test_a_human_number() -> None:
    day = NOW.date()
    assert human_number(series=Series.WORK_ORDER, day=day, count=42) == "WO-20261123-0042"
    assert human_number(series=Series.TICKET, day=day, count=12345) == "TK-20261123-12345"


@pytest.mark.rule("CBK-2")
@pytest.mark.parametrize(
    ("result", "unanswered", "expected"),
    [
        (CallResult.NO_ANSWER, 1, Outcome.CALL_AGAIN),
        (CallResult.NO_ANSWER, 2, Outcome.CLOSE),
        (CallResult.HUNG_UP, 1, Outcome.CLOSE),
        (CallResult.REFUSED, 1, Outcome.CLOSE),
    ],
)
def test_two_unanswered_calls_a_hang_up_or_a_refusal_end_it(
    result: CallResult, unanswered: int, expected: Outcome
) -> None:
    assert (
        outcome(result=result, satisfied=None, unanswered=unanswered, most_unanswered=2) is expected
    )


@pytest.mark.rule("CBK-4")
def test_satisfied_closes_and_unsatisfied_reopens() -> None:
    answered = {"result": CallResult.ANSWERED, "unanswered": 0, "most_unanswered": 2}
    assert outcome(satisfied=True, **answered) is Outcome.CLOSE
    assert outcome(satisfied=False, **answered) is Outcome.REOPEN


def test_an_answered_call_needs_its_answers() -> None:
    with pytest.raises(Refused) as error:
        check_answers(
            result=CallResult.ANSWERED,
            solved=None,
            satisfied=None,
            reason=None,
            scores={"total": 0, "quality": 6, "attitude": None},
            scale=5,
        )
    fields = {".".join(refusal.field): refusal.code for refusal in error.value.refusals}
    assert fields == {
        "solved": Code.REQUIRED,
        "satisfied": Code.REQUIRED,
        "scores.total": Code.SCORE_OFF_SCALE,
        "scores.quality": Code.SCORE_OFF_SCALE,
    }


@pytest.mark.rule("TRI-2")
@pytest.mark.parametrize(
    "text",
    [
        "我家燃气泄漏了",
        "电梯困人",
        "三楼爆管",
        "楼道电线裸露",
        "垃圾桶着火",
        "There is a GAS LEAK in the kitchen",
        "Somebody is trapped in the lift",
        "burst pipe",
        "an exposed wire hangs down",
    ],
)
def test_danger_is_found_in_chinese_and_english(text: str) -> None:
    assert danger_word(text, words=Policy().danger_words) is not None


@pytest.mark.rule("TRI-2")
def test_harmless_words_are_left_alone() -> None:
    for text in ("水龙头漏水", "the lift is slow", "灯不亮", "空调不制冷"):
        assert danger_word(text, words=Policy().danger_words) is None


@pytest.mark.rule("TRI-2")
@given(
    st.sampled_from(Priority),
    st.booleans(),
    st.sampled_from([None, "燃气泄漏"]),
    st.sampled_from([None, *Priority]),
    st.sampled_from([None, "", "  ", "已致电"]),
)
def test_no_emergency_is_lowered_without_a_reason(
    category: Priority,
    dangerous: bool,
    danger: str | None,
    wished: Priority | None,
    reason: str | None,
) -> None:
    given_ = {
        "category": category,
        "category_is_danger": dangerous,
        "danger": danger,
        "wished": wished,
        "reason": reason,
    }
    in_danger = dangerous or danger is not None
    lowers = in_danger and wished not in (None, Priority.EMERGENCY)
    if lowers and not (reason and reason.strip()):
        with pytest.raises(Refused):
            decide_priority(**given_)
        return
    decided = decide_priority(**given_)
    assert decided is (wished or (Priority.EMERGENCY if in_danger else category))


@pytest.mark.rule("DSP-1")
def test_the_default_ladder_and_its_order() -> None:
    policy = Policy()
    steps = [(each.step.value, each.limit_s) for each in policy.dispatch_steps]
    assert steps == [("DIRECTED", None), ("AUTO", None), ("GRAB", 300), ("SUPERVISOR", None)]
    assert policy.step_after(None) == DispatchStep(AssignmentStep.DIRECTED)
    assert policy.step_after(AssignmentStep.AUTO) == DispatchStep(AssignmentStep.GRAB, 300)
    assert policy.step_after(AssignmentStep.SUPERVISOR) is None


@pytest.mark.rule("DSP-1")
@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"step": "AUTO"}],
        [{"step": "GRAB"}, {"step": "SUPERVISOR"}],
        [{"step": "GRAB", "limit_s": 0}, {"step": "SUPERVISOR"}],
        [{"step": "AUTO"}, {"step": "AUTO"}, {"step": "SUPERVISOR"}],
        [{"step": "LOTTERY"}, {"step": "SUPERVISOR"}],
        "AUTO",
        None,
    ],
)
def test_a_ladder_that_cannot_work_is_refused(steps: object) -> None:
    with pytest.raises(Refused) as error:
        parse_policy({"dispatch_steps": steps})
    [refusal] = error.value.refusals
    assert (refusal.code, refusal.field) == (Code.POLICY_INVALID, ("document", "dispatch_steps"))


def test_a_policy_survives_its_document() -> None:
    policy = replace(Policy(), door_code_tries=3, callback_scale=3, work_limit_s=6 * 3600)
    assert parse_policy(policy_document(policy)) == policy
    assert parse_policy({}) == Policy()


def test_a_site_sets_the_windows_it_offers() -> None:
    half_days = [{"starts": "08:00", "ends": "12:00"}, {"starts": "13:30", "ends": "18:00"}]
    policy = parse_policy({"slot_windows": half_days, "slot_days": 5})
    assert policy.slot_windows == (DayWindow(time(8), time(12)), DayWindow(time(13, 30), time(18)))
    assert policy_document(policy)["slot_windows"] == half_days
    assert parse_policy(policy_document(policy)) == policy


@pytest.mark.parametrize(
    "windows",
    [
        [],
        [{"starts": "12:00", "ends": "08:00"}],
        [{"starts": "08:00", "ends": "24:00"}],
        [{"starts": "08:00"}],
        [{"starts": "08:00+08:00", "ends": "10:00"}],
        [{"starts": "08:00", "ends": "10:00"}] * 2,
        "08:00",
    ],
)
def test_windows_that_are_none_are_refused(windows: object) -> None:
    with pytest.raises(Refused) as error:
        parse_policy({"slot_windows": windows})
    [refusal] = error.value.refusals
    assert (refusal.code, refusal.field) == (Code.POLICY_INVALID, ("document", "slot_windows"))


@given(
    st.dictionaries(
        st.sampled_from([*policy_document(Policy()), "unknown"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=8), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_any_document_is_a_policy_or_refused(document: dict[str, object]) -> None:
    faults: tuple[Refusal, ...] = ()
    try:
        policy = parse_policy(document)
    except Refused as refused:
        faults = refused.refusals
    else:
        assert parse_policy(policy_document(policy)) == policy
    assert {fault.code for fault in faults} <= {Code.POLICY_INVALID}
