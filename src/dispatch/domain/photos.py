"""Photos (照片): what may be uploaded, and whether what came is what was promised."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from dispatch.domain.errors import Code, Refused, refuse

DIGEST = re.compile(r"[0-9a-f]{64}")
_HEAD_BYTES = 32
# A photo of ours as a client may name it: by its reference, or by an address that it was shown.
_NAMED = re.compile(
    r"(?:photo:|(?:https?://[^/?#]+)?(?:/[^?#]*)?/photos/)([0-9a-f]{64})"
    r"(?:\?expires=\d+&signature=[0-9a-f]{64})?"
)


class PhotoType(StrEnum):
    """Kinds of files that phones make and browsers show."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    HEIC = "HEIC"

    @property
    def media_type(self) -> str:
        return f"image/{self.value.lower()}"


_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})


def type_of(head: bytes) -> PhotoType | None:
    """What a file is by its first bytes, whatever its sender calls it."""
    if head.startswith(b"\xff\xd8\xff"):
        return PhotoType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PhotoType.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PhotoType.WEBP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return PhotoType.HEIC
    return None


def reference_to(key: str) -> str:
    """How a photo is named in tickets and orders."""
    return f"photo:{key}"


def key_of(text: str) -> str | None:
    """The key of a photo of ours; None of an address elsewhere."""
    found = _NAMED.fullmatch(text)
    return found[1] if found is not None else None


@dataclass(frozen=True, slots=True)
class Promise:
    """What is to come: the key it is kept by, its kind, its length in bytes, its SHA-256."""

    key: str
    kind: PhotoType
    byte_length: int
    sha256: str


class Inspection:
    """Looks at a file piece by piece as it comes; refuses PHOTO_UNFIT what was not promised."""

    def __init__(self, promise: Promise) -> None:
        self._promise = promise
        self._digest = hashlib.sha256()
        self._head = b""
        self._bytes = 0

    def take(self, piece: bytes) -> None:
        """The next piece; more than was promised ends it at once."""
        self._bytes += len(piece)
        if self._bytes > self._promise.byte_length:
            raise self._unfit("byteLength")
        if len(self._head) < _HEAD_BYTES:
            self._head += piece[: _HEAD_BYTES - len(self._head)]
        self._digest.update(piece)

    def finish(self) -> None:
        """The file is whole: its length, kind and digest must be those promised."""
        if self._bytes != self._promise.byte_length:
            raise self._unfit("byteLength")
        if type_of(self._head) is not self._promise.kind:
            raise self._unfit("type")
        if self._digest.hexdigest() != self._promise.sha256:
            raise self._unfit("sha256")

    def _unfit(self, what: str) -> Refused:
        return refuse(Code.PHOTO_UNFIT, what=what)
