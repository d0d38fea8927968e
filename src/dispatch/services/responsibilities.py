"""Which department answers for which concern at a site, and who leads it (CMP-3)."""

from sqlalchemy import select

from dispatch.domain.cases import Concern
from dispatch.domain.rights import Action
from dispatch.domain.sizes import demand_text
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.staff import find_staff
from dispatch.store.cases import Responsibility


async def lead_of(tx: Tx, *, site_id: int, concern: Concern) -> Responsibility | None:
    """Who answers for a concern; None when the site has named nobody."""
    statement = select(Responsibility).where(
        Responsibility.site_id == site_id, Responsibility.concern == concern
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def assign(
    tx: Tx, *, site_id: int, concern: Concern, department: str, lead_id: int
) -> Responsibility:
    """Names department and lead of a concern; COMPLAINT's is the site's service lead."""
    await visible.find_site(tx, site_id, Action.SET_POLICY)
    demand_text("department", department)
    lead = await find_staff(tx, lead_id, Action.SEE_ALL_TICKETS, site_id=site_id, field="lead_id")
    row = await lead_of(tx, site_id=site_id, concern=concern)
    if row is None:
        row = Responsibility(site_id=site_id, concern=concern)
    row.department = department
    row.lead_id = lead.id
    await tx.save(row, "responsibility.assigned", lead=lead.name)
    return row
