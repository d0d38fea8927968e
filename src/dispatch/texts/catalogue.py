"""The message catalogue: by language one TOML file, and in it as `policy` and `figures` one of the
policy's sentences and one of what figures mean; found by code and word."""

import re
import string
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cache, reduce
from importlib.resources import files
from typing import Any

from dispatch.domain.errors import Phrase, Refusal

LANGUAGES = ("zh-CN", "en")
FALLBACK = "zh-CN"
_UNITS = (("day", 24 * 3600), ("hour", 3600), ("minute", 60), ("second", 1))


@cache
def catalogue(language: str) -> dict[str, Any]:
    """All texts of a language; of the fallback's when it has no file."""
    known = language if language in LANGUAGES else FALLBACK
    own, policy, figures = (
        tomllib.loads(files("dispatch.texts").joinpath(name).read_text("utf-8"))
        for name in (f"{known}.toml", f"policy.{known}.toml", f"figures.{known}.toml")
    )
    return {**own, "policy": policy, "figures": figures}


def render(refusal: Refusal, language: str) -> tuple[str, str]:
    """The message of a refusal and what to do about it."""
    texts = catalogue(language)["errors"][refusal.code.value]
    params = {name: shown(value, language) for name, value in refusal.params.items()}
    params.setdefault("field", _field(refusal.field, language))
    params.setdefault("allowed", shown(refusal.allowed, language))
    params.setdefault("range", _range(params, language))
    return fill(texts["message"], params), fill(texts["remedy"], params)


def word(group: str, name: str, language: str, **params: Any) -> str:
    """A word or sentence of a group (`states`, `left_out` …); the bare name when unknown."""
    text = catalogue(language).get(group, {}).get(name, name)
    return fill(text, {key: shown(value, language) for key, value in params.items()})


def reason(code: str, language: str, **params: Any) -> str:
    """Why a plan left an order out; nobody of the trade at all is another thing than too low."""
    if code == "NO_TRADE" and params.get("best_level") == 0:
        code = "NO_TRADE_AT_ALL"
    return word("left_out", code, language, **params)


def language_of(accept: str | None) -> str | None:
    """The language of ours that an `Accept-Language` header likes best; None if none."""
    liked: list[tuple[float, int, str]] = []
    for position, part in enumerate((accept or "")[:500].split(",")):
        tag, _, rest = part.strip().partition(";")
        quality = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", rest)
        weight = float(quality[1]) if quality else (0.0 if rest.strip() else 1.0)
        base = tag.strip().lower().split("-")[0]
        if weight > 0:
            liked += [(-weight, position, one) for one in LANGUAGES if one.split("-")[0] == base]
    return min(liked)[2] if liked else None


class _Forgiving(string.Formatter):
    """A placeholder without a value is left blank: a text must never turn into an error."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return kwargs.get(str(key), "")


def fill(text: str, params: Mapping[str, str]) -> str:
    return re.sub(r"\s+", " ", _Forgiving().vformat(text, (), params)).strip()


def _field(path: tuple[str, ...], language: str) -> str:
    """What a person calls the input field; its own name where there is no word for it."""
    named = [part for part in path if not part.isdigit()]
    return word("fields", named[-1], language) if named else ""


def _range(params: Mapping[str, str], language: str) -> str:
    least, most = params.get("least", ""), params.get("most", "")
    kind = {(True, True): "within", (True, False): "at_least", (False, True): "at_most"}
    return word(
        "ranges", kind.get((bool(least), bool(most)), "other"), language, least=least, most=most
    )


def duration(seconds: float, language: str) -> str:
    """In the units that people use; none is left out, so that nothing is rounded."""
    forms = catalogue(language)["policy"]["values"]
    parts, left = [], seconds
    for unit, length in _UNITS:
        count = left if unit == "second" else left // length
        left -= count * length
        if count:
            parts.append(forms[unit if count == 1 else f"{unit}s"].format(count=plain(count)))
    return forms["joint"].join(parts) or forms["none_s"]


def plain(value: float) -> str:
    """A number, its thousands apart."""
    return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"


def _phrase(phrase: Phrase, language: str) -> str:
    text = reduce(lambda here, name: here[name], phrase.path, catalogue(language))
    return fill(str(text), {name: _figure(each, language) for name, each in phrase.params.items()})


def _figure(value: Any, language: str) -> str:
    """A figure of a phrase: times in their units, words of closed lists by their names; texts are
    what somebody must write, as they are."""
    if isinstance(value, timedelta):
        return duration(int(value.total_seconds()), language)
    if isinstance(value, StrEnum):
        named = catalogue(language)["policy"]["words"].get(type(value).__name__, {})
        return named.get(value.value, value.value)
    if isinstance(value, list | tuple):
        return _separator(language).join(_figure(one, language) for one in value)
    if isinstance(value, int | float):
        return plain(value)
    return str(value)


def _separator(language: str) -> str:
    return ", " if language == "en" else "、"


def shown(value: Any, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Phrase):
        return _phrase(value, language)
    if isinstance(value, list | tuple | set | frozenset):
        return _separator(language).join(shown(one, language) for one in value)
    if isinstance(value, Mapping):
        return shown(list(value), language)
    name = str(value)
    return catalogue(language).get("words", {}).get(name, name)
