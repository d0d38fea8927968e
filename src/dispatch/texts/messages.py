"""The words of a message, in its reader's language and the site's time."""

import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.texts.catalogue import catalogue, fill, shown

_SAMPLE_TIME = "2026-11-23T01:30:00+00:00"


def message_text(
    kind: str, language: str, params: Mapping[str, Any], *, zone: str
) -> tuple[str, str]:
    """Subject and body. Times among `params` are ISO 8601 with their zone."""
    texts = catalogue(language)["messages"][kind]
    told = {name: shown(_local(value, zone), language) for name, value in params.items()}
    return fill(texts["subject"], told), fill(texts["body"], told)


def sample_params(kind: str, language: str) -> dict[str, Any]:
    """Something for every placeholder of a message, to look at it before it is ever sent."""
    texts = catalogue(language)["messages"][kind]
    names = {
        name
        for text in texts.values()
        for _, name, _, _ in string.Formatter().parse(text)
        if name is not None
    }
    samples = catalogue(language)["message_samples"]
    return {name: samples.get(name, _sample(name)) for name in sorted(names)}


def _sample(name: str) -> str:
    is_time = name.endswith("_at") or name in {"at", "since", "until", "starts", "ends"}
    return _SAMPLE_TIME if is_time else f"[{name}]"


def _local(value: Any, zone: str) -> Any:
    if not isinstance(value, str) or len(value) < len("2026-11-23T01:30+00:00") or "T" not in value:
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if at.tzinfo is not None else value
