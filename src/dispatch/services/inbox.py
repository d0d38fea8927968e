"""What one was told: one's own messages, read and unread."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store.messages import Message
from dispatch.store.users import User


async def mark_read(tx: Tx, *, message_ids: Sequence[int] | None = None) -> User:
    """Notes that the messages (all, if none is named) were read; others' are passed over."""
    mine = (visible.inbox(tx.actor), Message.read_at.is_(None))
    chosen = (*mine, Message.id.in_(message_ids)) if message_ids is not None else mine
    await tx.session.execute(
        update(Message)
        .where(*chosen)
        .values(read_at=tx.now, version=Message.version + 1)
        .execution_options(synchronize_session=False)
    )
    return await tx.session.get_one(User, tx.actor.user_id)


async def unread(tx: Tx) -> int:
    """How many messages wait to be read."""
    statement = select(func.count()).where(visible.inbox(tx.actor), Message.read_at.is_(None))
    return (await tx.session.execute(statement)).scalar_one()
