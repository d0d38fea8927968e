"""Photos (照片): asked for, uploaded by a signed address, named by what they belong to.

Tickets and orders keep references; whoever may see these is given signed addresses.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.photos import DIGEST, PhotoType, Promise, key_of, reference_to
from dispatch.domain.rights import Action, Actor
from dispatch.domain.sizes import check_number
from dispatch.files import Files, Folder
from dispatch.services import accounts, visible
from dispatch.services.action import Services, Tx
from dispatch.services.callback_secrets import new_secret
from dispatch.services.policies import policy_of
from dispatch.store.photos import Photo
from dispatch.store.sites import Site

_ACTIONS = (Action.REPORT, Action.WORK, Action.MANAGE)


async def ask(tx: Tx, *, site_id: int, kind: PhotoType, byte_length: int, sha256: str) -> Photo:
    """A place for a photo, for whoever reports, works or manages at a site.

    Refuses a photo that is too large, and who leaves too many unused (TOO_MANY_PHOTOS).
    """
    site = await visible.find(tx, Site, site_id, visible.sites(tx.actor), field="site_id")
    if tx.actor.user_id is None or not any(
        tx.actor.may(action, site_id=site.id, own=True) for action in _ACTIONS
    ):
        raise refuse(Code.FORBIDDEN, action=Action.REPORT.value)
    rules = (await policy_of(tx, site.id)).photos
    check_number("byte_length", byte_length, least=1, most=rules.bytes_most)
    if not DIGEST.fullmatch(sha256):
        raise refuse(Code.BAD_INPUT, field="sha256", given=sha256[:80])
    unused = select(func.count()).where(
        Photo.user_id == tx.actor.user_id, Photo.used_at.is_(None), Photo.doomed_at.is_(None)
    )
    if (await tx.session.execute(unused)).scalar_one() >= rules.unused_most:
        raise refuse(Code.TOO_MANY_PHOTOS, most=rules.unused_most)
    expires_at = tx.now + timedelta(seconds=rules.upload_s)
    photo = Photo(
        site_id=site.id,
        user_id=tx.actor.user_id,
        key=new_secret(tx.randbelow),
        kind=kind,
        byte_length=byte_length,
        sha256=sha256,
        created_at=tx.now,
        expires_at=expires_at,
        unused_until=expires_at + timedelta(seconds=rules.unused_s),
    )
    await tx.save(photo, "photo.asked")
    return photo


def promise_of(photo: Photo) -> Promise:
    return Promise(photo.key, photo.kind, photo.byte_length, photo.sha256)


async def take_in(
    services: Services, folder: Folder, *, key: str, pieces: AsyncIterator[bytes], origin: str
) -> None:
    """Keeps what is sent to a signed address; sent again, it is the same."""
    nobody = accounts.service_actor(organization_id=0, origin=origin)
    photo = await _of_key(services, nobody, key)
    await folder.take(promise_of(photo), pieces)
    async with services.reading(nobody) as tx:
        site = await tx.session.get_one(Site, photo.site_id)
    receiver = accounts.service_actor(organization_id=site.organization_id, origin=origin)
    await services.perform(receiver, _receive, key=key)


async def confirm(services: Services, files: Files, actor: Actor, *, reference: str) -> Photo:
    """Makes sure that the asker's photo has come as promised; PHOTO_NOT_UPLOADED if it has not."""
    photo = await _of_key(services, actor, key_of(reference) or "", field="reference")
    if photo.user_id != actor.user_id:
        raise refuse(Code.NOT_FOUND, field="reference", id=reference[:80])
    if photo.received_at is not None:
        return photo
    if not await files.check(promise_of(photo), now=services.clock()):
        raise refuse(Code.PHOTO_NOT_UPLOADED, field="reference")
    return await services.perform(actor, _receive, key=photo.key)


async def readable(services: Services, *, key: str, origin: str) -> Photo:
    """The photo of a signed address; NOT_FOUND when it has gone meanwhile."""
    nobody = accounts.service_actor(organization_id=0, origin=origin)
    photo = await _of_key(services, nobody, key)
    if photo.received_at is None:
        raise refuse(Code.NOT_FOUND, id=key)
    return photo


async def named(
    tx: Tx, field: str, texts: Sequence[str], *, site_id: int | None = None
) -> list[str]:
    """The photos that an input names: references to ours, addresses of others as they are.

    A reference to what is not there is NOT_FOUND; to what has not come, PHOTO_NOT_UPLOADED.
    """
    keys = [key_of(text) for text in texts]
    found = await _by_key(tx, [key for key in keys if key is not None])
    for key in keys:
        if key is None:
            continue
        photo = found.get(key)
        if photo is None or site_id not in (None, photo.site_id):
            raise refuse(Code.NOT_FOUND, field=field, id=reference_to(key))
        if photo.received_at is None:
            raise refuse(Code.PHOTO_NOT_UPLOADED, field=field)
    return [
        reference_to(key) if key is not None else text
        for key, text in zip(keys, texts, strict=True)
    ]


async def keep(
    tx: Tx,
    texts: Sequence[str],
    *,
    ticket_id: int | None = None,
    work_order_id: int | None = None,
    technician_id: int | None = None,
) -> None:
    """What is named from now on stays; it belongs to what named it first."""
    found = await _by_key(tx, [key for key in map(key_of, texts) if key is not None])
    new = [each for each in found.values() if each.used_at is None]
    for photo in new:
        photo.used_at = tx.now
        photo.ticket_id = ticket_id
        photo.work_order_id = work_order_id
        photo.technician_id = technician_id
    await tx.save_all((photo, "photo.used", {}) for photo in new)


async def _receive(tx: Tx, *, key: str) -> Photo:
    photo = (await _by_key(tx, [key]))[key]
    if photo.received_at is None:
        photo.received_at = tx.now
        await tx.save(photo, "photo.received")
    return photo


async def _of_key(services: Services, actor: Actor, key: str, *, field: str = "key") -> Photo:
    async with services.reading(actor) as tx:
        statement = select(Photo).where(Photo.key == key, Photo.doomed_at.is_(None))
        photo = (await tx.session.execute(statement)).scalar_one_or_none()
    if photo is None:
        raise refuse(Code.NOT_FOUND, field=field, id=key)
    return photo


async def _by_key(tx: Tx, keys: Sequence[str]) -> Mapping[str, Photo]:
    if not keys:
        return {}
    statement = select(Photo).where(Photo.key.in_(keys), Photo.doomed_at.is_(None))
    # Always in one order: two who name the same photos do not wait for each other.
    rows = (await tx.session.execute(statement.order_by(Photo.id).with_for_update())).scalars()
    return {photo.key: photo for photo in rows}
