"""The classifier at a site: guesses at intake, the desk's decisions, training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from dispatch.classifying.features import counts
from dispatch.classifying.model import Model
from dispatch.classifying.shipped import shipped_model
from dispatch.classifying.training import Example, Trained, train
from dispatch.domain.errors import Code, Refused
from dispatch.domain.rights import Role
from dispatch.domain.tickets import Area, Channel, TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import WorkOrderState
from dispatch.services import erasures, guesses, learning, policies, sites, tickets
from dispatch.services.catalogue import CategoryDefault
from dispatch.services.learning import retrain, retrain_due, sites_due
from dispatch.store.categories import Category
from dispatch.store.guesses import Classifier, Guess
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.factories import World, another_site

pytestmark = pytest.mark.rule("TRI-3")

STAGE = CategoryDefault(
    code="stage",
    name_zh="舞台设备",
    name_en="Stage equipment",
    children=(
        CategoryDefault(
            code="stage_curtain",
            name_zh="舞台幕布故障",
            name_en="Stage curtain stuck",
            trade="electrical",
            level=2,
            duration_s=3600,
            crew_size=1,
            priority=Priority.LOW,
            area=Area.PUBLIC,
        ),
    ),
)


async def set_guesses(world: World, **values: Any) -> None:
    await world.do(
        world.root, policies.set_policy, site_id=world.site.id, document={"guesses": values}
    )


async def keep_leaves(world: World, *codes: str) -> None:
    """The site uses these categories alone, so that training takes no time."""
    async with world.services.store.writing() as session:
        await session.execute(
            update(Category)
            .where(Category.site_id == world.site.id, Category.code.not_in(codes))
            .where(Category.trade.is_not(None))
            .values(is_active=False)
        )


async def triage(world: World, ticket: Ticket, code: str) -> Ticket:
    leaf = await world.category(code)
    return await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)


async def guess(world: World, text: str) -> Guess:
    async with world.services.reading(world.desk) as tx:
        return await guesses.preview(tx, site_id=world.site.id, description=text)


@pytest.mark.parametrize(
    ("text", "code", "priority"),
    [
        ("二楼走廊的感应灯坏了，晚上看不见", "light_corridor", Priority.NORMAL),
        ("our kitchen sink is clogged again", "sink_blocked", Priority.NORMAL),
    ],
)
async def test_intake_keeps_the_guess_and_leaves_the_ticket_to_the_desk(
    world: World, text: str, code: str, priority: Priority
) -> None:
    ticket = await world.ticket(description=text)
    [made] = await world.rows(Guess)
    assert made.ticket_id == ticket.id
    assert made.category_id == (await world.category(code)).id
    assert (made.priority, made.is_sure, made.is_automatic) == (priority, True, False)
    assert made.confidence > 0.75
    assert len(made.alternatives) == 3
    assert made.model == shipped_model()[0]
    # A sure guess is shown as decided by the model, and yet the desk triages.
    assert (ticket.state, ticket.category_id, ticket.priority) == (TicketState.NEW, None, None)


async def test_under_the_sites_own_confidence_the_desk_decides(world: World) -> None:
    await set_guesses(world, sure_from=1.0, alternatives=1)
    await world.ticket(description="高层水压不够，热水器都打不着火，师傅看看")
    [made] = await world.rows(Guess)
    assert (made.is_sure, len(made.alternatives)) == (made.confidence >= 1.0, 1)
    assert not (await guess(world, "请派人来一趟")).is_sure


async def test_the_model_never_lowers_a_danger(world: World) -> None:
    await set_guesses(world, triages=True)
    ticket = await world.ticket(description="厨房水龙头漏水，旁边的插座冒火花")
    [made] = await world.rows(Guess)
    assert (ticket.priority, ticket.state) == (Priority.EMERGENCY, TicketState.NEW)
    assert (made.priority, made.danger_word) == (Priority.EMERGENCY, "冒火花")
    chosen = await world.category("tap_leak")
    if made.category_id == chosen.id:
        assert not made.is_sure
    triaged = await triage(world, ticket, "tap_leak")
    assert triaged.priority is Priority.EMERGENCY


async def test_where_the_policy_lets_it_a_sure_guess_triages_a_complete_report(
    world: World,
) -> None:
    await set_guesses(world, triages=True)
    await world.ticket(
        world.resident, channel=Channel.APP, description="马桶堵了，水冲不下去，请疏通一下"
    )
    [ticket] = await world.rows(Ticket)
    assert (ticket.state, ticket.trade) == (TicketState.TRIAGED, "drains")
    assert ticket.category_id == (await world.category("toilet_blocked")).id
    assert (ticket.priority, ticket.area) == (Priority.HIGH, Area.IN_HOME)
    [order] = await world.rows(WorkOrder)
    assert order.state is WorkOrderState.QUEUED
    [made] = await world.rows(Guess)
    # What it decided by itself teaches nothing.
    assert (made.is_automatic, made.chosen_id) == (True, None)
    [event] = await world.events("ticket.triaged")
    assert (event.actor_name, event.origin) == ("dispatch", "classifier")
    # The desk may still correct it, and that is learned.
    await triage(world, ticket, "sink_blocked")
    [made] = await world.rows(Guess)
    assert made.chosen_id == (await world.category("sink_blocked")).id


async def test_what_is_unsure_or_incomplete_is_never_triaged_by_the_model(world: World) -> None:
    await set_guesses(world, triages=True)
    await world.ticket(description="师傅你好，请来看一下")
    await world.ticket(
        channel=Channel.WECHAT, description="马桶堵了冲不下去", requester_name=None, place_id=None
    )
    assert {ticket.state for ticket in await world.rows(Ticket)} == {TicketState.NEW}
    assert [made.is_automatic for made in await world.rows(Guess)] == [False, False]


async def test_a_corrected_description_is_guessed_anew(world: World) -> None:
    ticket = await world.ticket(description="东西坏了")
    await world.do(
        world.desk,
        tickets.update,
        ticket_id=ticket.id,
        changes={"description": "冰箱不制冷，东西都坏了"},
    )
    [made] = await world.rows(Guess)
    assert made.category_id == (await world.category("fridge")).id


async def test_what_the_desk_corrects_improves_the_next_guess(world: World) -> None:
    await keep_leaves(world, "tap_leak", "sink_blocked", "water_heater")
    await set_guesses(world, retrain_after=3)
    before = await guess(world, "小厨宝又不行了")
    wanted = await world.category("water_heater")
    said = ("小厨宝不行了", "水槽下面的小厨宝坏了", "小厨宝又出问题，没反应")
    for at, text in enumerate(said):
        assert await sites_due(world.services) == [], at
        world.clock.forward(minutes=1)
        await triage(world, await world.ticket(description=text), "water_heater")
    assert [made.chosen_id for made in await world.rows(Guess)] == [wanted.id] * 3

    assert await sites_due(world.services) == [(world.site.organization_id, world.site.id)]
    [trained] = await retrain_due(world.services)
    assert (trained.corrections, trained.trained_at) == (3, world.clock.now)
    assert trained.codes == ["sink_blocked", "tap_leak", "water_heater"]
    after = await guess(world, "小厨宝又不行了")
    assert after.category_id == wanted.id
    assert after.model == trained.digest != before.model
    chance_before = before.confidence if before.category_id == wanted.id else 0.0
    assert after.confidence > max(chance_before, 0.7)
    # Taught once, it is not taught the same again.
    assert await sites_due(world.services) == []
    [event] = await world.events("classifier.trained")
    assert "weights" not in event.after
    assert event.after["corrections"] == 3


async def test_only_the_last_decisions_of_each_category_are_learned(world: World) -> None:
    await keep_leaves(world, "tap_leak", "sink_blocked")
    await set_guesses(world, retrain_after=1, kept_per_category=2)
    for text in ("甲水龙头", "乙水龙头", "丙水龙头"):
        await triage(world, await world.ticket(description=text), "tap_leak")
        world.clock.forward(minutes=1)
    trained = await retrain(world.services, world.root, site_id=world.site.id)
    assert trained is not None
    assert trained.corrections == 2
    async with world.services.reading(world.desk) as tx:
        standing = await learning.standing_of(tx, world.site.id)
    assert (standing.decided, standing.waiting) == (3, 0)
    assert standing.right == sum(
        made.chosen_id == made.category_id for made in await world.rows(Guess)
    )


async def test_a_sites_own_category_is_learned_by_its_names(world: World) -> None:
    await keep_leaves(world, "tap_leak", "sink_blocked")
    await world.do(world.root, sites.add_category_group, site_id=world.site.id, group=STAGE)
    assert await sites_due(world.services) == [(world.site.organization_id, world.site.id)]
    await retrain_due(world.services)
    wanted = await world.category("stage_curtain")
    for text in ("礼堂舞台的幕布拉不动", "the stage curtain does not move"):
        made = await guess(world, text)
        assert (made.category_id, made.priority) == (wanted.id, Priority.LOW)
    assert await sites_due(world.services) == []


async def test_sites_with_the_same_to_learn_are_taught_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await another_site(world.services, world.root, code="other")
    for site in (world.site, other):
        await world.do(world.root, sites.add_category_group, site_id=site.id, group=STAGE)
    lessons: list[int] = []

    def counted(examples: Sequence[Example]) -> Trained:
        lessons.append(len(examples))
        return train(examples)

    monkeypatch.setattr(learning, "train", counted)
    taught = await retrain_due(world.services)
    assert [each.site_id for each in taught] == [world.site.id, other.id]
    assert len({each.digest for each in taught}) == len(lessons) == 1
    assert await sites_due(world.services) == []


@pytest.mark.rule("SEC-5")
async def test_words_that_were_erased_are_unlearned(world: World) -> None:
    await keep_leaves(world, "tap_leak", "sink_blocked")
    ticket = await world.ticket(description="鑫淼家水龙头坏了", party_id=world.party.id)
    await triage(world, ticket, "tap_leak")
    before = await retrain(world.services, world.root, site_id=world.site.id)
    assert before is not None
    await world.do(world.desk, tickets.cancel, ticket_id=ticket.id, reason="reported twice")
    world.clock.forward(minutes=1)
    await world.do(world.root, erasures.erase, party_id=world.party.id, reason="asked for it")
    assert await sites_due(world.services) == [(world.site.organization_id, world.site.id)]
    world.clock.forward(minutes=1)
    [after] = await retrain_due(world.services)
    assert (before.corrections, after.corrections) == (1, 0)
    [stored] = await world.rows(Classifier)
    assert stored.digest == after.digest
    async with world.services.store.reading() as session:
        weights = (await session.execute(select(Classifier.weights))).scalar_one()
    assert not counts("鑫淼").keys() & set(Model.from_bytes(weights).pieces.tolist())
    assert await sites_due(world.services) == []


async def test_a_damaged_model_is_never_used(world: World) -> None:
    await keep_leaves(world, "tap_leak", "sink_blocked")
    trained = await retrain(world.services, world.root, site_id=world.site.id)
    assert trained is not None
    async with world.services.store.writing() as session:
        await session.execute(update(Classifier).values(weights=b"cos\nsystem\n", digest="0" * 64))
    made = await guess(world, "水龙头滴水")
    assert made.model == shipped_model()[0]
    assert made.category_id == (await world.category("tap_leak")).id


async def test_a_site_with_nothing_to_choose_between_is_not_trained(world: World) -> None:
    await keep_leaves(world, "tap_leak")
    assert await retrain(world.services, world.root, site_id=world.site.id) is None
    assert await world.rows(Classifier) == []


async def test_a_site_learns_from_its_own_desk_alone(world: World) -> None:
    other = await another_site(world.services, world.root, code="hill")
    await keep_leaves(world, "tap_leak", "sink_blocked")
    await set_guesses(world, retrain_after=1)
    await triage(world, await world.ticket(description="小厨宝"), "tap_leak")
    assert await sites_due(world.services) == [(world.site.organization_id, world.site.id)]
    await retrain_due(world.services)
    async with world.services.reading(world.root) as tx:
        made = await guesses.preview(tx, site_id=other.id, description="水龙头滴水")
    assert made.model == shipped_model()[0]


async def test_who_may_not_report_gets_no_guess(world: World) -> None:
    with pytest.raises(Refused) as error:
        await world.do(
            world.actors[Role.ANALYST], guesses.preview, site_id=world.site.id, description="漏水"
        )
    assert error.value.refusals[0].code is Code.FORBIDDEN
    for text, code in ((" ", Code.REQUIRED), ("漏" * 10_001, Code.TOO_LONG)):
        with pytest.raises(Refused) as error:
            await world.do(world.desk, guesses.preview, site_id=world.site.id, description=text)
        assert error.value.refusals[0].code is code
    assert await world.rows(Guess) == []
