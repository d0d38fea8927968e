"""Signed addresses: whoever has one may do that one thing with that one file, for a while."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property


@dataclass(frozen=True)
class Addresses:
    """Signs addresses and knows them again; `lasts_s`: how long one to read by holds, at least."""

    secret: Callable[[], bytes]
    lasts_s: int = 3600

    def reading(self, key: str, *, now: datetime) -> str:
        """Where a file is read, from the service's own address on.

        The same for everybody for a while, so that clients keep what they have loaded.
        """
        ends = (int(now.timestamp()) // self.lasts_s + 2) * self.lasts_s
        return self._signed("GET", key, ends)

    def writing(self, key: str, *, until: datetime) -> str:
        """Where a file is sent to."""
        return self._signed("PUT", key, int(until.timestamp()))

    def ends_at(self, method: str, key: str, query: dict[str, str]) -> datetime | None:
        """Until when an address holds that was made here; None of any other."""
        expires = query.get("expires", "")
        if not (expires.isascii() and expires.isdecimal() and len(expires) <= 11):
            return None
        wanted = self._signature(method, key, int(expires))
        if not hmac.compare_digest(wanted, query.get("signature", "").encode()):
            return None
        return datetime.fromtimestamp(int(expires), UTC)

    def _signed(self, method: str, key: str, expires: int) -> str:
        signature = self._signature(method, key, expires).decode()
        return f"/photos/{key}?expires={expires}&signature={signature}"

    def _signature(self, method: str, key: str, expires: int) -> bytes:
        text = f"{method}\n{key}\n{expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest().encode()

    @cached_property
    def _secret(self) -> bytes:
        return self.secret()
