"""The photos' place and their addresses, together."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dispatch.domain.photos import Promise
from dispatch.files.addresses import Addresses
from dispatch.files.folder import Folder
from dispatch.files.keeping import Files, Upload

PHOTO_FOLDER = Path("photos")
"""Where photos are where nothing else is set."""


@dataclass(frozen=True, slots=True)
class PhotoFiles:
    """Where photos are, and who signs the way to them."""

    files: Files
    addresses: Addresses

    def upload(self, promise: Promise, *, now: datetime, until: datetime) -> Upload:
        """How a client sends a photo: to its place directly, or to the service."""
        direct = self.files.upload(promise, now=now, until=until)
        if direct is not None:
            return direct
        address = self.addresses.writing(promise.key, until=until)
        return Upload(address, {"Content-Type": promise.kind.media_type})


def photos_in(files: Files, *, lasts_s: int = 3600) -> PhotoFiles:
    """Photos at a place, with addresses that hold for so long at least."""
    return PhotoFiles(files, Addresses(files.secret, lasts_s))


def photos_in_folder() -> PhotoFiles:
    return photos_in(Folder(PHOTO_FOLDER))
