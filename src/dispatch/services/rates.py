"""How often something may be tried, counted in the database by all processes together.

A try is counted before it is made, in a transaction of its own, so that many at once cannot slip
through between looking and counting; what turns out right is taken off the count again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from limits import RateLimitItem
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from sqlalchemy import case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.errors import Code, refuse
from dispatch.services.action import Services
from dispatch.store.attempts import Attempt
from dispatch.store.inserts import dialect_of, insert_into

_SWEPT = 50


@dataclass(frozen=True, slots=True)
class Share:
    """So many tries for whom `names` say."""

    limit: RateLimitItem
    names: tuple[str, ...]


class _Rows(Storage):
    """The counts of one open transaction, as the strategies of `limits` ask for them."""

    STORAGE_SCHEME = None

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        super().__init__()
        self._session = session
        self._now = now

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        ends = self._now + timedelta(seconds=expiry)
        statement = insert_into(dialect_of(self._session), Attempt)
        statement = statement.values(key=_digest(key), count=amount, expires_at=ends)
        is_over = Attempt.expires_at <= self._now
        statement = statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((is_over, amount), else_=Attempt.count + amount),
                "expires_at": case((is_over, ends), else_=Attempt.expires_at),
            },
        ).returning(Attempt.count)
        return (await self._session.execute(statement)).scalar_one()

    async def get(self, key: str) -> int:
        return (await self._find(key))[0]

    async def get_expiry(self, key: str) -> float:
        return (await self._find(key))[1].timestamp()

    async def _find(self, key: str) -> tuple[int, datetime]:
        statement = select(Attempt.count, Attempt.expires_at).where(
            Attempt.key == _digest(key), Attempt.expires_at > self._now
        )
        found = (await self._session.execute(statement)).first()
        return (0, self._now) if found is None else (found[0], found[1])

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        await self._session.execute(delete(Attempt))
        return None

    async def clear(self, key: str) -> None:
        await self._session.execute(delete(Attempt).where(Attempt.key == _digest(key)))


async def take(services: Services, shares: Sequence[Share]) -> None:
    """Counts a try against every share; refuses RATE_LIMITED, with the seconds to wait, when one
    is used up. Refused tries count, too: who goes on trying goes on waiting."""
    now = services.clock()
    wait = 0.0
    async with services.store.writing() as session:
        rows = _Rows(session, now)
        strategy = FixedWindowRateLimiter(rows)
        for share in shares:
            if not await strategy.hit(share.limit, *share.names):
                ends = await rows.get_expiry(share.limit.key_for(*share.names))
                wait = max(wait, ends - now.timestamp())
        await _sweep(session, now)
    if wait > 0:
        raise refuse(Code.RATE_LIMITED, seconds=max(1, round(wait)))


async def give_back(services: Services, shares: Sequence[Share]) -> None:
    """Takes one try off each share: it was right, and shall not be held against anybody."""
    keys = [_digest(share.limit.key_for(*share.names)) for share in shares]
    async with services.store.writing() as session:
        for key in keys:
            await session.execute(
                update(Attempt)
                .where(Attempt.key == key, Attempt.count > 0)
                .values(count=Attempt.count - 1)
            )


async def _sweep(session: AsyncSession, now: datetime) -> None:
    over = (
        select(Attempt.id)
        .where(Attempt.expires_at <= now)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        delete(Attempt)
        .where(Attempt.id.in_((await session.execute(over)).scalars().all()))
        .execution_options(synchronize_session=False)
    )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
