"""A site's policy as a page of plain sentences, one for each value.

Sentences stand in `policy.<language>.toml`: a text, or a table of texts for the cases `is`, `yes`
and `no` (flags), `none` (empty), `zero`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from dispatch.domain.calendars import Opening, Season
from dispatch.domain.ladders import OrderMove, Rung
from dispatch.domain.policies import DayWindow, DispatchStep, Policy
from dispatch.texts.catalogue import catalogue, duration, fill, plain

GENERAL = "general"
"""The section of the values that stand in the policy itself."""
_SECONDS = frozenset({"seconds", "repair_seconds"})
_WEEK = 7
_KILOMETRE = 1000


@dataclass(frozen=True, slots=True)
class PolicySentence:
    """What one value means. `field`: its path in the policy's document."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class PolicySection:
    """The sentences of one theme."""

    name: str
    heading: str
    sentences: tuple[PolicySentence, ...]


def policy_texts(language: str) -> dict[str, Any]:
    """The texts about policies of a language."""
    return catalogue(language)["policy"]


def policy_page(policy: Policy, language: str) -> list[PolicySection]:
    """Every value of a policy in words, by theme."""
    return [
        PolicySection(
            section,
            policy_texts(language)["headings"][section],
            tuple(
                PolicySentence(path, text)
                for name, value in values.items()
                for path, text in _said(section, name, value, language)
            ),
        )
        for section, values in policy_values(policy).items()
    ]


def policy_values(policy: Policy) -> dict[str, dict[str, Any]]:
    """The values by section and name, in the order of the policy."""
    values: dict[str, dict[str, Any]] = {GENERAL: {}}
    for each in fields(policy):
        value = getattr(policy, each.name)
        if is_dataclass(value):
            values[each.name] = {one.name: getattr(value, one.name) for one in fields(value)}
        else:
            values[GENERAL][each.name] = value
    return values


def field_path(section: str, name: str) -> str:
    """The path of a value in the document: those of no section stand in it themselves."""
    return name if section == GENERAL else f"{section}.{name}"


def field_text(section: str, name: str, value: Any, language: str) -> str:
    """What one value means, in a line."""
    return " ".join(text for _, text in _said(section, name, value, language))


def _said(section: str, name: str, value: Any, language: str) -> Iterator[tuple[str, str]]:
    given = policy_texts(language)["sentences"][section][name]
    texts: Mapping[str, str] = {"is": given} if isinstance(given, str) else given
    path = field_path(section, name)
    reader = _Reader(language, name, texts)
    if isinstance(value, Mapping) and any(isinstance(each, tuple) for each in value.values()):
        for key, each in value.items():
            told = {"name": reader.key(key), "value": reader.read(each)}
            yield f"{path}.{key}", fill(texts["is"], told)
        return
    text = texts[reader.case(value)]
    told = {"value": reader.read(value)}
    if isinstance(value, float):
        told["percent"] = f"{plain(value * 100)} %"
    yield path, fill(text, told)


