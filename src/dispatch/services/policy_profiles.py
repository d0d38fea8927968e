"""The shipped policies (策略模板), one file each: reading them, applying one to a site."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from dispatch.domain.policies.profiles import PolicyProfile
from dispatch.services.action import Tx
from dispatch.services.policies import set_policy
from dispatch.store.policies import PolicyRecord


@dataclass(frozen=True, slots=True)
class ShippedPolicy:
    """A profile as it is shipped; `document` holds what differs from the defaults."""

    profile: PolicyProfile
    name: Mapping[str, str]
    about: Mapping[str, str]
    """Name and purpose by language: `zh`, `en`."""
    document: Mapping[str, Any]


@cache
def shipped_policies() -> Mapping[PolicyProfile, ShippedPolicy]:
    """Every profile, in the order of the list."""
    return MappingProxyType({profile: _read(profile) for profile in PolicyProfile})


def _read(profile: PolicyProfile) -> ShippedPolicy:
    path = files("dispatch").joinpath("data", "policies", f"{profile.value.lower()}.toml")
    told = tomllib.loads(path.read_text("utf-8"))
    return ShippedPolicy(profile, told["name"], told["about"], told["policy"])


async def apply_profile(
    tx: Tx, *, site_id: int, profile: PolicyProfile, valid_from: datetime | None = None
) -> PolicyRecord:
    """Puts a shipped policy in force in place of what the site set, from `valid_from` (default:
    now). Refused like any other document when it does not fit the site's shifts."""
    document = shipped_policies()[profile].document
    return await set_policy(
        tx, site_id=site_id, document=document, valid_from=valid_from, profile=profile
    )
