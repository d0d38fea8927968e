"""A site's numbers (策略): one section per theme, read from a document, defaults for the rest."""

from dispatch.domain.policies.dispatch import DispatchStep
from dispatch.domain.policies.planning import Planning
from dispatch.domain.policies.policy import Policy, parse_policy, policy_document, stored_policy
from dispatch.domain.policies.privacy import Privacy
from dispatch.domain.policies.windows import DayWindow

__all__ = [
    "DayWindow",
    "DispatchStep",
    "Planning",
    "Policy",
    "Privacy",
    "parse_policy",
    "policy_document",
    "stored_policy",
]
