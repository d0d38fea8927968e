"""Photos that nobody used, or whose person was erased, go: first from sight, then the file, then
the row. Whoever is interrupted leaves no file without a row."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select

from dispatch.files import Files, Folder
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services, Tx
from dispatch.store.photos import Photo

_AT_ONCE = 100


async def sweep(services: Services, files: Files) -> int:
    """Removes all that is due; how many."""
    actor = service_actor(organization_id=0, origin="worker")
    swept = 0
    while keys := await services.perform(actor, _doom):
        await files.remove(keys, now=services.clock())
        await services.perform(actor, _forget, keys=keys)
        swept += len(keys)
    if isinstance(files, Folder):
        await files.tidy()
    return swept


async def _doom(tx: Tx) -> list[str]:
    statement = (
        select(Photo)
        .where(
            or_(Photo.used_at.is_(None), Photo.doomed_at.is_not(None)),
            or_(Photo.unused_until <= tx.now, Photo.doomed_at.is_not(None)),
        )
        .order_by(Photo.unused_until)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    photos = (await tx.session.execute(statement)).scalars().all()
    for photo in photos:
        photo.doomed_at = photo.doomed_at or tx.now
    await tx.session.flush()
    return [photo.key for photo in photos]


async def _forget(tx: Tx, *, keys: Sequence[str]) -> None:
    await tx.session.execute(delete(Photo).where(Photo.key.in_(keys)))
