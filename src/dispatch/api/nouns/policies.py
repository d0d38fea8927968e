"""A site's policy (策略): what is in force, its page of sentences, its versions, shipped ones."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related
from dispatch.api.nouns.lists import OptionalSiteId, SiteId, listed
from dispatch.api.nouns.sites import Site
from dispatch.domain.places import SiteKind
from dispatch.domain.policies import Policy as PolicyValues
from dispatch.domain.policies import parse_policy, policy_document, stored_policy
from dispatch.domain.policies.profiles import PROFILE_OF_KIND, PolicyProfile
from dispatch.domain.policies.versions import (
    PolicyState,
    policy_changes,
    policy_state,
    value_of,
)
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.policies import policy_of, record_in_force
from dispatch.services.policy_profiles import shipped_policies
from dispatch.services.policy_versions import Version, versions
from dispatch.store.policies import PolicyRecord
from dispatch.texts.policies import GENERAL, field_text, policy_page


@strawberry.type(description="What one value of a policy means, in a sentence (策略条文).")
class PolicySentence:
    field: str = column("The value's path in the document, such as `clocks.accept_s` (字段).")
    text: str = column("The sentence, in the reader's language (条文).")


@strawberry.type(description="The sentences of one theme (策略章节).")
class PolicySection:
    name: str = column("Its name in the document; `general` for what stands in none (章节代码).")
    heading: str = column("Its heading, in the reader's language (标题).")
    sentences: list[PolicySentence] = column("A sentence for each value (条文).")


@strawberry.type(description="A value in which two policies differ (策略变动).")
class PolicyChange:
    field: str = column("The value's path in the document, such as `clocks.accept_s` (字段).")
    before: JSON | None = column("The value before (原值).")
    after: JSON | None = column("The value after (新值).")
    was: str = column("What it meant before, in the reader's language (原条文).")
    becomes: str = column("What it means after, in the reader's language (新条文).")


def page(info: Info, policy: PolicyValues) -> list[PolicySection]:
    """A policy in words, as the reader reads."""
    return [
        PolicySection(
            name=section.name,
            heading=section.heading,
            sentences=[
                PolicySentence(field=each.field, text=each.text) for each in section.sentences
            ],
        )
        for section in policy_page(policy, info.context.language)
    ]


def changes(info: Info, before: PolicyValues, after: PolicyValues) -> list[PolicyChange]:
    """What differs between two policies, as the reader reads."""

    def said(policy: PolicyValues, change: Any) -> str:
        section = change.section or GENERAL
        return field_text(section, change.name, value_of(policy, change), info.context.language)

    return [
        PolicyChange(
            field=each.path,
            before=each.before,
            after=each.after,
            was=said(before, each),
            becomes=said(after, each),
        )
        for each in policy_changes(before, after)
    ]


_PAGE = "Every value in force as a page of plain sentences, by theme (策略全文)."


def _version(root: PolicyRecord, info: Info) -> Awaitable[Version | None]:
    return load(info, versions, root.id)


@strawberry.type(
    description="What a site set apart from the defaults, from a moment on (策略版本)."
)
class Policy(OfRow, Node):
    row = PolicyRecord

    valid_from: datetime = column("In force from here until the next one (生效时间).")
    document: JSON = column("What the site set itself (已设置项).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")

    @strawberry.field(
        description="Every value in force, the defaults included (生效值). Seconds end in `_s`."
    )
    def effective(root: PolicyRecord) -> JSON:
        return JSON(policy_document(stored_policy(root.document)))

    @strawberry.field(description=_PAGE)
    def sentences(root: PolicyRecord, info: Info) -> list[PolicySection]:
        return page(info, stored_policy(root.document))

    @strawberry.field(description="Until when (失效时间); null: until another one is set.")
    async def valid_to(root: PolicyRecord, info: Info) -> datetime | None:
        version = await _version(root, info)
        return version.valid_to if version is not None else None

    @strawberry.field(description="Where it stands: past, in force or ahead (状态).")
    async def state(root: PolicyRecord, info: Info) -> PolicyState:
        version = await _version(root, info)
        return policy_state(
            valid_from=root.valid_from,
            valid_to=version.valid_to if version is not None else None,
            now=info.context.services.clock(),
        )

    @strawberry.field(
        description="In what it differs from the one before it, or from the defaults (变动)."
    )
    async def changes(root: PolicyRecord, info: Info) -> list[PolicyChange]:
        version = await _version(root, info)
        return changes(info, version.before, version.policy) if version is not None else []

    @strawberry.field(description="Who set it last (设置人); null for who may not see the record.")
    async def set_by(root: PolicyRecord, info: Info) -> str | None:
        version = await _version(root, info)
        return version.set_by if version is not None else None

    @strawberry.field(
        description="When it was set last (设置时间); null for who may not see the record."
    )
    async def set_at(root: PolicyRecord, info: Info) -> datetime | None:
        version = await _version(root, info)
        return version.set_at if version is not None else None

    @strawberry.field(
        description="The shipped policy that was applied with it (策略模板); null: the site's own."
    )
    async def profile(root: PolicyRecord, info: Info) -> PolicyProfile | None:
        version = await _version(root, info)
        return version.profile if version is not None else None


@strawberry.type(description="The policy in force at a site now (现行策略).")
class EffectivePolicy:
    document: JSON = column("What the site set itself; empty: the defaults alone (已设置项).")
    effective: JSON = column(
        "Every value in force, the defaults included (生效值). Seconds end in `_s`."
    )
    valid_from: datetime | None = column("Since when; null: never set (生效时间).")
    policy: strawberry.Private[PolicyValues]

    @strawberry.field(description=_PAGE)
    def sentences(self, info: Info) -> list[PolicySection]:
        return page(info, self.policy)


@strawberry.type(description="A policy that is shipped for a kind of site (策略模板).")
class ShippedPolicy:
    profile: PolicyProfile = column("Which one (模板).")
    name: str = column("Its name, in the reader's language (名称).")
    about: str = column("What it is for, in the reader's language (说明).")
    kinds: list[SiteKind] = column("Sites of these kinds begin with it (适用项目类型).")
    document: JSON = column("What it sets apart from the defaults (设置项).")
    policy: strawberry.Private[PolicyValues]
    compared: strawberry.Private[PolicyValues]

    @strawberry.field(description=_PAGE)
    def sentences(self, info: Info) -> list[PolicySection]:
        return page(info, self.policy)

    @strawberry.field(
        description="What it would change: of the site's policy in force if a site was asked "
        "about, else of the defaults (变动预览)."
    )
    def changes(self, info: Info) -> list[PolicyChange]:
        return changes(info, self.compared, self.policy)


@strawberry.type
class PolicyQueries:
    @strawberry.field(description="The policy in force at a site (现行策略).")
    async def policy(root: None, info: Info, site_id: SiteId) -> EffectivePolicy:
        row_id = ids.decode(site_id, "Site", field="site_id")
        async with info.context.reading() as tx:
            site = await visible.find_site(tx, row_id, Action.SEE_ALL_TICKETS)
            record = await record_in_force(tx, site.id)
            policy = await policy_of(tx, site.id)
        return EffectivePolicy(
            document=JSON(record.document if record is not None else {}),
            effective=JSON(policy_document(policy)),
            valid_from=record.valid_from if record is not None else None,
            policy=policy,
        )

    @strawberry.field(
        graphql_type=Connection[Policy],
        description="The versions of a site's policy, newest first, those ahead included "
        "(策略历史).",
    )
    async def policy_versions(
        root: None,
        info: Info,
        site_id: SiteId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            PolicyRecord,
            seen=visible.policies,
            order=[Order(PolicyRecord.valid_from, descending=True)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

    @strawberry.field(
        description="The shipped policies, with all that each says, to look at before one is "
        "applied (策略模板)."
    )
    async def policy_profiles(
        root: None, info: Info, site_id: OptionalSiteId = None
    ) -> list[ShippedPolicy]:
        compared = PolicyValues()
        # Not signed in: refused, though nothing is told of anybody.
        _ = info.context.actor
        if site_id is not None:
            row_id = ids.decode(site_id, "Site", field="site_id")
            async with info.context.reading() as tx:
                site = await visible.find_site(tx, row_id, Action.SEE_ALL_TICKETS)
                compared = await policy_of(tx, site.id)
        language = "zh" if info.context.language.startswith("zh") else "en"
        return [
            ShippedPolicy(
                profile=each.profile,
                name=each.name[language],
                about=each.about[language],
                kinds=[kind for kind, name in PROFILE_OF_KIND.items() if name is each.profile],
                document=JSON(each.document),
                policy=parse_policy(each.document),
                compared=compared,
            )
            for each in shipped_policies().values()
        ]
