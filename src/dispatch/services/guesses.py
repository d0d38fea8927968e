"""Guessing the category of a report, and keeping what the desk decided (TRI-3)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, select

from dispatch.classifying.model import Model, digest
from dispatch.classifying.shipped import shipped_model
from dispatch.domain.guesses import Leaf, judge
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action
from dispatch.domain.sizes import check_text, demand_text
from dispatch.domain.tickets import DESCRIPTION_MOST
from dispatch.domain.triage import Priority, danger_word
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.categories import Category
from dispatch.store.guesses import Classifier, Guess
from dispatch.store.tickets import Ticket

_log = structlog.get_logger(__name__)

# Models of sites that this process holds ready, by digest; each takes a megabyte or two.
_HELD = 64
_held: dict[str, Model] = {}
# So many characters are guessed in half a millisecond.
_SHORT = 500

# Asked with every report: put together once, and of the categories only what a guess needs.
_OF_TICKET = select(Guess).where(Guess.ticket_id == bindparam("ticket"))
_LEAVES = (
    select(
        Category.code,
        Category.id,
        Category.priority,
        Category.is_danger,
    )
    .where(Category.site_id == bindparam("site"), Category.is_active, Category.trade.is_not(None))
    .order_by(Category.id)
)
_NAMED_LEAVES = _LEAVES.add_columns(Category.name_zh, Category.name_en)
_GUESS = "guess"
_DIGEST = select(Classifier.digest).where(Classifier.site_id == bindparam("site"))


async def preview(tx: Tx, *, site_id: int, description: str) -> Guess:
    """The guess of a text that nobody has reported yet; nothing is written."""
    await visible.find_site(tx, site_id, Action.REPORT, own=True)
    demand_text("description", description)
    check_text("description", description, most=DESCRIPTION_MOST)
    guess = Guess(site_id=site_id, is_automatic=False, made_at=tx.now)
    await _fill(tx, guess, text=description, policy=await policy_of(tx, site_id))
    return guess


async def make(tx: Tx, ticket: Ticket, *, policy: Policy, is_new: bool = False) -> Guess:
    """Guesses a ticket's category by its words as they are now, and keeps the guess.

    `is_new`: the ticket was not there before this transaction, and so has no guess yet.
    """
    guess = None if is_new else await guess_of(tx, ticket)
    if guess is None:
        guess = Guess(site_id=ticket.site_id, ticket_id=ticket.id)
    guess.made_at = tx.now
    await _fill(tx, guess, text=ticket.description, policy=policy)
    await tx.save(guess, "guess.made")
    tx.memo[_GUESS, ticket.id] = guess
    return guess


async def learn(tx: Tx, ticket: Ticket) -> None:
    """Keeps the category that the desk gave a ticket: the next training learns from it.

    What a guess triaged by itself teaches nothing; a ticket that was never guessed does.
    """
    guess = await guess_of(tx, ticket)
    if guess is None:
        guess = Guess(site_id=ticket.site_id, ticket_id=ticket.id, made_at=tx.now)
        await _fill(tx, guess, text=ticket.description, policy=await policy_of(tx, ticket.site_id))
    elif guess.is_automatic and tx.actor.is_service:
        return
    guess.chosen_id = ticket.category_id
    guess.decided_at = tx.now
    await tx.save(guess, "guess.decided")


async def guess_of(tx: Tx, ticket: Ticket) -> Guess | None:
    made = tx.memo.get((_GUESS, ticket.id))
    if made is not None:
        return made
    return (await tx.session.execute(_OF_TICKET, {"ticket": ticket.id})).scalar_one_or_none()


async def leaves_of(tx: Tx, site_id: int) -> Mapping[str, Any]:
    """The leaves that a site uses, by code: id, priority, is_danger and names of each."""
    found = await tx.session.execute(_NAMED_LEAVES, {"site": site_id})
    return {leaf.code: leaf for leaf in found}


async def _fill(tx: Tx, guess: Guess, *, text: str, policy: Policy) -> None:
    name, model = await _model_of(tx, guess.site_id)
    leaves = {
        leaf.code: leaf for leaf in await tx.session.execute(_LEAVES, {"site": guess.site_id})
    }
    danger = danger_word(text, words=policy.danger_words)
    ranked = await _guess(model, text)
    likely = [each for each in ranked if each[0] in leaves][: 1 + policy.guesses.alternatives]
    judged = judge(
        likely,
        leaves={code: _leaf(leaves[code]) for code, _ in likely},
        danger=danger,
        least=policy.guesses.sure_from,
        alternatives=policy.guesses.alternatives,
    )
    guess.category_id = judged.leaf.category_id if judged.leaf is not None else None
    guess.confidence = judged.confidence
    guess.priority = judged.priority
    guess.danger_word = danger
    guess.alternatives = [
        {"category_id": leaf.category_id, "confidence": confidence}
        for leaf, confidence in judged.alternatives
    ]
    guess.is_sure = judged.is_sure
    guess.model = name


async def _guess(model: Model, text: str) -> Sequence[tuple[str, float]]:
    """The model's guesses. A long text takes milliseconds, for which others' answers need not
    wait; to hand a short one to a thread takes longer than to guess it."""
    if len(text) <= _SHORT:
        return model.guess(text)
    return await asyncio.to_thread(model.guess, text)


def _leaf(leaf: Any) -> Leaf:
    priority = leaf.priority or Priority.NORMAL
    return Leaf(leaf.id, priority, is_danger=leaf.is_danger)


async def _model_of(tx: Tx, site_id: int) -> tuple[str, Model]:
    """The site's own model with its digest, or the shipped one."""
    name = (await tx.session.execute(_DIGEST, {"site": site_id})).scalar_one_or_none()
    if name is None:
        return shipped_model()
    model = _held.get(name)
    if model is None:
        statement = select(Classifier.digest, Classifier.weights)
        row = (await tx.session.execute(statement.where(Classifier.site_id == site_id))).one()
        name, stored = row
        if digest(stored) != name:
            _log.warning("classifier_damaged", site_id=site_id)
            return shipped_model()
        model = await asyncio.to_thread(Model.from_bytes, stored)
        while len(_held) >= _HELD:
            del _held[next(iter(_held))]
        _held[name] = model
    return name, model
