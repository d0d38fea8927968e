"""The real file: 14,277 requests of a city, where it is at hand."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dispatch.domain.places import SiteKind
from dispatch.domain.work_orders import WorkOrderState
from dispatch.services import sites
from dispatch.services.import_maps import load_map
from dispatch.services.import_rows import Cause
from dispatch.services.imports import ImportReport, import_tickets
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.factories import World, a_world

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DISPATCH_DATA", ROOT.parent / "shared" / "data"))
FILE = DATA / "requests" / "boston311_2011h2_repairs.csv"


@pytest.mark.slow
@pytest.mark.skipif(not FILE.is_file(), reason=f"needs {FILE.name} in DISPATCH_DATA/requests")
async def test_the_whole_file_comes_in_once(database_url: str) -> None:
    async with a_world(database_url) as world:
        site = await world.do(
            world.root,
            sites.create_site,
            code="boston",
            name="Boston",
            kind=SiteKind.CITY,
            time_zone="America/New_York",
        )
        report = await bring(world, site.id)
        assert (report.read, report.imported, report.known) == (14277, 14277, 0)
        assert (report.queued, report.closed, report.waiting) == (1733, 12544, 0)
        # The source writes the middle of the city where it knows no point.
        assert Counter(note.cause for note in report.warnings) == {Cause.NO_POINT: 988}
        again = await bring(world, site.id)
        assert (again.known, again.imported) == (14277, 0)
        async with world.services.store.reading() as session:
            counted = {
                "tickets": await session.scalar(select(func.count()).select_from(Ticket)),
                "numbers": await session.scalar(select(func.count(Ticket.number.distinct()))),
                "without point": await session.scalar(
                    select(func.count()).where(WorkOrder.latitude.is_(None))
                ),
                "closed with end": await session.scalar(
                    select(func.count()).where(
                        WorkOrder.state == WorkOrderState.CLOSED, WorkOrder.ended_at.is_not(None)
                    )
                ),
            }
    assert counted == {
        "tickets": 14277,
        "numbers": 14277,
        "without point": 988,
        "closed with end": 12544,
    }


async def bring(world: World, site_id: int) -> ImportReport:
    mapping = load_map("boston311")
    with FILE.open(encoding=mapping.file.encoding, newline="") as lines:
        return await world.do(
            world.root, import_tickets, site_id=site_id, mapping=mapping, lines=lines
        )
