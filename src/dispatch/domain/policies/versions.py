"""Versions of a site's policy: where each stands, and in what it differs from another."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dispatch.domain.policies.policy import Policy, policy_document


class PolicyState(StrEnum):
    """Where a version stands."""

    PAST = "PAST"
    IN_FORCE = "IN_FORCE"
    AHEAD = "AHEAD"
    """It has not begun."""


def policy_state(*, valid_from: datetime, valid_to: datetime | None, now: datetime) -> PolicyState:
    """Where a version stands that holds from `valid_from` until `valid_to` (none: for good)."""
    if now < valid_from:
        return PolicyState.AHEAD
    return PolicyState.PAST if valid_to is not None and valid_to <= now else PolicyState.IN_FORCE


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A value that differs; `section` is None for one that stands in the policy itself."""

    section: str | None
    name: str
    before: Any
    after: Any

    @property
    def path(self) -> str:
        return self.name if self.section is None else f"{self.section}.{self.name}"


SECTIONS = frozenset(
    each.name for each in fields(Policy) if is_dataclass(getattr(Policy(), each.name))
)
"""Names of the policy's groups of values."""


def policy_changes(before: Policy, after: Policy) -> list[PolicyChange]:
    """Every value that differs, as plain JSON, in the order of the policy."""
    old, new = policy_document(before), policy_document(after)
    changes = []
    for name, value in new.items():
        if name in SECTIONS:
            changes += [
                PolicyChange(name, each, old[name][each], value[each])
                for each in value
                if old[name][each] != value[each]
            ]
        elif old[name] != value:
            changes.append(PolicyChange(None, name, old[name], value))
    return changes


def value_of(policy: Policy, change: PolicyChange) -> Any:
    """The value that a change is about, in a policy."""
    holder = policy if change.section is None else getattr(policy, change.section)
    return getattr(holder, change.name)
