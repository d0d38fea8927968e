"""Teaching a site's classifier (TRI-3): shipped phrases, its own categories, its desk's decisions.

Training takes seconds of one core: it runs between two transactions, beside the event loop.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from dispatch.classifying.model import digest
from dispatch.classifying.shipped import examples, shipped_model
from dispatch.classifying.training import Example, Trained, train
from dispatch.domain.erasure import ERASED
from dispatch.domain.rights import Actor
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services, Tx
from dispatch.services.catalogue import default_categories
from dispatch.services.guesses import leaves_of
from dispatch.services.policies import policy_of
from dispatch.store.erasures import Erasure
from dispatch.store.guesses import Classifier, Guess
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket

# Below it there is nothing to choose between.
_LABELS_LEAST = 2


def shipped_examples() -> list[Example]:
    """What the shipped model learns from: the phrases, and the names of the shipped leaves."""
    names = (
        (name, leaf.code)
        for group in default_categories()
        for leaf in group.children
        for name in (leaf.name_zh, leaf.name_en)
    )
    return _with_names(examples(), names)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a site's classifier stands: its model (None: the shipped one), how many guesses the
    desk decided and how many of these were right, and how many decisions no training has seen."""

    classifier: Classifier | None
    decided: int
    right: int
    waiting: int


async def standing_of(tx: Tx, site_id: int) -> Standing:
    statement = select(Classifier).where(Classifier.site_id == site_id)
    classifier = (await tx.session.execute(statement)).scalar_one_or_none()
    until = classifier.learned_until if classifier is not None else None
    decided = Guess.chosen_id.is_not(None)
    counted = select(
        func.count().filter(decided),
        func.count().filter(decided, Guess.chosen_id == Guess.category_id),
        func.count().filter(decided, Guess.decided_at > until)
        if until
        else func.count().filter(decided),
    ).where(Guess.site_id == site_id)
    total, right, waiting = (await tx.session.execute(counted)).one()
    return Standing(classifier, total, right, waiting)


async def sites_due(services: Services) -> list[tuple[int, int]]:
    """Organization and id of the sites whose classifier should be trained anew: enough decisions
    wait, it does not know a category that the site uses, or words it read were erased."""
    due = []
    async with services.store.reading() as session:
        sites = (await session.execute(select(Site.organization_id, Site.id))).all()
    for organization_id, site_id in sites:
        async with services.reading(_trainer(organization_id)) as tx:
            if await _is_due(tx, site_id):
                due.append((organization_id, site_id))
    return due


async def retrain_due(services: Services) -> list[Classifier]:
    """Trains every site that is due, one after the other; those that have the same to learn from,
    like the many new ones of a group, at once."""
    learned: dict[tuple[Example, ...], Trained] = {}
    trained = [
        await retrain(services, _trainer(organization_id), site_id=site_id, learned=learned)
        for organization_id, site_id in await sites_due(services)
    ]
    return [each for each in trained if each is not None]


async def retrain(
    services: Services,
    actor: Actor,
    *,
    site_id: int,
    learned: dict[tuple[Example, ...], Trained] | None = None,
) -> Classifier | None:
    """Trains a site's classifier on all there is to learn from, and puts it in use.

    `learned`: what was learned from which examples a moment ago, and is not learned again.

    None where there is nothing to choose between. Training never holds a transaction open; what
    another process trained meanwhile from newer decisions stays.
    """
    async with services.reading(actor) as tx:
        lesson = await _lesson(tx, site_id)
    if len({each.label for each in lesson.examples}) < _LABELS_LEAST:
        return None
    known, examples = learned if learned is not None else {}, tuple(lesson.examples)
    if examples not in known:
        known[examples] = await asyncio.to_thread(train, examples)
    trained = known[examples]
    stored = await asyncio.to_thread(trained.model.to_bytes)
    fresh = {
        "digest": digest(stored),
        "weights": stored,
        "codes": list(lesson.codes),
        "corrections": lesson.corrections,
        "reports": trained.reports,
        "accuracy": trained.accuracy,
        "calibration_error": trained.calibration_error,
        "learned_until": lesson.until,
    }
    return await services.perform(actor, _put_in_use, site_id=site_id, fresh=fresh)


