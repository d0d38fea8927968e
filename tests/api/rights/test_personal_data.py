"""A customer's personal data: handed out whole, and taken out while figures stay."""

from __future__ import annotations

from datetime import time
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from dispatch.domain.callbacks import CallResult
from dispatch.domain.erasure import ERASED
from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor, Role
from dispatch.services import callbacks, erasures, execution, sites, tickets, work_orders
from dispatch.store.callbacks import Callback
from dispatch.store.erasures import Erasure
from dispatch.store.events import Event
from dispatch.store.parties import Party
from dispatch.store.personal import personal_columns
from dispatch.store.tables import Base
from dispatch.store.tickets import Ticket
from dispatch.store.users import Token, User
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.factories import World

EXPORT = """
mutation($id: ID!) {
  partyExport(input: {partyId: $id}) { document userErrors { code } }
}
"""
ERASE = """
mutation($id: ID!) {
  partyErase(input: {partyId: $id, reason: "moved away"}) {
    erasure { rows lines finishedAt } userErrors { code message field }
  }
}
"""
MARK = "⟦mine⟧"
"""Stands in everything that the customer said or is."""


async def a_customer(world: World) -> tuple[Party, User, Actor]:
    """Somebody with an account, whose repair went through every hand, and a neighbour's beside."""
    home = world.rooms[1]
    party = await world.do(
        world.root,
        sites.create_party,
        site_id=world.site.id,
        name=f"{MARK} 周",
        phones=[f"{MARK}139"],
        place_ids=[home.id],
    )
    user, actor = await world.user(Role.RESIDENT, party_id=party.id)
    async with world.services.writing(world.root) as tx:
        row = await tx.session.get_one(User, user.id)
        row.name = f"{MARK} 周"
        await tx.save(row, "user.changed")
    actor = Actor(
        organization_id=actor.organization_id,
        name=f"{MARK} 周",
        user_id=actor.user_id,
        grants=actor.grants,
        party_id=party.id,
        origin=f"{MARK}10.0.0.7",
    )
    report = await world.ticket(
        actor,
        place_id=home.id,
        description=f"{MARK} 漏水",
        requester_name=f"{MARK} 周",
        requester_phone=f"{MARK}139",
        unit=f"{MARK}甲",
        room=f"{MARK}201",
        location_text=f"{MARK}红门",
        landmark=f"{MARK}树",
        photos=[f"https://p/{MARK}1", f"https://p/{MARK}2"],
    )
    await _work(world, report)
    # One taken on the phone, before anybody knew whose number it is.
    by_phone = await world.ticket(
        world.desk, requester_name=f"{MARK} 周先生", requester_phone=f"{MARK}139"
    )
    await world.do(world.desk, tickets.cancel, ticket_id=by_phone.id, reason=f"{MARK} again")
    return party, user, actor


async def _work(world: World, report: Ticket) -> None:
    leaf = await world.category("tap_leak")
    await world.do(world.desk, tickets.triage, ticket_id=report.id, category_id=leaf.id)
    (order,) = await world.rows(WorkOrder, WorkOrder.ticket_id == report.id)
    person, technician = await world.technician(starts=time(0), ends=time(0))
    given = {"work_order_id": order.id}
    await world.do(
        world.dispatcher,
        work_orders.assign,
        **given,
        technician_id=person.id,
        reason=f"{MARK} wants them",
    )
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(technician, step, **given, latitude=31.3, longitude=120.6)
    await world.do(world.desk, execution.lift_door_code, **given, reason=f"{MARK} deaf")
    await world.do(technician, execution.start, **given)
    await world.do(
        technician,
        execution.complete,
        **given,
        found=f"{MARK} pipe",
        cause=f"{MARK} age",
        done=f"{MARK} new one",
        parts=[execution.PartInput("阀芯", 1.0, "个")],
        photos_after=[f"https://p/{MARK}3"],
        signature=f"{MARK} strokes",
    )
    (owed,) = await world.rows(Callback, Callback.ticket_id == report.id)
    await world.do(
        world.desk,
        callbacks.record,
        callback_id=owed.id,
        result=CallResult.ANSWERED,
        solved=True,
        satisfied=True,
        scores={"total": 5},
        remarks=f"{MARK} thanks",
    )


