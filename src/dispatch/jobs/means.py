"""What a job or periodic work may use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from dispatch.planning.runner import Planner
from dispatch.services.action import Services


@dataclass(frozen=True, slots=True)
class Means:
    """The services, and the optimizer's processes, which start when first asked for."""

    services: Services
    planner: Callable[[], Planner]


Work = Callable[..., Awaitable[Any]]
"""`async def work(means, **arguments)`, with the arguments it was enqueued with."""
