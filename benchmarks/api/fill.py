"""Fills a database with years of an estate company's work, by the database's own hand.

Four sites, technicians who do seven visits a day, a report every half minute; the last ones are
still open. The same numbers and seed give the same rows on every machine. Indexes are taken away
and made again afterwards, and foreign keys are not looked at: every row names what is there.
"""

import re
from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.founded import found, new_site
from dispatch.domain.technicians import Skill, TechnicianKind, Travel
from dispatch.services import technicians
from dispatch.services.action import Services

FILLED = ("ticket", "work_order", "assignment", "crew_member", "clock", "event")
TRADES = ("plumbing", "electrical", "hvac")
UNITS = 2_000
"""Flats of each site."""
FLATS_IN_A_BUILDING = 50
FORM = 2
"""Counts up when other rows are written: what was filled by an earlier form is not used again."""
VISITS_A_DAY = 7


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to be."""

    tickets: int
    days: int
    sites: int = 4
    seed: int = 1

    @property
    def technicians(self) -> int:
        """Of each site."""
        return max(10, round(self.tickets / self.days / VISITS_A_DAY / self.sites))

    @property
    def still_open(self) -> int:
        """Of all tickets; half of them have somebody who comes."""
        return min(self.tickets // 2, 1_000 * self.sites)

    @property
    def name(self) -> str:
        return "_".join(f"{key}{value}" for key, value in {"form": FORM, **asdict(self)}.items())


async def fill(services: Services, dsn: str, size: Size) -> None:
    """Founds the company through its services, then writes its history."""
    root, first = await found(services)
    more = [await new_site(services, root, f"bench-{number}") for number in range(1, size.sites)]
    for site_id in (site.id for site in (first, *more)):
        for number in range(size.technicians):
            person = await services.perform(
                root,
                technicians.create,
                code=f"{site_id}-{number}",
                name=f"师傅 {site_id}-{number}",
                kind=TechnicianKind.STAFF,
                travel=Travel.SCOOTER,
                skills=[Skill(trade, 2) for trade in TRADES],
                site_ids=[site_id],
                home_latitude=31.30,
                home_longitude=120.60,
            )
            await services.perform(
                root,
                technicians.add_shift_pattern,
                technician_id=person.id,
                weekdays=list(range(7)),
                starts=time(8),
                ends=time(18),
                valid_from=date(2020, 1, 1),
            )
    with psycopg.connect(dsn, autocommit=True) as connection:
        _write(connection, size)


def _write(connection: psycopg.Connection, size: Size) -> None:
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("SET work_mem = '128MB'")
    connection.execute("SET session_replication_role = replica")
    with connection.transaction():
        for statement in (_BUILDINGS, _BUILDING_PATHS, _FLATS, _FLAT_PATHS, _PARTIES, _PARTY_UNITS):
            _run(connection, statement, units=UNITS, flats=FLATS_IN_A_BUILDING)
        _facts(connection, size)
        again = _without_indexes(connection)
        for statement in _HISTORY:
            _run(connection, statement, organization=_organization(connection))
        for statement in again:
            connection.execute(statement.encode())
        for table in (*FILLED, "place", "party", "party_unit"):
            connection.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({name}, 'id'), max(id)) FROM {table}"
                ).format(name=sql.Literal(table), table=sql.Identifier(table))
            )
    connection.execute("VACUUM ANALYZE")


def _organization(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT id FROM organization").fetchone()
    assert row is not None
    return row[0]


def _without_indexes(connection: psycopg.Connection) -> list[str]:
    """Drops what only slows the filling down; gives the statements that make it again."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint)",
        [list(FILLED)],
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _, definition in found]


def _facts(connection: psycopg.Connection, size: Size) -> None:
    """One row for each report, from which all tables are written."""
    _run(
        connection,
        _FACTS,
        tickets=size.tickets,
        every=size.days * 86_400 / size.tickets,
        open=size.tickets - size.still_open,
        seed=size.seed,
        trades=list(TRADES),
    )


def _run(connection: psycopg.Connection, statement: str, **values: Any) -> None:
    """Runs a statement in which `:name` stands for a value, and % for itself."""
    marked = re.sub(r"(?<!:):([a-z]+)\b", r"%(\1)s", statement.replace("%", "%%"))
    connection.execute(marked.encode(), values)


