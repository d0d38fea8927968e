"""A site's policy (策略): what it sets, and what is in force."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related
from dispatch.api.nouns.lists import SiteId
from dispatch.api.nouns.sites import Site
from dispatch.domain.policies import Policy as PolicyValues
from dispatch.domain.policies import policy_document, stored_policy
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.policies import policy_of, record_in_force
from dispatch.store.policies import PolicyRecord
from dispatch.texts.policies import policy_page


@strawberry.type(description="What one value of a policy means, in a sentence (策略条文).")
class PolicySentence:
    field: str = column("The value's path in the document, such as `clocks.accept_s` (字段).")
    text: str = column("The sentence, in the reader's language (条文).")


@strawberry.type(description="The sentences of one theme (策略章节).")
class PolicySection:
    name: str = column("Its name in the document; `general` for what stands in none (章节代码).")
    heading: str = column("Its heading, in the reader's language (标题).")
    sentences: list[PolicySentence] = column("A sentence for each value (条文).")


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


_PAGE = "Every value in force as a page of plain sentences, by theme (策略全文)."


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
