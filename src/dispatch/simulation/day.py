"""The simulated day of a site: who is there, what the board says, how people are."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from dispatch.simulation.client import Client
from dispatch.simulation.founding import Cast, Worker
from dispatch.simulation.pace import Pace
from dispatch.simulation.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Habits:
    """How often things go other than planned; shares of visits, of people, or minutes."""

    decline: float = 0.03
    late_answer: float = 0.04
    ill: float = 0.02
    offline: float = 0.10
    offline_minutes: tuple[int, int] = (20, 60)
    pause: float = 0.02
    slow_way: float = 0.25
    """Spread of ways against the plan's (standard deviation of their logarithm)."""
    slow_work: float = 0.20
    no_answer: float = 0.10
    unsatisfied: float = 0.02


@dataclass
class Order:
    """A work order as the board last told of it."""

    seen: dict[str, Any]

    @property
    def id(self) -> str:
        return self.seen["id"]

    def fits(self, worker: Worker) -> bool:
        return worker.can(self.seen["trade"]["code"], self.seen["level"])

    @property
    def holder(self) -> str | None:
        assignment = self.seen["assignment"]
        return assignment["technician"]["id"] if assignment else None

    @property
    def planned_start(self) -> datetime | None:
        text = (self.seen["assignment"] or {}).get("plannedStart")
        return datetime.fromisoformat(text) if text else None

    @property
    def way_s(self) -> float:
        return seconds((self.seen["assignment"] or {}).get("travel")) or 600.0

    @property
    def work_s(self) -> float:
        return seconds(self.seen["duration"]) or 3600.0


@dataclass(kw_only=True)
class Day:
    """What everybody of a site shares; the sites share all but their people and orders."""

    cast: Cast
    client: Client
    pace: Pace
    rng: random.Random
    habits: Habits
    begins: datetime
    ends: datetime
    zone: ZoneInfo
    done: Counter[str]
    tasks: Tasks
    orders: dict[str, Order] = field(default_factory=dict)
    held: defaultdict[str, dict[str, Order]] = field(default_factory=lambda: defaultdict(dict))
    """Orders by who holds them."""

    def note(self, seen: dict[str, Any]) -> Order:
        """What the board says of an order now."""
        order = Order(seen)
        known = self.orders.get(order.id)
        if known is not None and known.holder is not None:
            self.held[known.holder].pop(order.id, None)
        if order.holder is not None:
            self.held[order.holder][order.id] = order
        self.orders[order.id] = order
        return order

    @property
    def site(self) -> str:
        return encode("Site", self.cast.site.id)

    def is_at_work(self, worker: Worker) -> bool:
        return worker.works_at(self.pace.now.astimezone(self.zone).time())

    def token(self, role: Role) -> str:
        return self.rng.choice(self.cast.tokens[role])

    def around(self, seconds: float, spread: float) -> float:
        return seconds * self.rng.lognormvariate(0, spread)

    def between(self, least: float, most: float) -> float:
        return self.rng.uniform(least, most)


def seconds(duration: str | None) -> float:
    """Seconds of an ISO 8601 duration in hours, minutes and seconds."""
    if not duration:
        return 0.0
    total, number = 0.0, ""
    for letter in duration.removeprefix("PT"):
        if letter.isdigit() or letter == ".":
            number += letter
        else:
            total += float(number) * {"H": 3600, "M": 60, "S": 1}[letter]
            number = ""
    return total
