"""The same wish sent twice has one effect (INT-5)."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.store.base import Base
from dispatch.store.idempotency import IdempotencyKey
from dispatch.store.inserts import DIALECTS, dialect_of, insert_into
from dispatch.store.tables import row_class

T = TypeVar("T")

KEY_MOST = 200

# Asked with every change: put together once.
_KEYS = cast("Table", IdempotencyKey.__table__)
_CLAIM = {
    dialect: insert_into(dialect, _KEYS)
    .on_conflict_do_nothing(index_elements=["organization_id", "caller", "key"])
    .returning(_KEYS.c.id)
    for dialect in DIALECTS
}
_USED = select(_KEYS.c.id).where(
    _KEYS.c.organization_id == bindparam("organization"),
    _KEYS.c.caller == bindparam("caller"),
    _KEYS.c.key == bindparam("key"),
)
_REMEMBER = (
    update(_KEYS).where(_KEYS.c.id == bindparam("claimed")).values(result=bindparam("remembered"))
)


async def once(
    session: AsyncSession,
    *,
    organization_id: int,
    caller: str,
    key: str,
    now: datetime,
    operation: str,
    arguments: Any,
    run: Callable[[], Awaitable[T]],
) -> T:
    """Runs the action unless the caller's key was used before; then gives the row of that time.

    The key is claimed before the action runs, so that of two at the same moment the second waits
    for the first. `arguments` is what makes two wishes the same, as JSON.
    """
    _check_length(key)
    text = json.dumps(arguments, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    claim = {
        "organization_id": organization_id,
        "caller": caller,
        "key": key,
        "operation": operation,
        "input_digest": digest,
        "created_at": now,
    }
    statement = _CLAIM[dialect_of(session)]
    claimed = (await session.execute(statement, claim)).scalar_one_or_none()
    if claimed is None:
        return await _first_result(
            session,
            organization_id=organization_id,
            caller=caller,
            key=key,
            operation=operation,
            digest=digest,
        )
    try:
        result = await run()
    except Refused as refused:
        if refused.keep_changes:
            # What the refusal leaves behind is not what was wished for.
            await session.execute(delete(IdempotencyKey).where(IdempotencyKey.id == claimed))
        raise
    if not isinstance(result, Base):
        raise TypeError(f"{operation} gives no row: it cannot be remembered under a key")
    await session.flush()
    remembered = {"table": result.__tablename__, "id": result.id}
    await session.execute(_REMEMBER, {"claimed": claimed, "remembered": remembered})
    return result


async def is_used(session: AsyncSession, *, organization_id: int, caller: str, key: str) -> bool:
    """Whether the caller's key stands for a wish that came true; refuses what is no key."""
    _check_length(key)
    asked = {"organization": organization_id, "caller": caller, "key": key}
    return (await session.execute(_USED, asked)).scalar_one_or_none() is not None


def part_key(key: str, part: str) -> str:
    """The key of one part of a wish that takes several transactions; no caller can name it."""
    _check_length(key)
    return hashlib.sha256(f"{part}\n{key}".encode()).hexdigest()


async def forget(session: AsyncSession, row: Base) -> None:
    """Frees the keys under which a row was made that came to nothing."""
    result = IdempotencyKey.result
    await session.execute(
        delete(IdempotencyKey).where(
            result["table"].as_string() == row.__tablename__,
            result["id"].as_integer() == row.id,
        )
    )


def _check_length(key: str) -> None:
    if not 1 <= len(key) <= KEY_MOST:
        raise refuse(Code.OUT_OF_RANGE, field="idempotency_key", least=1, most=KEY_MOST)


async def _first_result(
    session: AsyncSession,
    *,
    organization_id: int,
    caller: str,
    key: str,
    operation: str,
    digest: str,
) -> Any:
    first = (
        await session.execute(
            select(IdempotencyKey).where(
                IdempotencyKey.organization_id == organization_id,
                IdempotencyKey.caller == caller,
                IdempotencyKey.key == key,
            )
        )
    ).scalar_one()
    if first.operation != operation or first.input_digest != digest or first.result is None:
        raise refuse(Code.IDEMPOTENCY_KEY_REUSED, field="idempotency_key")
    return await session.get(row_class(first.result["table"]), first.result["id"])
