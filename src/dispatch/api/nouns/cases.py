"""Complaints, matters, orders of goods (投诉、报事、特约服务): how they are handled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Optional

import strawberry
from sqlalchemy import select

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import OfRow, column, related
from dispatch.api.nouns.tickets import Ticket
from dispatch.domain.cases import Concern, Level, ServiceOrderState
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store import cases as store
from dispatch.store.among import among
from dispatch.store.users import User


async def _names(tx: Tx, keys: Sequence[int]) -> Mapping[int, str]:
    """Names of colleagues, by account."""
    statement = select(User.id, User.name).where(
        among(User.id, keys), User.organization_id == tx.actor.organization_id
    )
    return dict((await tx.session.execute(statement)).all())


@strawberry.type(description="How a complaint or a matter is handled (投诉、报事处理).")
class Case(OfRow):
    row = store.Case

    concern: Concern = column("What it is about (事项).")
    level: Level | None = column("How grave a complaint is (投诉等级); null: not set yet.")
    department: str | None = column("The department responsible (责任部门).")
    taken_at: datetime | None = column("When somebody took it (受理时间).")
    taken_by_name: str | None = column("Who took it (受理人).")
    contacted_at: datetime | None = column("When the caller was contacted (联系时间).")
    contacted_by_name: str | None = column("Who contacted them (联系人).")
    contact_note: str | None = column("What was said (沟通记录).")
    level_set_by_name: str | None = column("Who set the level (定级人).")
    solution: str | None = column("What was done about it (处理结果).")
    created_at: datetime = column("When it came in (创建时间).")
    solved_at: datetime | None = column("When it was solved (解决时间).")
    version: int = column("Counts up with each change (版本).")
    lead_name = related(
        _names, Optional[str], "Who leads the department (部门负责人).", key="lead_id"
    )
    handler_name = related(_names, Optional[str], "Who is to do it (经办人).", key="handler_id")
    owner_name = related(
        _names,
        Optional[str],
        "The quality officer, once it stood open for too long (督办人).",
        key="owner_id",
    )
    about = related(
        batches.tickets, Optional[Ticket], "The ticket complained of (被投诉报单).", key="about_id"
    )
    ticket = related(
        batches.tickets, Optional[Ticket], "The complaint or matter (报单).", key="ticket_id"
    )


@strawberry.type(description="Goods or services that a customer ordered (特约服务单).")
class ServiceOrder(OfRow):
    row = store.ServiceOrder

    state: ServiceOrderState = column("Where it stands (状态).")
    is_online: bool = column("Whether it was placed online (线上下单).")
    provider: str | None = column("Who delivers (服务商).")
    confirmed_with: str | None = column("Who there agreed (服务商确认人).")
    starts_at: datetime | None = column("It is delivered from here (送达时段起).")
    ends_at: datetime | None = column("… until here (送达时段止).")
    note: str | None = column("What else was agreed, or why it cannot be delivered (备注).")
    answered_by_name: str | None = column("Who confirmed or declined it here (确认人).")
    answered_at: datetime | None = column("When (确认时间).")
    told_at: datetime | None = column("When the customer was told (告知时间).")
    version: int = column("Counts up with each change (版本).")


@strawberry.type(description="Which department answers for a concern, and its lead (责任分工).")
class Responsibility(OfRow):
    row = store.Responsibility

    concern: Concern = column("Which (事项).")
    department: str = column("The department (部门).")
    version: int = column("Counts up with each change (版本).")
    lead_name = related(_names, Optional[str], "Who leads it (负责人).", key="lead_id")


@strawberry.type
class CaseQueries:
    @strawberry.field(
        graphql_type=list[Responsibility],
        description="Who answers for which concern at a site (责任分工); COMPLAINT's is the "
        "service lead.",
    )
    async def responsibilities(
        root: None,
        info: Info,
        site_id: Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")],
    ) -> Sequence[store.Responsibility]:
        row_id = ids.decode(site_id, "Site", field="site_id")
        async with info.context.reading() as tx:
            site = await visible.find_site(tx, row_id, Action.SEE_ALL_TICKETS)
            statement = select(store.Responsibility).where(store.Responsibility.site_id == site.id)
            rows = await tx.session.execute(statement.order_by(store.Responsibility.id))
            return rows.scalars().all()
