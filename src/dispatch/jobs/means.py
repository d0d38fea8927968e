"""What a job or periodic work may use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from dispatch.files import PhotoFiles, photos_in_folder
from dispatch.planning.runner import Planner
from dispatch.services.action import Services


@dataclass(frozen=True, slots=True)
class Means:
    """The services, the optimizer's processes, which start when first asked for, and photos."""

    services: Services
    planner: Callable[[], Planner]
    photos: PhotoFiles = field(default_factory=photos_in_folder)


Work = Callable[..., Awaitable[Any]]
"""`async def work(means, **arguments)`, with the arguments it was enqueued with."""
