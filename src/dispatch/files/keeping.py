"""What every place for files can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dispatch.domain.photos import Promise


@dataclass(frozen=True, slots=True)
class Upload:
    """How a client sends a file: the method, the address, and the headers it must send."""

    address: str
    headers: Mapping[str, str]
    method: str = "PUT"


class Files(Protocol):
    """A place for files, by key."""

    def secret(self) -> bytes:
        """What addresses are signed with: the same in all processes that share the place."""
        ...

    def upload(self, promise: Promise, *, now: datetime, until: datetime) -> Upload | None:
        """How a client sends the file here directly; None: to the service, which keeps it."""
        ...

    async def check(self, promise: Promise, *, now: datetime) -> bool:
        """Whether the file has come; one that was not promised is refused PHOTO_UNFIT."""
        ...

    def found(self, key: str, *, now: datetime) -> Path | str:
        """The file itself, or a short-lived address of it."""
        ...

    async def remove(self, keys: Sequence[str], *, now: datetime) -> None:
        """Takes files away; those that are not there are no fault."""
        ...
