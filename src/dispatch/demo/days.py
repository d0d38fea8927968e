"""The demo's days: two that are past, the morning that is shown, what comes in after the plan."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.demo.estate import Estate, find_estate
from dispatch.demo.facts import Draw, facts
from dispatch.demo.founding import build_estate
from dispatch.demo.stage import Stage, Story
from dispatch.demo.stories import Teller, Visit
from dispatch.domain.work_orders import HELD_STATES, PauseReason
from dispatch.services import accounts, technicians
from dispatch.services.action import Services
from dispatch.services.catalogue import default_categories
from dispatch.services.duty import skills_of
from dispatch.store.events import Event
from dispatch.store.work_orders import Assignment, WorkOrder

MOMENT = time(8, 30)
"""The records stand as at this time of the day, in the site's zone."""

_HISTORY_DAYS = 2
_QUEUED = 55
_WISHES = ((time(9), time(12)), (time(13), time(17, 30)), (time(18), time(20, 30)))
_SEEDED = "site.demo_day"
_AFTER_PLAN = "site.demo_after_plan"


def today(now: datetime) -> date:
    return now.astimezone(_zone()).date()


def moment_of(day: date) -> datetime:
    """When the demo's records of a day end."""
    return datetime.combine(day, MOMENT, _zone())


async def make_day(services: Services, *, day: date, seed: int) -> bool:
    """Makes the estate if there is none, and the day's orders if they are not there yet: in one
    transaction, so that an interrupted demo begins anew. False when all was there."""
    nobody = accounts.service_actor(organization_id=0, origin="demo")
    async with services.writing(nobody) as tx:
        draw = Draw(f"{seed} {day.isoformat()}")
        estate = await find_estate(tx)
        if estate is not None and await _noted(estate, tx.session, _SEEDED, day):
            return False
        stage = Stage(tx.session, draw.rng.randrange, moment_of(day) - timedelta(days=4))
        stories: list[Story] = []
        if estate is None:
            await build_estate(stage, draw)
            estate = await find_estate(tx)
            if estate is None:
                raise AssertionError("an estate that was just made is found")
            teller = Teller(estate, stage, draw)
            skilled = await _categories_of(estate, stage, day)
            for back in range(_HISTORY_DAYS, 0, -1):
                stories += _past_day(teller, skilled, day - timedelta(days=back))
        else:
            teller = Teller(estate, stage, draw)
            skilled = await _categories_of(estate, stage, day)
            stories += await _left_from_before(teller, day)
        stories += _morning(teller, skilled, day)
        await stage.play(stories, until=moment_of(day))
        await _leave(teller, day)
        stage.tx(estate.root).note(estate.site, _SEEDED, site_id=estate.site.id, day=day)
    return True


async def make_after_plan(services: Services, estate: Estate, *, day: date, seed: int) -> None:
    """What comes in after the plan was made: new reports, and some put up to be grabbed."""
    async with services.writing(estate.root) as tx:
        if await _noted(estate, tx.session, _AFTER_PLAN, day):
            return
        draw = Draw(f"{seed} {day.isoformat()} after")
        moment = moment_of(day)
        stage = Stage(tx.session, draw.rng.randrange, moment)
        teller = Teller(estate, stage, draw)
        grabbed = ("tap_leak", "socket", "light_corridor")
        stories = [
            teller.reported(
                draw.report(among=frozenset({category})),
                moment + timedelta(minutes=1),
                offered=moment + timedelta(minutes=9),
            )
            for category in grabbed
        ]
        stories += [
            teller.reported(draw.report(), moment + timedelta(minutes=minute))
            for minute in (3, 5, 6, 8)
        ]
        await stage.play(stories, until=moment + timedelta(minutes=10))
        stage.tx(estate.root).note(estate.site, _AFTER_PLAN, site_id=estate.site.id, day=day)


async def load_estate(services: Services) -> Estate:
    """The estate that `make_day` made."""
    nobody = accounts.service_actor(organization_id=0, origin="demo")
    async with services.reading(nobody) as tx:
        estate = await find_estate(tx)
    if estate is None:
        raise AssertionError("make_day comes first")
    return estate


def _past_day(teller: Teller, skilled: dict[str, frozenset[str]], day: date) -> Iterator[Story]:
    """Everybody works through a day, and the desk calls back the same evening."""
    draw = teller.draw
    for position, (code, categories) in enumerate(sorted(skilled.items())):
        shift = next(t["shift"] for t in facts("estate")["technicians"] if t["code"] == code)
        begin = {"early": time(6, 45), "day": time(8, 15), "late": time(12, 45)}[shift]
        at = datetime.combine(day, begin, _zone())
        for count in range(1 + draw.chance(0.5)):
            minutes = draw.minutes(20, 60)
            odd = count == 0 and day.toordinal() % 2 == position % 2
            visit = Visit(
                code,
                at,
                minutes,
                called=at + timedelta(minutes=minutes + draw.minutes(100, 160)),
                unanswered_first=odd and position in (3, 4),
                satisfied=not (odd and position in (0, 1)),
            )
            reported = at - timedelta(minutes=draw.minutes(40, 300))
            yield teller.reported(draw.report(among=categories), reported, visit=visit)
            at += timedelta(minutes=minutes + draw.minutes(30, 90))


