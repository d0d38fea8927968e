"""A customer's personal data (个人信息): all of it handed out, or taken out for good."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns.base import Node, OfRow, column
from dispatch.api.nouns.writes import Result, key_field, needed, write
from dispatch.api.user_errors import Payload, mutation, payload
from dispatch.domain.errors import Code
from dispatch.services import erasures
from dispatch.store.erasures import Erasure as ErasureRow


@strawberry.type(description="That a customer's personal data was erased (删除记录).")
class Erasure(OfRow, Node):
    row = ErasureRow

    reason: str = column("Why (原因).")
    started_at: datetime = column("When (时间).")
    finished_at: datetime | None = column("When it was done (完成时间).")
    rows: int = column("Things it went through: reports, orders, messages … (涉及条数).")
    lines: int = column("Lines of the record whose texts it took (涉及记录数).")


@strawberry.input(description="Whose data (导出个人信息).")
class PartyExportInput:
    party_id: strawberry.ID = needed("The customer (客户).", node="Party")


@payload(description="What came of `partyExport` (结果).")
class PartyExportPayload(Payload):
    document: JSON | None = strawberry.field(
        default=None, description="Everything kept about them, by kind (个人信息)."
    )


@strawberry.input(description="Takes a customer's data out for good (删除个人信息).")
class PartyEraseInput:
    party_id: strawberry.ID = needed("The customer (客户).", node="Party")
    reason: str = needed("Why: their wish, moved away … (原因).")
    idempotency_key: str | None = key_field()


_ERASURE = Result("erasure", Erasure, "What was erased (删除记录); null when refused.")


@strawberry.type
class PersonalDataMutations:
    @mutation(
        PartyExportPayload,
        description="All that is kept about a customer, for themself and for administrators; the "
        "record tells that it was handed out (导出个人信息).",
    )
    async def party_export(
        root: None,
        info: Info,
        input: Annotated[PartyExportInput, strawberry.argument(description="Whose (客户).")],
    ) -> PartyExportPayload:
        document = await info.context.services.perform(
            info.context.actor,
            erasures.export,
            party_id=ids.decode(input.party_id, "Party", field="party_id"),
        )
        return PartyExportPayload(document=JSON(document))

    party_erase = write(
        erasures.erase,
        PartyEraseInput,
        _ERASURE,
        Code.WORK_IN_HAND,
        description="Takes a customer's name, telephones, addresses, words, photos and signatures "
        "out of everything, the record included; how many there were, and when, stays. It cannot "
        "be undone; for themself and for administrators (删除个人信息).",
    )
