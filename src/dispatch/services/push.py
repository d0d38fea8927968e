"""The browsers that people want to be told on (浏览器推送)."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.opaque import unpack
from dispatch.domain.sizes import check_count
from dispatch.notify.web_push import is_point, new_key, public_key
from dispatch.services import accounts
from dispatch.services.action import Tx
from dispatch.store.grouping import group_by
from dispatch.store.messages import Message
from dispatch.store.push import PushKey, PushSubscription
from dispatch.store.users import User

_BROWSERS_MOST = 20
_ENDPOINT_MOST = 1_000
_AUTH_BYTES = 16


async def open_key(tx: Tx) -> PushKey:
    """The company's key; made when its first site sets up pushes, and the same ever after."""
    key = await _key(tx, tx.actor.organization_id)
    if key is None:
        key = PushKey(
            organization_id=tx.actor.organization_id, private=new_key(), created_at=tx.now
        )
        await tx.save(key, "push_key.made")
    return key


async def key_for_browsers(tx: Tx) -> str | None:
    """What a browser subscribes with; None: no site of the company has set up pushes."""
    key = await _key(tx, tx.actor.organization_id)
    return public_key(key.private) if key is not None else None


async def subscribe(tx: Tx, *, endpoint: str, p256dh: str, auth: str) -> User:
    """Tells the caller on this browser, too; a browser belongs to who said so last."""
    user = await accounts.own_account(tx, lock=True)
    _check(endpoint=endpoint, p256dh=p256dh, auth=auth)
    mine = (await browsers_of(tx, [user.id])).get(user.id, [])
    await tx.session.execute(delete(PushSubscription).where(PushSubscription.endpoint == endpoint))
    others = [each for each in mine if each.endpoint != endpoint]
    check_count("endpoint", others, most=_BROWSERS_MOST - 1)
    row = PushSubscription(
        user_id=user.id, endpoint=endpoint, p256dh=p256dh, auth=auth, created_at=tx.now
    )
    await tx.save(row, "push_subscription.made")
    return user


async def unsubscribe(tx: Tx, *, endpoint: str) -> User:
    """Tells the caller on this browser no more; nothing happens where nobody did."""
    user = await accounts.own_account(tx)
    await tx.session.execute(
        delete(PushSubscription).where(
            PushSubscription.user_id == user.id, PushSubscription.endpoint == endpoint
        )
    )
    return user


async def forget_browsers(tx: Tx, user_id: int) -> None:
    """Tells the person on no browser any more."""
    mine = PushSubscription.user_id == user_id
    await tx.session.execute(delete(PushSubscription).where(mine))


async def browsers_of(tx: Tx, user_ids: Iterable[int]) -> dict[int, list[PushSubscription]]:
    """By user, the first first."""
    statement = (
        select(PushSubscription)
        .where(PushSubscription.user_id.in_(list(user_ids)))
        .order_by(PushSubscription.id)
    )
    return group_by((await tx.session.execute(statement)).scalars(), "user_id")


async def way_of(
    tx: Tx, message: Message, *, organization_id: int, keep_s: int
) -> dict[str, str | int]:
    """What the sender of a push must know; nothing where the browser is gone meanwhile."""
    browser = await _browser(tx, message)
    key = await _key(tx, organization_id)
    if browser is None or key is None:
        return {}
    return {
        "endpoint": browser.endpoint,
        "p256dh": browser.p256dh,
        "auth": browser.auth,
        "private": key.private,
        "keep_s": keep_s,
    }


async def drop(tx: Tx, message: Message) -> None:
    """The browser does not take pushes any more."""
    row = await _browser(tx, message)
    if row is not None:
        await tx.session.delete(row)


async def _browser(tx: Tx, message: Message) -> PushSubscription | None:
    row = await tx.session.get(PushSubscription, int(message.address or 0))
    # Somebody else may have signed in there since.
    return row if row is not None and row.user_id == message.user_id else None


async def _key(tx: Tx, organization_id: int) -> PushKey | None:
    statement = select(PushKey).where(PushKey.organization_id == organization_id)
    return (await tx.session.execute(statement)).scalar_one_or_none()


def _check(*, endpoint: str, p256dh: str, auth: str) -> None:
    if not endpoint.startswith("https://"):
        raise refuse(Code.BAD_INPUT, field="endpoint", given=endpoint[:80])
    if len(endpoint) > _ENDPOINT_MOST:
        raise refuse(Code.TOO_LONG, field="endpoint", most=_ENDPOINT_MOST)
    if not is_point(_bytes("p256dh", p256dh)):
        raise refuse(Code.BAD_INPUT, field="p256dh", given=p256dh[:80])
    if len(_bytes("auth", auth)) != _AUTH_BYTES:
        raise refuse(Code.BAD_INPUT, field="auth", given=auth[:80])


def _bytes(field: str, text: str) -> bytes:
    try:
        return unpack(text)
    except ValueError:
        raise refuse(Code.BAD_INPUT, field=field, given=text[:80]) from None
