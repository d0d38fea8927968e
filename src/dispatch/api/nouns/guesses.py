"""What the classifier makes of free text (智能分类)."""

from datetime import datetime
from typing import Annotated

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import column, load, related
from dispatch.api.nouns.categories import Category, Trade
from dispatch.api.nouns.lists import SiteId
from dispatch.domain.rights import Action
from dispatch.domain.triage import Priority
from dispatch.services import guesses, learning, visible
from dispatch.services.learning import Standing
from dispatch.store.categories import Category as CategoryRow
from dispatch.store.guesses import Guess as GuessRow


@strawberry.type(description="A category that came into question, too (备选类别).")
class GuessAlternative:
    category_id: strawberry.Private[int]
    confidence: float = column("Its probability, 0 to 1 (置信度).")
    category = related(
        batches.categories, Category | None, "The category (类别).", key="category_id"
    )


@strawberry.type(
    description="The classifier's guess of a report (智能分类): a suggestion to the desk. Danger "
    "is found by words, never by the model, and never lowered by it."
)
class TicketGuess:
    confidence: float = column("Probability that the category is right, 0 to 1 (置信度).")
    is_sure: bool = column(
        "Whether it counts as decided by the model (模型判定): its confidence reaches the policy's "
        "`guesses.sure_from`, and no danger word speaks against it. Else the desk decides."
    )
    is_automatic: bool = column(
        "Whether it triaged the ticket by itself (自动定级): the policy's `guesses.triages`."
    )
    priority: Priority | None = column(
        "The priority that would follow (优先级); EMERGENCY wherever a danger word stands."
    )
    danger_word: str | None = column("The danger word in the text (危险词); null: none.")
    made_at: datetime = column("When it was guessed (猜测时间).")
    decided_at: datetime | None = column("When the desk decided (裁定时间); null: not yet.")
    category = related(
        batches.categories,
        Category | None,
        "The likeliest category (猜测类别); null: the text says nothing.",
        key="category_id",
    )
    chosen = related(
        batches.categories,
        Category | None,
        "What the desk chose at triage (裁定类别); the next training learns from it.",
        key="chosen_id",
    )

    @strawberry.field(
        graphql_type=Trade | None,
        description="The trade of the likeliest category (工种).",
    )
    async def trade(root: GuessRow, info: Info) -> object:
        category: CategoryRow | None = None
        if root.category_id is not None:
            category = await load(info, batches.categories, root.category_id)
        if category is None or category.trade is None:
            return None
        return await load(info, batches.trades, category.trade)

    @strawberry.field(description="What came into question, too, likeliest first (备选).")
    def alternatives(root: GuessRow) -> list[GuessAlternative]:
        return [GuessAlternative(**each) for each in root.alternatives]

    @strawberry.field(
        description="Whether the desk chose the likeliest category (猜中); null: not decided yet."
    )
    def is_right(root: GuessRow) -> bool | None:
        return None if root.chosen_id is None else root.chosen_id == root.category_id


@strawberry.type(
    description="How a site's classifier stands (分类模型): what it learned from, how good it is."
)
class Classifier:
    standing: strawberry.Private[Standing]

    @strawberry.field(
        description="When it was last trained for the site (训练时间); null: the shipped model."
    )
    def trained_at(self) -> datetime | None:
        row = self.standing.classifier
        return row.trained_at if row is not None else None

    @strawberry.field(description="Decisions of the desk that it learned from (已学习裁定数).")
    def corrections(self) -> int:
        row = self.standing.classifier
        return row.corrections if row is not None else 0

    @strawberry.field(
        description="Share of reports guessed right that it had not seen, 0 to 1 (未见样本正确率); "
        "null: never trained for the site."
    )
    def accuracy(self) -> float | None:
        row = self.standing.classifier
        return row.accuracy if row is not None else None

    @strawberry.field(
        description="How far confidence and accuracy lie apart on them, 0 to 1 (校准误差); null: "
        "never trained for the site."
    )
    def calibration_error(self) -> float | None:
        row = self.standing.classifier
        return row.calibration_error if row is not None else None

    @strawberry.field(description="Tickets whose category the desk has decided (已裁定数).")
    def decided(self) -> int:
        return self.standing.decided

    @strawberry.field(description="How many of these were guessed right at intake (猜中数).")
    def right(self) -> int:
        return self.standing.right

    @strawberry.field(description="Decisions that wait for the next training (待学习裁定数).")
    def waiting(self) -> int:
        return self.standing.waiting


@strawberry.type
class GuessQueries:
    @strawberry.field(
        graphql_type=TicketGuess,
        description="Category, trade and priority of a text nobody has reported yet (预判分类); "
        "for whoever may report at the site. Nothing is kept.",
    )
    async def ticket_guess(
        root: None,
        info: Info,
        site_id: SiteId,
        description: Annotated[
            str, strawberry.argument(description="What would be said, Chinese or English (描述).")
        ],
    ) -> GuessRow:
        row_id = ids.decode(site_id, "Site", field="site_id")
        async with info.context.reading() as tx:
            return await guesses.preview(tx, site_id=row_id, description=description)

    @strawberry.field(
        description="How the site's classifier stands (分类模型); for those who see every ticket."
    )
    async def classifier(root: None, info: Info, site_id: SiteId) -> Classifier:
        row_id = ids.decode(site_id, "Site", field="site_id")
        async with info.context.reading() as tx:
            site = await visible.find_site(tx, row_id, Action.SEE_ALL_TICKETS)
            return Classifier(standing=await learning.standing_of(tx, site.id))
