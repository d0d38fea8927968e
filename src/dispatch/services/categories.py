"""What a category says of the work it stands for (TRI-1)."""

from dataclasses import dataclass

from dispatch.domain.errors import Code, refuse
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store.categories import Category


async def find_leaf(tx: Tx, category_id: int, *, site_id: int) -> Category:
    """An active leaf of the site's category tree."""
    seen = (Category.site_id == site_id) & Category.is_active
    category = await visible.find(tx, Category, category_id, seen, field="category_id")
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
