"""Photos for tests, and what a client says of one before it sends it."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Any


def a_photo(*, blue: int = 200, side: int = 8) -> bytes:
    """A true PNG of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes((30, 60, blue)) * side) * side
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    )


A_PHOTO = a_photo()


def promised(content: bytes, *, kind: str = "PNG") -> dict[str, Any]:
    """The fields of `photoUpload` that tell of a file."""
    digest = hashlib.sha256(content).hexdigest()
    return {"kind": kind, "byteLength": len(content), "sha256": digest}
