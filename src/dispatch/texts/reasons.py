"""Reasons of plans as people read them: names for ids, local times, minutes for seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from dispatch.texts.catalogue import reason, word

# Figures that name rows by their ids, and the words of the sentences they fill.
_PEOPLE = {"technician_id": "technician", "to_technician_id": "to"}
_ORDERS = {"other_order_id": "order"}
_SPANS = ("seconds", "overtime_s")
ROW_IDS = frozenset({*_PEOPLE, *_ORDERS, "technicians", "technicians_named", "waits_for_id"})
"""Figures that are row ids: of no use to a reader."""
# Rules whose measure is not a time.
_COUNTED = frozenset({"LEVEL", "CAPACITY"})


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What a reason names by id or code; its sentences want them as people say them."""

    people: frozenset[int]
    orders: frozenset[int]
    trades: frozenset[str]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Mentioned":
        return Mentioned(
            people=frozenset(data[name] for name in _PEOPLE if data.get(name) is not None),
            orders=frozenset(data[name] for name in _ORDERS if data.get(name) is not None),
            trades=frozenset({data["trade"]} if data.get("trade") else ()),
        )


@dataclass(frozen=True, slots=True)
class Names:
    """Names of what reasons mention, in the reader's language, and their clock."""

    language: str
    zone: tzinfo | None = None
    people: Mapping[int, str] = field(default_factory=dict)
    orders: Mapping[int, str] = field(default_factory=dict)
    trades: Mapping[str, str] = field(default_factory=dict)


def reason_text(code: str, data: Mapping[str, Any], names: Names) -> str:
    """Why an order has no place."""
    return reason(code, names.language, **_params(data, names))


def remedy_text(remedy: Mapping[str, Any], names: Names) -> str:
    """What would give it one."""
    return word("remedies", remedy["code"], names.language, **_params(remedy, names))


def rule_text(rule: str, by: int | None, language: str) -> str:
    """What keeps one technician from it, and by how much if that can be said."""
    if by is None:
        return word("rules", rule, language)
    measure = by if rule in _COUNTED else -(-by // 60)
    return word("rules_by", rule, language, by=measure)


def _params(data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    params = {name: value for name, value in data.items() if name not in ROW_IDS | {"code"}}
    for name, said in _PEOPLE.items():
        if data.get(name) is not None:
            params[said] = names.people.get(data[name], "")
    for name, said in _ORDERS.items():
        if data.get(name) is not None:
            params[said] = names.orders.get(data[name], "")
    for name in _SPANS:
        if isinstance(data.get(name), int):
            params["minutes"] = -(-data[name] // 60)
    if isinstance(data.get("start"), str):
        params["start"] = f"{datetime.fromisoformat(data['start']).astimezone(names.zone):%H:%M}"
    if data.get("trade"):
        params["trade"] = names.trades.get(data["trade"], data["trade"])
    return params