class _Reader:
    """Reads the values of one field out in a language."""

    def __init__(self, language: str, name: str, texts: Mapping[str, str]) -> None:
        self._language = language
        self._name = name
        self._texts = texts
        about = policy_texts(language)
        self._words: Mapping[str, Mapping[str, str]] = about["words"]
        self._forms: Mapping[str, str] = about["values"]

    def case(self, value: Any) -> str:
        """Which of the field's texts says the value."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        is_nothing = value is None or (isinstance(value, tuple | str) and not value)
        if is_nothing and "none" in self._texts:
            return "none"
        return "zero" if value == 0 and "zero" in self._texts else "is"

    def read(self, value: Any) -> str:
        match value:
            case None:
                return self._forms["nothing"]
            case bool():
                return self._forms["yes" if value else "no"]
            case StrEnum():
                return self._word(type(value).__name__, value.value)
            case str():
                return self._word(self._name, value)
            case int() | float():
                return self._number(value)
            case Mapping():
                return self._forms["items"].join(
                    self._form("item", name=self.key(key), value=self._item(each))
                    for key, each in value.items()
                )
            case tuple() | list():
                return self._list(tuple(value))
            case _:
                return self._thing(value)

    def key(self, key: Any) -> str:
        """A name in a mapping."""
        if isinstance(key, StrEnum):
            return self._word(type(key).__name__, key.value)
        named = self._words.get(self._name, self._words["Priority"])
        return named.get(str(key), str(key))

    def _item(self, value: Any) -> str:
        if value is None:
            return self._texts.get("each_none", self._forms["nothing"])
        if value == 0 and self._is_time():
            return self._texts.get("each_zero", self._forms["at_once"])
        return self.read(value)

    def _list(self, values: tuple[Any, ...]) -> str:
        if values and isinstance(values[0], DispatchStep):
            return self._forms["steps"].join(self.read(each) for each in values)
        if values and isinstance(values[0], Rung):
            return self._forms["items"].join(self.read(each) for each in values)
        return self._forms["separator"].join(self.read(each) for each in values)

    def _thing(self, value: Any) -> str:
        match value:
            case DispatchStep():
                name = self.read(value.step)
                if value.limit_s is None:
                    return name
                return self._form("step", name=name, limit=self._duration(value.limit_s))
            case DayWindow():
                return self._form("window", starts=f"{value.starts:%H:%M}", ends=_end(value.ends))
            case Opening():
                form = "round_the_clock" if value.starts == value.ends else "opening"
                return self._form(
                    form,
                    days=self._days(value.weekdays),
                    starts=f"{value.starts:%H:%M}",
                    ends=_end(value.ends),
                )
            case Season():
                return self._form(
                    "season",
                    name=value.name,
                    begins=value.begins,
                    ends=value.ends,
                    hours=self.read(value.hours),
                )
            case Rung():
                return self._rung(value)
            case time():
                return f"{value:%H:%M}"
            case _:
                return str(value)

    def _rung(self, rung: Rung) -> str:
        told = self._forms["separator"].join(self._told(each) for each in rung.tell)
        form = "rung_later" if rung.after_s else "rung_at_once"
        text = self._form(form, after=self._duration(rung.after_s), tell=told)
        if rung.means:
            text += self._form("rung_means", means=self.read(rung.means))
        if rung.order is not OrderMove.NOTHING:
            text += self._form("rung_moves", move=self.read(rung.order))
        return text

    def _told(self, name: str) -> str:
        return {**self._words["Role"], **self._words["Bystander"]}.get(name, name)

    def _days(self, weekdays: tuple[int, ...]) -> str:
        words = self._words["weekdays"]
        if len(weekdays) == _WEEK:
            return self._forms["every_day"]
        first, last = weekdays[0], weekdays[-1]
        if last - first == len(weekdays) - 1 > 1:
            return self._form("weekdays", first=words[str(first)], last=words[str(last)])
        return self._forms["separator"].join(words[str(each)] for each in weekdays)

    def _is_time(self) -> bool:
        return self._name.endswith("_s") or self._name in _SECONDS

    def _number(self, value: float) -> str:
        if self._is_time():
            return self._duration(value)
        if self._name.endswith("_m"):
            if value < _KILOMETRE:
                return self._form("metre", count=plain(value))
            return self._form("kilometre", count=plain(value / _KILOMETRE))
        if self._name.endswith("_kmh"):
            return self._form("km_an_hour", count=plain(value))
        return plain(value)

    def _duration(self, seconds: float) -> str:
        return duration(seconds, self._language)

    def _word(self, group: str, name: str) -> str:
        return self._words.get(group, {}).get(name, name)

    def _form(self, form: str, /, **params: str) -> str:
        # Not `fill`: blanks at the ends of a form are meant.
        return self._forms[form].format_map(params)


def _end(ends: time) -> str:
    return "24:00" if ends == time(0) else f"{ends:%H:%M}"
