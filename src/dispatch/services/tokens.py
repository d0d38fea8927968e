"""Tokens after they were given: rotating and revoking them (SEC-6)."""

from datetime import timedelta

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.services.accounts import SignedIn, digest_of, keep_token
from dispatch.services.action import Tx
from dispatch.store.users import Token, User


async def rotate(tx: Tx, *, token: str, session_days: int) -> SignedIn:
    """A fresh token for the one in hand, which ends at once.

    It lasts as long as the old one was given for, but no longer than `session_days` after its
    owner signed in, unless the old one did. Of two at the same moment one is refused.
    """
    statement = select(Token).where(Token.digest == digest_of(token)).with_for_update()
    old = (await tx.session.execute(statement)).scalar_one_or_none()
    is_over = old is None or old.revoked_at is not None or old.expires_at <= tx.now
    if old is None or is_over or old.user_id != tx.actor.user_id:
        raise refuse(Code.UNAUTHENTICATED)
    begun = old.signed_in_at or old.created_at
    wished = tx.now + (old.expires_at - old.created_at)
    await _end(tx, old)
    fresh = Token(
        label=old.label,
        expires_at=max(old.expires_at, min(wished, begun + timedelta(days=session_days))),
        signed_in_at=old.signed_in_at,
        origin=old.origin,
    )
    return await keep_token(tx, await tx.session.get_one(User, old.user_id), fresh)


async def revoke(tx: Tx, *, token_id: int) -> Token:
    """Ends one token at once: one's own, or any by who manages the company."""
    token = await tx.session.get(Token, token_id)
    if token is None or not await _may_end(tx, token.user_id):
        raise refuse(Code.NOT_FOUND, field="token_id", id=token_id)
    await _end(tx, token)
    return token


async def revoke_all(tx: Tx, *, user_id: int) -> User:
    """Ends every token of an account: one's own, or any by who manages the company."""
    if not await _may_end(tx, user_id):
        raise refuse(Code.NOT_FOUND, field="user_id", id=user_id)
    await end_all(tx, user_id)
    return await tx.session.get_one(User, user_id)


async def end_all(tx: Tx, user_id: int) -> None:
    """The step itself."""
    statement = select(Token).where(
        Token.user_id == user_id, Token.revoked_at.is_(None), Token.expires_at > tx.now
    )
    tokens = (await tx.session.execute(statement)).scalars().all()
    for token in tokens:
        token.revoked_at = tx.now
    await tx.save_all((token, "token.revoked", {}) for token in tokens)


async def _may_end(tx: Tx, user_id: int) -> bool:
    if user_id == tx.actor.user_id:
        return True
    user = await tx.session.get(User, user_id)
    if user is None or user.organization_id != tx.actor.organization_id:
        return False
    return tx.actor.may_everywhere(Action.MANAGE_COMPANY)


async def _end(tx: Tx, token: Token) -> None:
    if token.revoked_at is None:
        token.revoked_at = tx.now
        await tx.save(token, "token.revoked")