async def everything(world: World) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as JSON would have it."""
    kept = {}
    async with world.services.store.reading() as session:
        for mapper in Base.registry.mappers:
            table: Any = mapper.local_table
            rows = (await session.execute(select(table).order_by(table.c.id))).mappings()
            kept[str(table.name)] = [dict(row) for row in rows]
    return kept


def figures(kept: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """All but texts that may be personal, places, versions, and what an erasure itself adds."""
    left_out = {
        str(mapper.class_.__tablename__): set(personal_columns(mapper.class_))
        | {"version", "taken_by_name"}
        for mapper in Base.registry.mappers
        if mapper.local_table is not None
    }
    apart = {"event", "erasure", "idempotency_key", "party_unit", "token", "user_account"}
    shown = {
        table: [
            {name: value for name, value in row.items() if name not in left_out[table]}
            for row in rows
        ]
        for table, rows in kept.items()
        if table not in apart
    }
    texts = {"before", "after", "data", "actor_name", "origin"}
    shown["event"] = [
        {name: value for name, value in row.items() if name not in texts} for row in kept["event"]
    ]
    return shown


def found(kept: Any) -> bool:
    return MARK in orjson.dumps(kept, default=str).decode()


@pytest.mark.rule("SEC-5")
async def test_a_person_gets_all_that_is_kept_about_them(client: Client) -> None:
    world = client.world
    party, _, actor = await a_customer(world)
    answers = {}
    for name, reader in (("self", actor), ("administrator", world.actors[Role.ADMINISTRATOR])):
        token = await client.token(reader)
        answer = await client.gql(EXPORT, {"id": gid(party)}, token=token)
        assert answer.data["partyExport"]["userErrors"] == []
        answers[name] = answer.data["partyExport"]["document"]["records"]
    own = answers["self"]
    assert [each["name"] for each in own["party"]] == [f"{MARK} 周"]
    assert len(own["ticket"]) == 2
    assert own["work_order"][0]["completion"]["signature"] == f"{MARK} strokes"
    assert own["callback"][0]["remarks"] == f"{MARK} thanks"
    assert own["party_unit"][0]["place_id"] == world.rooms[1].id
    assert {"user_account", "token"} <= set(own)
    # What opens doors is in nobody's document, what colleagues weighed in the administrator's.
    assert "digest" not in str(answers)
    assert "door_code'" not in str(answers)
    assert not {"assignment", "event"} & set(own)
    assert {"assignment", "event"} <= set(answers["administrator"])
    # Nobody else's: the neighbour's ticket is in neither.
    assert "13800000000" not in str(answers)
    (first, _) = await world.events("party.exported")
    assert first.actor_id == actor.user_id


@pytest.mark.rule("SEC-5")
async def test_erased_is_every_trace_and_no_figure(client: Client) -> None:
    world = client.world
    party, user, actor = await a_customer(world)
    neighbour = await world.ticket(description="neighbour's words")
    token = await client.token(actor)
    boss = await client.token(world.actors[Role.ADMINISTRATOR])
    before = await everything(world)
    assert found(before)
    erased = (await client.gql(ERASE, {"id": gid(party)}, token=boss)).data["partyErase"]
    assert erased["userErrors"] == []
    assert erased["erasure"]["rows"] > 5
    assert erased["erasure"]["lines"] > 10
    after = await everything(world)
    traces = {table: row for table, rows in after.items() for row in rows if found(row)}
    assert traces == {}

    # Counts, states, times, durations, scores, parts: all as they were.
    was, now = figures(before), figures(after)
    lines = len(was["event"])
    assert now["event"][:lines] == was["event"]
    added = [row["kind"] for row in now["event"][lines:]]
    assert added[-1] == "party.erased"
    assert set(added[:-1]) == {"token.revoked"}
    for table in set(was) - {"event"}:
        assert now[table] == was[table], table
    (kept,) = await world.rows(Ticket, Ticket.party_id == party.id)
    assert (kept.description, kept.photos) == (ERASED, [ERASED, ERASED])
    # Figures by building stay: the ticket has left the flat, not the house.
    assert kept.place_id == world.building.id
    (order,) = await world.rows(WorkOrder, WorkOrder.ticket_id == kept.id)
    assert order.completion is not None
    assert order.completion["parts"] == [{"name": "阀芯", "quantity": 1.0, "unit": "个"}]
    assert order.completion["hours"]

    # The account is out, and nobody else is touched.
    assert (await client.gql("{ viewer { name } }", token=token)).code == "UNAUTHENTICATED"
    (account,) = await world.rows(User, User.id == user.id)
    assert account.disabled_at is not None
    assert all(row.revoked_at for row in await world.rows(Token, Token.user_id == user.id))
    (other,) = await world.rows(Ticket, Ticket.id == neighbour.id)
    assert other.description == "neighbour's words"
    (erasure,) = await world.rows(Erasure)
    assert (erasure.reason, erasure.finished_at is not None) == ("moved away", True)


@pytest.mark.rule("SEC-5")
async def test_open_work_keeps_what_it_needs(client: Client) -> None:
    world = client.world
    report = await world.ticket(world.resident)
    token = await client.token(world.resident)
    before = await world.counts()
    answer = await client.gql(ERASE, {"id": gid(world.party)}, token=token)
    (error,) = answer.data["partyErase"]["userErrors"]
    assert error["code"] == "WORK_IN_HAND"
    assert report.number in error["message"]
    assert await world.counts() == before
    await world.do(world.resident, tickets.cancel, ticket_id=report.id, reason="gone")
    answer = await client.gql(ERASE, {"id": gid(world.party)}, token=token)
    assert answer.data["partyErase"]["userErrors"] == []


@pytest.mark.rule("SEC-5")
async def test_who_may_and_who_may_not(world: World) -> None:
    _, stranger = await world.user(Role.RESIDENT)
    for actor, code in ((world.desk, "FORBIDDEN"), (stranger, "NOT_FOUND")):
        for service, more in ((erasures.export, {}), (erasures.erase, {"reason": "x"})):
            with pytest.raises(Refused, match=code):
                await world.do(actor, service, party_id=world.party.id, **more)


@pytest.mark.rule("SEC-4", "SEC-5")
async def test_the_record_gives_way_to_erasures_alone_and_only_in_texts(world: World) -> None:
    await world.ticket()
    statements = [
        "UPDATE event SET kind = 'x'",
        "UPDATE event SET actor_name = 'x'",
        "DELETE FROM event",
    ]
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            async with world.services.store.writing() as session:
                await session.execute(text(statement))
    for statement in (statements[0], statements[2], "UPDATE event SET actor_id = 7"):
        with pytest.raises(DBAPIError, match="append-only"):
            await _within_an_erasure(world, statement)
    if world.services.store.is_sqlite:
        with pytest.raises(DBAPIError, match="append-only"):
            async with world.services.store.writing() as session:
                await session.execute(text("REPLACE INTO event SELECT * FROM event"))
    assert await world.rows(Event, Event.kind == "x") == []


async def _within_an_erasure(world: World, statement: str) -> None:
    erasure = Erasure(
        site_id=world.site.id, party_id=world.party.id, reason="x", started_at=world.clock.now
    )
    async with world.services.store.writing() as session:
        session.add(erasure)
        await session.flush()
        await session.execute(text(statement))