_BUILDINGS = """
INSERT INTO place(site_id, path, kind, name, is_public, latitude, longitude, version)
SELECT site.id, '/', 'BUILDING', '幢 ' || number, false,
       31.30 + number % 10 * 0.002, 120.60 + number / 10 * 0.002, 1
FROM site, generate_series(0, :units / :flats - 1) number
"""
_BUILDING_PATHS = "UPDATE place SET path = '/' || id || '/' WHERE kind = 'BUILDING'"
_FLATS = """
INSERT INTO place(site_id, parent_id, path, kind, name, is_public, floor, latitude, longitude,
  version)
SELECT site_id, id, path, 'UNIT', '房号 ' || number, false, number % 25, latitude, longitude, 1
FROM place, generate_series(1, :flats) number WHERE kind = 'BUILDING'
ORDER BY site_id, id, number
"""
_FLAT_PATHS = "UPDATE place SET path = path || id || '/' WHERE kind = 'UNIT'"
_PARTIES = """
INSERT INTO party(site_id, name, phones, language, created_at, version)
SELECT site_id, '住户 ' || id, '[]', 'zh-CN', now(), 1 FROM place WHERE kind = 'UNIT' ORDER BY id
"""
_PARTY_UNITS = """
INSERT INTO party_unit(party_id, place_id)
SELECT party.id, place.id FROM party JOIN place ON party.name = '住户 ' || place.id
"""

# The end of the history is today's midnight in UTC: what is open is of the day that has begun.
_FACTS = """
CREATE TEMPORARY TABLE fact ON COMMIT DROP AS
WITH site_of AS (
  SELECT array_agg(id ORDER BY id) AS ids FROM site
), people AS (
  SELECT site_id, array_agg(technician_id ORDER BY technician_id) AS ids
  FROM technician_site GROUP BY site_id
), flats AS (
  SELECT site_id, min(place_id) AS first, min(party_id) AS first_party, count(*) AS number
  FROM party_unit JOIN place ON place.id = place_id GROUP BY site_id
), jobs AS (
  SELECT site_id, trade, array_agg(id ORDER BY id) AS ids FROM category
  WHERE trade = ANY(:trades) GROUP BY site_id, trade
), drawn AS (
  SELECT i, i > :open AS is_open, hashint8(i * 2654435761 + :seed) & 2147483647 AS h,
         hashint8(i * 40503 + :seed + 7) & 2147483647 AS g,
         date_trunc('day', now()) + interval '1 hour'
         - ((:tickets - i) * :every) * interval '1 second' AS reported_at
  FROM generate_series(1::bigint, :tickets) i
)
SELECT drawn.*, site_of.ids[1 + i % array_length(site_of.ids, 1)] AS site_id,
       people.ids[1 + h % array_length(people.ids, 1)] AS technician_id,
       flats.first + g % flats.number AS place_id,
       flats.first_party + g % flats.number AS party_id,
       jobs.trade, jobs.ids[1 + g % array_length(jobs.ids, 1)] AS category_id,
       (ARRAY['EMERGENCY','HIGH','NORMAL','NORMAL','NORMAL','NORMAL','LOW'])[1 + h % 7] AS priority,
       600 + h % 5400 AS wait_s, 900 + g % 3600 AS work_s
FROM drawn, site_of, people, flats, jobs
WHERE people.site_id = site_of.ids[1 + i % array_length(site_of.ids, 1)]
  AND flats.site_id = people.site_id AND jobs.site_id = people.site_id
  AND jobs.trade = (:trades::text[])[1 + h % 3]
"""

_TICKETS = """
INSERT INTO ticket(id, site_id, number, kind, channel, state, intake_by, description, is_complete,
  requester_name, requester_phone, party_id, place_id, photos, category_id, trade, level,
  duration_s, crew_size, priority, taken_by_name, reported_at, created_at, answered_at, due_at,
  resolved_at, closed_at, version, is_construction_fault)
SELECT i, site_id, 'TK-' || to_char(reported_at, 'YYYYMMDD') || '-' || i, 'REPAIR',
  (ARRAY['PHONE','APP','WECHAT','WEB'])[1 + g % 4],
  CASE WHEN NOT is_open THEN 'CLOSED' WHEN h % 2 = 0 THEN 'IN_PROGRESS' ELSE 'TRIAGED' END, 'DESK',
  (ARRAY['厨房','卫生间','客厅','阳台','楼道','车库','电梯厅','屋顶'])[1 + h % 8]
  || (ARRAY['水龙头漏水','插座没电','空调不制冷','灯不亮','下水道堵塞','墙面渗水','门锁打不开',
            '水管爆裂','跳闸','异味','窗户关不严','马桶堵了'])[1 + g % 12]
  || (ARRAY['，请尽快',', please come soon','，下午在家',', third time this month'])[1 + h / 8 % 4],
  true, '住户' || g % 9000, '138' || lpad((h % 100000000)::text, 8, '0'), party_id, place_id, '[]',
  category_id, trade, 1, 1800, 1, priority, 'desk', reported_at, reported_at,
  reported_at + g % 600 * interval '1 second', reported_at + interval '4 hours',
  CASE WHEN NOT is_open THEN reported_at + (wait_s + work_s) * interval '1 second' END,
  CASE WHEN NOT is_open THEN reported_at + (wait_s + work_s) * interval '1 second' END, 1, false
FROM fact
"""

