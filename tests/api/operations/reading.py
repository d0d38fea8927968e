"""How SQLite goes about a statement: without figures of its own about the tables it goes the same
way whether they are long or short, so that a few rows show what many would cost."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncEngine

GROWING = frozenset(
    {
        "appointment",
        "assignment",
        "callback",
        "clock",
        "crew_member",
        "disturbance",
        "event",
        "guess",
        "idempotency_key",
        "message",
        "offer",
        "offer_recipient",
        "plan",
        "plan_run",
        "plan_stop",
        "ticket",
        "work_order",
        "work_step",
    }
)
"""Tables that grow with every day."""
_SCAN = re.compile(r"SCAN (\w+?)(?:_\d+)?(?: USING .*)?$")


async def whole_tables(engine: AsyncEngine, statements: Iterable[str]) -> list[str]:
    """The statements that read all of a table that grows, and which; not those that stop after a
    page, or read an index of a few rows."""
    found = []
    async with engine.connect() as connection:
        indexes = await connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
        )
        few = {name for (name,) in indexes}
        for statement in sorted(set(statements)):
            if statement.startswith("INSERT"):
                continue
            values = (None,) * statement.count("?")
            steps = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for *_, step in steps.all():
                scan = _SCAN.match(step)
                if scan is None or scan[1] not in GROWING:
                    continue
                is_by_index = " INDEX " in step
                if not is_by_index or not ("LIMIT" in statement or few & set(step.split())):
                    found.append(f"{step}: {statement}")
    return found
