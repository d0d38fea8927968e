"""Links by which customers answer a callback themselves, without an account (CBK-6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItemPerSecond
from sqlalchemy import select

from dispatch.domain.callbacks import AnsweredBy
from dispatch.domain.errors import Code, refuse
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Actor
from dispatch.services import accounts, callbacks, rates
from dispatch.services.action import Services, Tx
from dispatch.services.callback_secrets import SECRET_MOST, digest
from dispatch.services.policies import policy_of
from dispatch.store.callbacks import Callback, CallbackLink
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Questions:
    """What a customer is shown who follows their link."""

    site: str
    number: str
    description: str
    scale: int


async def questions(services: Services, *, secret: str, origin: str) -> Questions:
    """What is asked, as long as the link can be answered by; it is not spent by looking."""
    shares = _shares(origin)
    await rates.take(services, shares)
    async with services.reading(_nobody(origin)) as tx:
        link = await _find(tx, secret)
        callback = await tx.session.get_one(Callback, link.callback_id)
        ticket = await tx.session.get_one(Ticket, callback.ticket_id)
        site = await tx.session.get_one(Site, callback.site_id)
        policy = await policy_of(tx, callback.site_id)
    await rates.give_back(services, shares)
    return Questions(site.name, ticket.number, ticket.description, policy.callback_scale)


async def answer(
    services: Services, *, secret: str, origin: str, answers: Mapping[str, Any]
) -> None:
    """The customer's answers by their link, which is then spent."""
    shares = _shares(origin)
    await rates.take(services, shares)
    await services.perform(_nobody(origin), _answer, secret=secret, answers=answers)
    await rates.give_back(services, shares)


async def _answer(tx: Tx, *, secret: str, answers: Mapping[str, Any]) -> Callback:
    link = await _find(tx, secret, lock=True)
    callback = await callbacks.locked(tx, link.callback_id)
    ticket = await tx.session.get_one(Ticket, callback.ticket_id)
    site = await tx.session.get_one(Site, callback.site_id)
    customer = Actor(
        organization_id=site.organization_id,
        name=ticket.requester_name or "",
        party_id=ticket.party_id,
        origin=tx.actor.origin,
    )
    told = Tx(tx.session, customer, tx.now, tx.randbelow)
    answered = await callbacks.take_answer(told, callback, by=AnsweredBy.LINK, **answers)
    link.used_at = tx.now
    await told.save(link, "callback_link.used", site_id=site.id, ticket_id=ticket.id)
    return answered


async def _find(tx: Tx, secret: str, *, lock: bool = False) -> CallbackLink:
    statement = select(CallbackLink).where(
        CallbackLink.digest == digest(secret[:SECRET_MOST]),
        CallbackLink.used_at.is_(None),
        CallbackLink.expires_at > tx.now,
    )
    if lock:
        statement = statement.with_for_update()
    link = (await tx.session.execute(statement)).scalar_one_or_none()
    if link is None:
        raise refuse(Code.LINK_INVALID, field="secret")
    return link


def _shares(origin: str) -> list[rates.Share]:
    # Whose link it would be is not known yet: what every site starts with holds.
    rules = Policy().callbacks
    item = RateLimitItemPerSecond(rules.link_tries, rules.link_tries_s)
    return [rates.Share(item, ("callback link", origin))]


def _nobody(origin: str) -> Actor:
    return accounts.service_actor(organization_id=0, origin=origin)