_ORDERS = """
INSERT INTO work_order(id, site_id, ticket_id, number, state, priority, trade, level, duration_s,
  crew_size, area, place_id, building_id, floor, latitude, longitude, due_at, door_code_wrong,
  is_pinned, is_rework, created_at, started_at, ended_at, version)
SELECT i, fact.site_id, i, 'WO-' || to_char(reported_at, 'YYYYMMDD') || '-' || i,
  CASE WHEN NOT is_open THEN 'CLOSED' WHEN h % 2 = 0 THEN 'ASSIGNED' ELSE 'QUEUED' END, priority,
  trade, 1, 1800, 1, 'IN_HOME', place_id, parent_id, floor, latitude, longitude,
  reported_at + interval '4 hours', 0, false, false, reported_at,
  CASE WHEN NOT is_open THEN reported_at + wait_s * interval '1 second' END,
  CASE WHEN NOT is_open THEN reported_at + (wait_s + work_s) * interval '1 second' END, 1
FROM fact JOIN place ON place.id = fact.place_id
"""

_ASSIGNMENTS = """
INSERT INTO assignment(id, work_order_id, technician_id, step, planned_start, planned_end, travel_s,
  set_out_at, arrived_at, way_m, why, confirmed_by_name, created_at, ended_at, "end", version)
SELECT i, i, technician_id, 'AUTO', reported_at + wait_s * interval '1 second',
  reported_at + (wait_s + 1800) * interval '1 second', 300,
  CASE WHEN NOT is_open THEN reported_at + (wait_s - 360) * interval '1 second' END,
  CASE WHEN NOT is_open THEN reported_at + (wait_s - 60) * interval '1 second' END,
  g % 2000, '{}', 'dispatcher', reported_at + interval '1 minute',
  CASE WHEN NOT is_open THEN reported_at + (wait_s + work_s) * interval '1 second' END,
  CASE WHEN NOT is_open THEN 'DONE' END, 1
FROM fact WHERE NOT is_open OR h % 2 = 0
"""

_CREW = """
INSERT INTO crew_member(id, assignment_id, technician_id, is_lead, joined_at, left_at, worked_s)
SELECT i, i, technician_id, true,
  CASE WHEN NOT is_open THEN reported_at + wait_s * interval '1 second' END,
  CASE WHEN NOT is_open THEN reported_at + (wait_s + work_s) * interval '1 second' END,
  CASE WHEN NOT is_open THEN work_s END
FROM fact WHERE NOT is_open OR h % 2 = 0
"""

_CLOCKS = """
INSERT INTO clock(id, site_id, kind, subject, subject_id, ticket_id, work_order_id, state, calendar,
  step, length_s, started_at, due_at, paused_s, ended_at, data, pauses, tries, version)
SELECT 2 * i - part, site_id, CASE part WHEN 1 THEN 'FIRST_ANSWER' ELSE 'ARRIVE' END,
  CASE part WHEN 1 THEN 'ticket' ELSE 'work_order' END, i, i, CASE part WHEN 0 THEN i END,
  CASE WHEN is_open AND part = 0 THEN 'RUNNING' ELSE 'STOPPED' END, 'ROUND_THE_CLOCK', 0, 14400,
  reported_at, reported_at + interval '4 hours', 0,
  CASE WHEN NOT (is_open AND part = 0) THEN reported_at + interval '5 minutes' END,
  '{}', '[]', 0, 1
FROM fact, generate_series(0, 1) part
"""

_EVENTS = """
INSERT INTO event(id, organization_id, site_id, at, kind, subject, subject_id, ticket_id,
  work_order_id, actor_name, origin, before, after, data)
SELECT (SELECT max(id) FROM event) + 4 * i - 3 + part, :organization, site_id,
  reported_at + part * interval '1 minute',
  (ARRAY['ticket.created','work_order.created','work_order.assigned','work_order.accepted'])
  [1 + part],
  CASE part WHEN 0 THEN 'ticket' ELSE 'work_order' END, i, i, CASE WHEN part > 0 THEN i END,
  'dispatcher', 'bench', '{}', '{"state": "X"}', '{}'
FROM fact, generate_series(0, 3) part
"""

_HISTORY = (
    *(each.replace("%", "%") for each in (_TICKETS, _ORDERS, _ASSIGNMENTS, _CREW, _CLOCKS)),
    _EVENTS,
)
