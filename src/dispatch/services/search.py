"""Full-text search over tickets (全文搜索), as far as the actor may search."""

from sqlalchemy import ColumnElement, and_, false

from dispatch.domain.rights import Actor
from dispatch.domain.search import pieces
from dispatch.domain.sizes import check_text
from dispatch.services.addresses import searchable_tickets
from dispatch.store.search import holds

_TEXT_MOST = 200


def held(wanted: str, actor: Actor) -> ColumnElement[bool]:
    """Tickets that hold all that is wanted themselves, or lie at a place whose name does.

    Who may not see a ticket's telephone and exact place does not find it by them, nor at all:
    what a search finds would tell what the fields hide.
    """
    check_text("filter", wanted, most=_TEXT_MOST)
    looked_for = pieces(wanted)
    if not looked_for:
        return false()
    return and_(holds(looked_for), searchable_tickets(actor))
