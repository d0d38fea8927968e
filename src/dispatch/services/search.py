"""Full-text search over tickets (全文搜索), as far as the actor may search."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false
from sqlalchemy.orm import InstrumentedAttribute

from dispatch.domain.rights import Actor
from dispatch.domain.search import Piece, pieces
from dispatch.domain.sizes import check_text
from dispatch.services.addresses import searchable_tickets
from dispatch.store.search import holds, nearest
from dispatch.store.tickets import Ticket

_TEXT_MOST = 200


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for tickets of the actor's; of all sites, or of one."""

    wanted: tuple[Piece, ...]
    actor: Actor
    site_id: int | None
    in_slices: bool
    """Whether the database has words by slices of time."""

    @property
    def found(self) -> ColumnElement[bool]:
        """The condition on tickets."""
        return _held(self.wanted, self.actor)

    def goes_by(self, column: InstrumentedAttribute[Any]) -> bool:
        """Whether there is a way to the first in the order of a column."""
        return self.in_slices and bool(self.wanted) and column is Ticket.reported_at

    def first(self, among: Select[Any], *, falling: bool, most: int) -> ColumnElement[bool]:
        """The condition that holds the first `most` of those `found` in a SELECT of tickets."""
        mine = among.where(searchable_tickets(self.actor))
        return nearest(mine, self.wanted, site_id=self.site_id, falling=falling, most=most)


def looked_for(wanted: str) -> tuple[Piece, ...]:
    """What a text looks for; refuses a long one."""
    check_text("filter", wanted, most=_TEXT_MOST)
    return tuple(pieces(wanted))


def held(wanted: str, actor: Actor) -> ColumnElement[bool]:
    """Tickets that hold all that is wanted themselves, or lie at a place whose name does.

    Who may not see a ticket's telephone and exact place does not find it by them, nor at all:
    what a search finds would tell what the fields hide.
    """
    return _held(looked_for(wanted), actor)


def _held(wanted: tuple[Piece, ...], actor: Actor) -> ColumnElement[bool]:
    return and_(holds(wanted), searchable_tickets(actor)) if wanted else false()
