"""A message as it leaves the house, and what it is told when it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.domain.messages import ChannelKind


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one address or group, on one try.

    `id` is the same however often it is sent, so that a receiver can drop what it has; `at` is
    when it is sent, `created_at` when what it tells of happened.
    """

    id: str
    kind: str
    channel: ChannelKind
    config: Mapping[str, Any]
    subject: str
    body: str
    created_at: datetime
    at: datetime
    address: str | None = None
    secrets: tuple[str, ...] = ()
    traceparent: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class NotSent(Exception):  # noqa: N818 -- it is an answer of the outer world
    """The message did not get out; `is_final` when trying again cannot help."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
