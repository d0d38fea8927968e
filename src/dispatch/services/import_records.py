"""Rows of an import as the columns of tickets, work orders and events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dispatch.domain.door_codes import DIGITS, door_code
from dispatch.domain.policies import Policy
from dispatch.domain.tickets import Area, Resolution, TicketState
from dispatch.domain.triage import Priority, danger_word, decide_priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.services.action import Tx, plain
from dispatch.services.import_maps import ImportMap
from dispatch.services.import_rows import TicketRow
from dispatch.store.categories import Category
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket

_END_REASON_MOST = 500


@dataclass(frozen=True, slots=True)
class Records:
    """What is the same for every row of an import; `categories` are the site's leaves by code."""

    tx: Tx
    site: Site
    mapping: ImportMap
    policy: Policy
    categories: Mapping[str, Category]

    def ticket(self, row: TicketRow) -> dict[str, Any]:
        reported = row.times["reported_at"]
        if reported is None:
            raise AssertionError("a row without its time is a bad row")
        texts = {name: text for name, text in row.texts.items() if name != "end_note"}
        category = self.categories[row.category] if row.category is not None else None
        danger = danger_word(row.texts["description"] or "", words=self.policy.danger_words)
        priority = _priority(category, danger)
        due_s = self.policy.answer_within_s[(priority or Priority.NORMAL).value]
        has_place = any(texts.get(name) for name in ("location_text", "building", "room"))
        ended_at = row.times["closed_at"] if row.state != "OPEN" else None
        end_note = row.texts["end_note"] if row.state != "OPEN" else None
        return {
            **texts,
            "site_id": self.site.id,
            "kind": self.mapping.ticket.kind,
            "channel": row.channel,
            "state": _state(row, category),
            "is_complete": category is not None and (has_place or row.latitude is not None),
            "latitude": row.latitude,
            "longitude": row.longitude,
            "wished_from": row.times["wished_from"],
            "wished_to": row.times["wished_to"],
            "category_id": category.id if category is not None else None,
            "trade": category.trade if category is not None else None,
            "level": category.level if category is not None else None,
            "duration_s": category.duration_s if category is not None else None,
            "crew_size": category.crew_size if category is not None else None,
            "chargeable": category.chargeable if category is not None else None,
            "area": category.area if category is not None else None,
            "priority": priority,
            "priority_reason": danger,
            "resolution": Resolution.SITE_VISIT if category is not None else None,
            "taken_by_id": self.tx.actor.user_id,
            "taken_by_name": self.mapping.ticket.taken_by,
            "reported_at": reported,
            "created_at": self.tx.now,
            "due_at": row.times["due_at"] or reported + timedelta(seconds=due_s),
            "resolved_at": ended_at if row.state == "CLOSED" else None,
            "closed_at": ended_at,
            "end_reason": end_note[:_END_REASON_MOST] if end_note else None,
            "source": self.mapping.source,
        }

    def order(self, row: TicketRow, ticket: Mapping[str, Any], ticket_id: int) -> dict[str, Any]:
        is_closed = ticket["state"] is TicketState.CLOSED
        in_home = ticket["area"] is Area.IN_HOME
        copied = (
            "site_id",
            "priority",
            "trade",
            "level",
            "duration_s",
            "crew_size",
            "area",
            "latitude",
            "longitude",
            "due_at",
            "wished_from",
            "wished_to",
            "end_reason",
        )
        return {
            **{name: ticket[name] for name in copied},
            "ticket_id": ticket_id,
            "state": WorkOrderState.CLOSED if is_closed else WorkOrderState.QUEUED,
            "dispatch_step": None if is_closed else self._first_step(),
            "door_code": door_code(self.tx.randbelow(10**DIGITS))
            if in_home and not is_closed
            else None,
            # The day a plan is made for asks when the work came up, not when it was imported.
            "created_at": ticket["reported_at"],
            "ended_at": ticket["closed_at"],
            "completion": _completion(row) if is_closed else None,
        }

    def _first_step(self) -> AssignmentStep:
        steps = [each.step for each in self.policy.dispatch_steps]
        # Nobody is named on an imported order.
        return next(each for each in steps if each is not AssignmentStep.DIRECTED)

    def event(
        self,
        row: TicketRow,
        ticket: Mapping[str, Any],
        ticket_id: int,
        order_ids: Mapping[int, int],
        numbers: Mapping[int, str],
    ) -> dict[str, Any]:
        actor = self.tx.actor
        data = {
            "row": row.row,
            "work_order": numbers.get(ticket_id),
            "end_note": row.texts["end_note"],
        }
        return {
            "organization_id": actor.organization_id,
            "site_id": self.site.id,
            "at": self.tx.now,
            "kind": "ticket.imported",
            "subject": Ticket.__tablename__,
            "subject_id": ticket_id,
            "ticket_id": ticket_id,
            "work_order_id": order_ids.get(ticket_id),
            "actor_id": actor.user_id,
            "actor_name": actor.name,
            "origin": actor.origin,
            "before": {},
            "after": {name: plain(value) for name, value in ticket.items() if value is not None},
            "data": {name: value for name, value in data.items() if value is not None},
        }


def _completion(row: TicketRow) -> dict[str, Any]:
    """A record in the form of one's own, of which the outer system tells one line."""
    lists: dict[str, Any] = {"parts": [], "hours": [], "photos_before": [], "photos_after": []}
    words = {"found": "", "cause": "", "done": row.texts["end_note"] or ""}
    return {**words, **lists, "signature": None, "no_signature_reason": None}


def _priority(category: Category | None, danger: str | None) -> Priority | None:
    if category is None:
        return Priority.EMERGENCY if danger is not None else None
    return decide_priority(
        category=category.priority or Priority.NORMAL,
        category_is_danger=category.is_danger,
        danger=danger,
        wished=None,
        reason=None,
    )


def _state(row: TicketRow, category: Category | None) -> TicketState:
    if row.state != "OPEN":
        return TicketState.CLOSED if row.state == "CLOSED" else TicketState.CANCELLED
    return TicketState.NEW if category is None else TicketState.TRIAGED
