"""Keys as one value, and rows of several tables by one statement, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select

from dispatch.domain.places import SiteKind
from dispatch.store.among import among
from dispatch.store.calendars import CalendarDay
from dispatch.store.engine import Store
from dispatch.store.sites import Organization, Site
from dispatch.store.together import Part, Together

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


async def filled(store: Store) -> int:
    """A company with three sites, one of which has two days of its own; the first site's id."""
    async with store.writing() as session:
        company = Organization(code="c", name="c", created_at=NOW)
        session.add(company)
        await session.flush()
        sites = [
            Site(
                organization_id=company.id,
                code=f"s{number}",
                name=f"s{number}",
                kind=SiteKind.ESTATE,
                time_zone="Asia/Shanghai",
                latitude=31.0 + number,
                longitude=120.0,
                created_at=NOW,
            )
            for number in range(3)
        ]
        session.add_all(sites)
        await session.flush()
        session.add_all(
            CalendarDay(site_id=sites[0].id, day=date(2026, 3, day), name="x") for day in (1, 2)
        )
        await session.flush()
        return sites[0].id


async def test_a_column_is_among_keys(database_url: str) -> None:
    store = Store(database_url)
    try:
        first = await filled(store)
        async with store.reading() as session:
            for keys in ([], [first], [first, first + 2, 10**12], range(first, first + 3)):
                found = await session.execute(select(Site.id).where(among(Site.id, list(keys))))
                assert set(found.scalars()) == {key for key in keys if key < first + 3}
            named = select(Site.id).where(~among(Site.id, "ids")).order_by(Site.id)
            rows = await session.execute(named, {"ids": [first]})
            assert list(rows.scalars()) == [first + 1, first + 2]
    finally:
        await store.close()


async def test_rows_of_several_tables_keep_their_types(database_url: str) -> None:
    store = Store(database_url)
    both = Together(
        sites=Part([Site.id, Site.code, Site.kind, Site.latitude], among(Site.id, "ids")),
        days=Part([CalendarDay.site_id, CalendarDay.day], among(CalendarDay.site_id, "ids")),
        companies=Part([Organization.created_at, Organization.name], Organization.id > 0),
    )
    try:
        first = await filled(store)
        async with store.reading() as session:
            found = await both.read(session, ids=[first, first + 1])
        sites = sorted(found["sites"])
        assert [(each.id, each.code) for each in sites] == [(first, "s0"), (first + 1, "s1")]
        assert (sites[0].kind, sites[1].latitude) == (SiteKind.ESTATE, 32.0)
        assert sorted(each.day for each in found["days"]) == [date(2026, 3, 1), date(2026, 3, 2)]
        assert [(each.created_at, each.name) for each in found["companies"]] == [(NOW, "c")]
    finally:
        await store.close()