async def _put_in_use(tx: Tx, *, site_id: int, fresh: Mapping[str, object]) -> Classifier:
    statement = select(Classifier).where(Classifier.site_id == site_id).with_for_update()
    row = (await tx.session.execute(statement)).scalar_one_or_none()
    until = fresh["learned_until"]
    if row is None:
        row = Classifier(site_id=site_id)
    elif isinstance(until, datetime) and row.learned_until and row.learned_until > until:
        return row
    for name, value in fresh.items():
        setattr(row, name, value)
    row.trained_at = tx.now
    await tx.save(row, "classifier.trained")
    return row


@dataclass(frozen=True, slots=True)
class _Lesson:
    examples: Sequence[Example]
    codes: Sequence[str]
    corrections: int
    until: datetime | None


async def _lesson(tx: Tx, site_id: int) -> _Lesson:
    policy = (await policy_of(tx, site_id)).guesses
    leaves = await leaves_of(tx, site_id)
    names = [(name, code) for code, leaf in leaves.items() for name in (leaf.name_zh, leaf.name_en)]
    known = _with_names([each for each in examples() if each.label in leaves], names)
    decisions = await _decisions(tx, site_id, leaves, kept=policy.kept_per_category)
    corrections = [
        Example(text, code, is_report=True, weight=policy.weight) for text, code, _ in decisions
    ]
    return _Lesson(
        examples=[*known, *corrections],
        codes=sorted(leaves),
        corrections=len(corrections),
        until=max((at for _, _, at in decisions), default=None),
    )


async def _decisions(
    tx: Tx, site_id: int, leaves: Mapping[str, Any], *, kept: int
) -> list[tuple[str, str, datetime]]:
    """Text, category and time of what the desk decided last, at most `kept` of each category."""
    newest = (
        func.row_number()
        .over(partition_by=Guess.chosen_id, order_by=(Guess.decided_at.desc(), Guess.id.desc()))
        .label("newest")
    )
    ranked = (
        select(Guess.chosen_id, Guess.decided_at, Guess.id, Ticket.description, newest)
        .join(Ticket, Ticket.id == Guess.ticket_id)
        .where(Guess.site_id == site_id, Guess.chosen_id.is_not(None), Ticket.description != ERASED)
        .subquery()
    )
    statement = select(ranked).where(ranked.c.newest <= kept).order_by(ranked.c.id)
    codes = {leaf.id: code for code, leaf in leaves.items()}
    return [
        (row.description, codes[row.chosen_id], row.decided_at)
        for row in await tx.session.execute(statement)
        if row.chosen_id in codes
    ]


async def _is_due(tx: Tx, site_id: int) -> bool:
    standing = await standing_of(tx, site_id)
    policy = (await policy_of(tx, site_id)).guesses
    if standing.waiting >= policy.retrain_after:
        return True
    model = standing.classifier
    known = set(model.codes if model is not None else shipped_model()[1].labels)
    leaves = await leaves_of(tx, site_id)
    if len(leaves) >= _LABELS_LEAST and not leaves.keys() <= known:
        return True
    return model is not None and await _erased_since(tx, site_id, model.trained_at)


async def _erased_since(tx: Tx, site_id: int, moment: datetime) -> bool:
    """Whether a customer's words were erased since: no model may keep what it read in them."""
    statement = select(Erasure.id).where(Erasure.site_id == site_id, Erasure.finished_at > moment)
    return (await tx.session.execute(statement.limit(1))).scalar_one_or_none() is not None


def _with_names(phrases: Sequence[Example], names: Iterable[tuple[str, str]]) -> list[Example]:
    """The phrases, and those names that are not among them."""
    said = {each.text.casefold() for each in phrases}
    return [
        *phrases,
        *(Example(name, code) for name, code in names if name.casefold() not in said),
    ]


def _trainer(organization_id: int) -> Actor:
    return service_actor(organization_id=organization_id, origin="classifier")