def _morning(teller: Teller, skilled: dict[str, frozenset[str]], day: date) -> Iterator[Story]:
    """The day's first hours: all that came in since yesterday evening, in every state."""
    draw, moment = teller.draw, moment_of(day)
    for visit in _visits_of_morning(moment):
        reported = visit.sets_out - timedelta(minutes=draw.minutes(30, 240))
        if visit.assigned is not None:
            reported = visit.assigned - timedelta(minutes=draw.minutes(20, 60))
        report = draw.report(among=skilled[visit.who])
        yield teller.reported(report, reported, visit=visit)
    for minutes in (200, 95, 40):
        cancelled = moment - timedelta(minutes=minutes - 25)
        yield teller.reported(
            draw.report(), moment - timedelta(minutes=minutes), cancelled=cancelled
        )
    yield teller.advised(
        draw.report(among=frozenset({"breaker_trips"})), moment - timedelta(minutes=50)
    )
    for position, each in enumerate(facts("reports")["unclear"]):
        yield teller.unclear(each["words"][0], moment - timedelta(minutes=12 + 17 * position))
    for kind in ("nobody", "nobody", "danger"):
        at = moment - timedelta(minutes=draw.minutes(5, 60))
        yield teller.reported(draw.named(kind), at)
    for _ in range(_QUEUED):
        report = draw.report()
        wished = None
        if report.in_home and draw.chance(0.5):
            starts, ends = draw.rng.choice(_WISHES)
            wished = datetime.combine(day, starts, _zone()), datetime.combine(day, ends, _zone())
        # Few at night, most between six and the moment shown, some since the evening before.
        back = draw.minutes(5, 150) if draw.chance(0.8) else draw.minutes(150, 14 * 60)
        yield teller.reported(report, moment - timedelta(minutes=back), wished=wished)


def _visits_of_morning(moment: datetime) -> list[Visit]:
    """Who is where at the moment shown; minutes before (-) and after (+) it."""

    def at(minutes: int) -> datetime:
        return moment + timedelta(minutes=minutes)

    return [
        # The early shift has been out since half past six.
        Visit("W02", at(-112), 25, called=at(-20)),
        Visit("W02", at(-72), 20, called=at(-10)),
        Visit("W02", at(-38), 18),
        Visit("W02", at(-6)),
        Visit("W04", at(-112), 30, called=at(-15)),
        Visit("W04", at(-66), 15, called=at(-8)),
        Visit("W04", at(-37), 15),
        Visit("W04", at(-14), 40),
        Visit("W11", at(-112), 20, called=at(-30)),
        Visit("W11", at(-76), paused=PauseReason.PARTS),
        Visit("W11", at(-42), 20),
        Visit("W11", at(-9)),
        # The day shift began at eight.
        Visit("W03", at(-26), 50),
        Visit("W03", at(60), assigned=at(-20)),
        Visit("W05", at(-25), paused=PauseReason.CUSTOMER_AWAY),
        Visit("W05", at(40), assigned=at(-3), accepts=False),
        Visit("W07", at(-10)),
        Visit("W08", at(-5)),
        Visit("W09", at(-24), 60),
        Visit("W10", at(30), assigned=at(-12)),
        Visit("W01", at(45), assigned=at(-2), accepts=False),
        Visit("W12", at(300), assigned=at(-15), accepts=False),
    ]


async def _left_from_before(teller: Teller, day: date) -> list[Story]:
    """What the plan of a former day gave to somebody is done as it was planned."""
    codes = {person.id: code for code, person in teller.estate.people.items()}
    statement = (
        select(WorkOrder, Assignment)
        .join(Assignment, Assignment.work_order_id == WorkOrder.id)
        .where(
            WorkOrder.site_id == teller.estate.site.id,
            WorkOrder.state.in_(HELD_STATES),
            Assignment.ended_at.is_(None),
        )
        .order_by(Assignment.planned_start, WorkOrder.id)
    )
    stories = []
    latest = moment_of(day) - timedelta(hours=12)
    for order, assignment in (await teller.stage.session.execute(statement)).all():
        arrives = min(assignment.planned_start or latest, latest)
        stories.append(teller.finished(order, codes[assignment.technician_id], arrives=arrives))
    return stories


async def _leave(teller: Teller, day: date) -> None:
    told = facts("estate")["leave"]
    starts = datetime.combine(day, time(), _zone())
    await teller.stage.do(
        teller.estate.root,
        technicians.add_leave,
        technician_id=teller.estate.people[told["code"]].id,
        starts_at=starts,
        ends_at=starts + timedelta(days=1),
        reason=told["reason"],
    )


async def _categories_of(estate: Estate, stage: Stage, day: date) -> dict[str, frozenset[str]]:
    """What each of the people can do alone, by categories that are reported at all."""
    told = facts("reports")
    reported = {each["category"] for kind in ("home", "public") for each in told[kind]}
    leaves = [leaf for group in default_categories() for leaf in group.children]
    skills = await skills_of(stage.tx(estate.root), [each.id for each in estate.people.values()])
    able: dict[str, frozenset[str]] = {}
    for code, person in estate.people.items():
        levels = {
            each.trade: each.level
            for each in skills[person.id]
            if each.expires_on is None or each.expires_on >= day
        }
        able[code] = frozenset(
            leaf.code
            for leaf in leaves
            if leaf.code in reported
            and leaf.crew_size == 1
            and levels.get(leaf.trade or "", 0) >= (leaf.level or 1)
        )
    return able


async def _noted(estate: Estate, session, kind: str, day: date) -> bool:
    statement = select(Event.data).where(Event.site_id == estate.site.id, Event.kind == kind)
    days = {data["day"] for data in (await session.execute(statement)).scalars()}
    return day.isoformat() in days


@cache
def _zone() -> ZoneInfo:
    return ZoneInfo(facts("estate")["site"]["time_zone"])
