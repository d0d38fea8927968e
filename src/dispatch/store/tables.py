"""Every table in one import, for migrations and for looking rows up by table name."""

from dispatch.store import (
    approvals,
    arrival_checks,
    attempts,
    calendars,
    callbacks,
    cases,
    categories,
    checks,
    clocks,
    counters,
    customer_calls,
    erasures,
    events,
    extra_work,
    guesses,
    help_requests,
    idempotency,
    identities,
    materials,
    mediations,
    messages,
    offers,
    parties,
    periodic,
    plans,
    plans_in_force,
    policies,
    rework_reports,
    saturations,
    sites,
    technicians,
    tickets,
    users,
    work_orders,
    work_steps,
)
from dispatch.store.base import Base

__all__ = [
    "Base",
    "approvals",
    "arrival_checks",
    "attempts",
    "calendars",
    "callbacks",
    "cases",
    "categories",
    "checks",
    "clocks",
    "counters",
    "customer_calls",
    "erasures",
    "events",
    "extra_work",
    "guesses",
    "help_requests",
    "idempotency",
    "identities",
    "materials",
    "mediations",
    "messages",
    "offers",
    "parties",
    "periodic",
    "plans",
    "plans_in_force",
    "policies",
    "rework_reports",
    "saturations",
    "sites",
    "technicians",
    "tickets",
    "users",
    "work_orders",
    "work_steps",
]


def row_class(table: str) -> type[Base]:
    """The mapped class of a table name."""
    return next(
        mapper.class_
        for mapper in Base.registry.mappers
        if mapper.local_table is not None and mapper.class_.__tablename__ == table
    )
