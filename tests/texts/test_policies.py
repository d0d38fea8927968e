"""A policy reads as a page: every value has its sentence, in every language."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from dispatch.domain import misfits
from dispatch.domain.appointments import CallRule
from dispatch.domain.cases import Level
from dispatch.domain.clocks import ORDER_KINDS, TICKET_KINDS
from dispatch.domain.ladders import TOLD, OrderMove
from dispatch.domain.policies import Policy, parse_policy
from dispatch.domain.policies.soundness import RULES
from dispatch.domain.rights import Role
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, PauseReason
from dispatch.texts import LANGUAGES
from dispatch.texts.policies import GENERAL, field_text, policy_page, policy_texts, policy_values
from tests.texts.test_catalogue import leaves, placeholders

HAN = re.compile("[\u4e00-\u9fff]")


def declared() -> Iterator[tuple[str, str, Any]]:
    """Section, name and declaration of every value of a policy."""
    default = Policy()
    for each in fields(Policy):
        value = getattr(default, each.name)
        if is_dataclass(value):
            yield from ((each.name, one.name, one) for one in fields(value))
        else:
            yield GENERAL, each.name, each


def accepts(declaration: Any, given: Any) -> bool:
    try:
        declaration.metadata["parse"](given)
    except (TypeError, ValueError, KeyError, AttributeError):
        return False
    return True


def cases(declaration: Any) -> set[str]:
    """What the sentences of a value must tell apart."""
    if accepts(declaration, True) and accepts(declaration, False):
        return {"yes", "no"}
    nothing = accepts(declaration, None) or accepts(declaration, [])
    return {"is", "none"} if nothing else {"is"}


def missing(language: str) -> list[str]:
    texts = policy_texts(language)
    wanted = []
    for section, name, declaration in declared():
        if section not in texts["headings"]:
            wanted.append(f"[headings] {section}")
        given = texts["sentences"].get(section, {}).get(name)
        has = {"is"} if isinstance(given, str) else set(given or ())
        wanted += [
            f"[sentences.{section}] {name}" + ("" if case == "is" else f" (case `{case}`)")
            for case in sorted(cases(declaration) - has)
        ]
    return wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_has_a_sentence(language: str) -> None:
    wanted = missing(language)
    assert not wanted, (
        f"The policy gained values that nobody can read. Write their sentences into "
        f"src/dispatch/texts/policy.{language}.toml (its head says how), and the same in the "
        f"other language: {'; '.join(wanted)}"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_about_a_value_that_is_gone(language: str) -> None:
    known = {(section, name) for section, name, _ in declared()}
    texts = policy_texts(language)
    said = {(part, name) for part, names in texts["sentences"].items() for name in names}
    assert said - known == set()
    assert set(texts["headings"]) == {section for section, _ in known}


def test_every_fault_of_a_policy_has_words_and_no_words_are_left_over() -> None:
    folder = Path(misfits.__file__).parent
    named = {
        name
        for file in folder.rglob("*.py")
        for name in re.findall(r'Misfit\(\s*"([A-Z_]+)"', file.read_text("utf-8"))
    }
    for language in LANGUAGES:
        faults = policy_texts(language)["faults"]
        assert set(faults) == named | set(RULES)
        assert all(set(each) == {"message", "remedy"} for each in faults.values())


def test_every_language_has_the_same_texts_with_the_same_placeholders() -> None:
    first, *others = [
        {key: placeholders(text) for key, text in leaves(policy_texts(language))}
        for language in LANGUAGES
    ]
    for other in others:
        assert other == first


def test_texts_are_in_their_language() -> None:
    assert not [key for key, text in leaves(policy_texts("en")) if HAN.search(text)]
    sentences = leaves(policy_texts("zh-CN")["sentences"])
    assert not [key for key, text in sentences if not HAN.search(text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_a_value_can_be_has_a_name(language: str) -> None:
    words = policy_texts(language)["words"]
    for enum in (Priority, Level, AssignmentStep, Role, PauseReason, OrderMove, CallRule):
        assert set(words[enum.__name__]) == {each.value for each in enum}
    kinds = {each.value for each in (*TICKET_KINDS, *ORDER_KINDS)}
    assert set(words["ClockKind"]) >= kinds
    assert {str(each) for each in TOLD} <= {*words["Role"], *words["Bystander"]}
    for section, values in policy_values(Policy()).items():
        for name, value in values.items():
            told = field_text(section, name, value, language)
            assert not re.search(r"\b[A-Z]{3,}_?[A-Z]*\b", told), told
            assert not {each for _, each, _, _ in string.Formatter().parse(told) if each}, told
            assert not isinstance(value, StrEnum) or value.value not in told


@pytest.mark.parametrize(
    ("document", "field", "chinese", "english"),
    [
        ({}, "clocks.accept_s", "派工后须在 5 分钟内接单。", "within 5 minutes of"),
        (
            {"clocks": {"accept_s": 3661}},
            "clocks.accept_s",
            "1 小时 1 分钟 1 秒",
            "1 hour 1 minute",
        ),
        ({}, "answer_within_s", "紧急 立即；高 2 小时", "emergency at once; high 2 hours"),
        ({}, "clocks.arrive_s", "高 预约时段结束前", "high by the end of the window"),
        ({}, "work_limit_s", "不统一限制", "no common limit"),
        ({"work_limit_s": 7 * 3600}, "work_limit_s", "不超过 7 小时", "at most 7 hours a day"),
        ({"live": {"settle_s": 0}}, "live.settle_s", "立即修复", "repaired at once"),
        ({"callbacks": {"links": False}}, "callbacks.links", "不向客户", "sent no link"),
        ({"approvals": {"distance_m": 12_500}}, "approvals.distance_m", "12.5 公里", "12.5 km"),
        ({"approvals": {"distance_m": 800}}, "approvals.distance_m", "800 米", "800 m"),
        ({"approvals": {"types": []}}, "approvals.types", "没有须审批", "No type"),
        ({}, "guesses.sure_from", "75 %", "75 % sure"),
        ({}, "dispatch_steps", "抢单（限 5 分钟）→主管派工", "grabbed (at most 5 minutes) →"),
        (
            {"slot_windows": [{"starts": "08:00", "ends": "12:00"}]},
            "slot_windows",
            "08:00–12:00",
            "08:00–12:00",
        ),
        ({}, "opening.hours", "周一至周五 09:00–17:30", "Mon–Fri 09:00–17:30"),
        (
            {"opening": {"hours": [{"weekdays": [5, 6], "starts": "10:00", "ends": "00:00"}]}},
            "opening.hours",
            "周六、周日 10:00–24:00",
            "Sat, Sun 10:00–24:00",
        ),
        (
            {"opening": {"hours": [{"weekdays": [*range(7)], "starts": "00:00", "ends": "00:00"}]}},
            "opening.hours",
            "每天 全天",
            "every day round the clock",
        ),
        (
            {
                "opening": {
                    "seasons": [
                        {
                            "name": "S",
                            "begins": "06-01",
                            "ends": "09-30",
                            "hours": [{"weekdays": [0], "starts": "08:00", "ends": "12:00"}],
                        }
                    ]
                }
            },
            "opening.seasons",
            "S（06-01 至 09-30）周一 08:00–12:00",
            "S (06-01 to 09-30) Mon 08:00–12:00",
        ),
        (
            {},
            "clocks.ladders.ACCEPT",
            "5 分钟后通知工程主管并重新放单抢单",
            "after 5 minutes to the supervisor, and the order is opened to be grabbed",
        ),
    ],
)
def test_values_are_read_out_as_people_say_them(
    document: dict[str, Any], field: str, chinese: str, english: str
) -> None:
    policy = parse_policy(document)
    for language, expected in (("zh-CN", chinese), ("en", english)):
        page = {
            sentence.field: sentence.text
            for section in policy_page(policy, language)
            for sentence in section.sentences
        }
        assert expected in page[field]


def test_the_page_has_every_section_once_and_every_value_in_it() -> None:
    page = policy_page(Policy(), "zh-CN")
    assert [section.name for section in page] == list(policy_values(Policy()))
    told = [sentence.field for section in page for sentence in section.sentences]
    assert len(told) == len(set(told))
    names = {name if part == GENERAL else f"{part}.{name}" for part, name, _ in declared()}
    assert {re.sub(r"^clocks\.ladders\..*", "clocks.ladders", each) for each in told} == names
