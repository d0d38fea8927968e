"""What a category says of the work it stands for (TRI-1)."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.services.action import Tx
from dispatch.store.categories import Category

_IN_USE = select(Category).where(
    Category.id == bindparam("category"), Category.site_id == bindparam("site"), Category.is_active
)


async def find_leaf(tx: Tx, category_id: int, *, site_id: int) -> Category:
    """An active leaf of the site's category tree."""
    asked = {"category": category_id, "site": site_id}
    category = (await tx.session.execute(_IN_USE, asked)).scalar_one_or_none()
    if category is None:
        raise refuse(Code.NOT_FOUND, field="category_id", id=category_id)
    if category.trade is None:
        raise refuse(Code.CATEGORY_NOT_A_LEAF, field="category_id", name=category.name_zh)
    return category


@dataclass(frozen=True, slots=True)
class Work:
    """What a leaf gives a ticket; times in seconds."""

    trade: str
    level: int
    duration_s: int | None
    """None: as long as the policy says that work usually takes."""
    crew_size: int
    priority: Priority
    area: Area


def work_of(category: Category) -> Work:
    """The leaf's own values; the usual ones where it names none."""
    return Work(
        trade=category.trade or "",
        level=category.level or 1,
        duration_s=category.duration_s,
        crew_size=category.crew_size or 1,
        priority=category.priority or Priority.NORMAL,
        area=category.area or Area.PUBLIC,
    )
