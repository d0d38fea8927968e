"""What every resolver may use: who asks, in which language, and the services."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import strawberry

from dispatch.api.budgets import Budgets
from dispatch.api.hub import Hub
from dispatch.api.loaders import Loaders
from dispatch.api.readers import Reader
from dispatch.api.sessions import Session
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Actor
from dispatch.files import PhotoFiles, photos_in_folder
from dispatch.planning.runner import Planner
from dispatch.services.accounts import SignInLimits
from dispatch.services.action import Services, Tx
from dispatch.services.providers import Providers
from dispatch.telemetry.current import doing
from dispatch.telemetry.traces import begin_trace

BUDGET = 10_000_000
"""Cost that a caller may ask for in a minute where nothing else is set."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How people come in: how long a sign-in lasts, how often it may be tried, and where else."""

    token_days: int = 30
    session_days: int = 90
    flow_s: int = 600
    limits: SignInLimits = field(default_factory=SignInLimits)
    providers: Providers = field(default_factory=Providers)


@dataclass(frozen=True, slots=True)
class Backing:
    """What the process gives to every request."""

    services: Services
    planner: Callable[[], Planner]
    hub: Hub
    gate: Gate
    budgets: Budgets = field(default_factory=lambda: Budgets(BUDGET))
    photos: PhotoFiles = field(default_factory=photos_in_folder)


@dataclass
class Context:
    """One operation's surroundings."""

    backing: Backing
    caller: Actor | None
    """Who asks; None before sign-in. Resolvers use `actor`."""
    language: str
    origin: str
    token: str | None = field(default=None, repr=False)
    connection_params: dict[str, Any] | None = None
    session: Session | None = field(default=None, repr=False)
    """The sign-in of a connection that stays."""
    reader: Reader | None = field(default=None, repr=False)
    """Where a subscription gets what it tells."""
    resume_after: str | None = None
    """The cursor of the last payload that a client got before its stream broke."""
    pays: bool = True
    """Whether the operation is counted against the caller's budget."""
    trace_id: str = field(default_factory=lambda: _trace_here())  # noqa: PLW0108 -- it stands below
    loaders: Loaders = field(init=False)
    executor: Any = field(default=None, init=False, repr=False)
    """What executes the operation; it knows how the fields selected are told."""

    def __post_init__(self) -> None:
        self.loaders = Loaders(lambda: self.services.reading(self.actor))

    @property
    def actor(self) -> Actor:
        """Who asks; refuses those who have not signed in."""
        if self.caller is None:
            raise refuse(Code.UNAUTHENTICATED)
        return self.caller

    @property
    def purse(self) -> str:
        """Whose budget pays: the user's, whatever their token, else the address's."""
        if self.caller is not None and self.caller.user_id is not None:
            return f"user {self.caller.user_id}"
        return f"from {self.origin}"

    @property
    def services(self) -> Services:
        return self.backing.services

    @property
    def planner(self) -> Planner:
        """The optimizer's processes; they start with the service, or with their first use."""
        return self.backing.planner()

    @property
    def hub(self) -> Hub:
        return self.backing.hub

    def reading(self) -> AbstractAsyncContextManager[Tx]:
        """A session for queries, as the caller; no loader is awaited within it."""
        return self.loaders.reading()

    def for_operation(self) -> "Context":
        """A copy with loaders and a trace of its own: one connection carries many operations."""
        return replace(self, trace_id=_trace_here())


def _trace_here() -> str:
    """The trace that the log names, too."""
    current = doing()
    return current.trace.trace_id if current is not None else begin_trace().trace_id


Info: TypeAlias = strawberry.Info[Context, None]
