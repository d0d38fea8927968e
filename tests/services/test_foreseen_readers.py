"""Many customers told in one transaction are read together, not one by one."""

from typing import Any

from sqlalchemy import Engine, event

from dispatch.domain.messages import Audience, MessageKind
from dispatch.services import sites
from dispatch.services.action import Tx
from dispatch.services.readers import foresee_reporters
from dispatch.services.telling import tell
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from tests.factories import World


async def told(world: World, tickets: list[Ticket]) -> int:
    """Tells the reporter of each; how many reads that took."""
    reads: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            reads.append(statement)

    async def act(tx: Tx) -> None:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            await foresee_reporters(tx, [each.id for each in tickets])
            for each in tickets:
                await tell(
                    tx,
                    MessageKind.ARRIVAL_MOVED,
                    Audience(reporter=True),
                    site_id=each.site_id,
                    ticket_id=each.id,
                    number="WO-1",
                    was=tx.now,
                    now=tx.now,
                )
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    await world.do(world.root, act)
    return len(reads)


async def test_customers_foreseen_cost_no_read_each(world: World) -> None:
    parties = [
        await world.do(
            world.root, sites.create_party, site_id=world.site.id, name=f"P{number}", phones=["1"]
        )
        for number in range(6)
    ]
    tickets = [await world.ticket(party_id=each.id) for each in parties]
    assert await told(world, tickets) == await told(world, tickets[:2])
    messages = await world.rows(Message, Message.kind == MessageKind.ARRIVAL_MOVED.value)
    names = [each.reader for each in messages if each.channel == "INBOX"]
    assert sorted(names) == sorted([*(f"P{n}" for n in range(6)), "P0", "P1"])
