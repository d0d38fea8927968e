"""Setting a site's policy (设置策略): a document, a shipped policy, withdrawing one ahead."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from dispatch.api.nouns.policies import Policy
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.domain.errors import Code
from dispatch.domain.policies.profiles import PolicyProfile
from dispatch.services import policies, policy_profiles, policy_versions
from dispatch.store.policies import PolicyRecord


@strawberry.input(
    description="A whole new policy document for a site (设置策略); what it does not name is the "
    "default."
)
class PolicyUpdateInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    document: JSON = needed("What the site sets itself, as `policy.document` shows it (策略).")
    valid_from: datetime | None = optional("From when (生效时间); default: now.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A shipped policy for a site (套用策略模板).")
class PolicyApplyProfileInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    profile: PolicyProfile = needed("Which one, of `policyProfiles` (模板).")
    valid_from: datetime | None = optional("From when (生效时间); default: now.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Takes back a version that has not begun (撤回未生效策略).")
class PolicyWithdrawInput:
    policy_id: strawberry.ID = needed("The version, of `policyVersions` (版本).", node="Policy")
    idempotency_key: str | None = key_field()


_POLICY = Result("policy", Policy, "The policy set (策略).", PolicyRecord.id)
_SITE = Result("site", Site, "The site, whose other versions go on (项目).")


@strawberry.type
class PolicyMutations:
    policy_update = write(
        policies.set_policy,
        PolicyUpdateInput,
        _POLICY,
        Code.POLICY_INVALID,
        description="Puts a new policy document in force, now or from a later moment on; what was "
        "before stays on record. All that is wrong with it is told at once (设置策略).",
    )
    policy_apply_profile = write(
        policy_profiles.apply_profile,
        PolicyApplyProfileInput,
        _POLICY,
        Code.POLICY_INVALID,
        description="Puts a shipped policy in force in place of all that the site set itself, "
        "which stays on record (套用策略模板).",
    )
    policy_withdraw = write(
        policy_versions.withdraw,
        PolicyWithdrawInput,
        _SITE,
        Code.POLICY_HAS_BEGUN,
        description="Takes back a version that has not begun; the one before it goes on "
        "(撤回未生效策略).",
    )
