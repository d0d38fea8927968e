"""What counts as a photo, what it is named by, and whether what came is what was promised."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.errors import Code, Refused
from dispatch.domain.photos import Inspection, PhotoType, Promise, key_of, reference_to, type_of

KEY = "0f" * 32
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", PhotoType.JPEG),
        (PNG, PhotoType.PNG),
        (b"RIFF\x24\0\0\0WEBPVP8 ", PhotoType.WEBP),
        (b"\0\0\0\x18ftypheic\0\0\0\0", PhotoType.HEIC),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", None),
        (b"RIFF\x24\0\0\0WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"<!doctype html>", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, kind: PhotoType | None) -> None:
    assert type_of(head) is kind


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (reference_to(KEY), KEY),
        (f"/photos/{KEY}?expires=12&signature={KEY}", KEY),
        (f"https://dispatch.example/a/photos/{KEY}?expires=12&signature={KEY}", KEY),
        ("https://elsewhere.example/photos/cat.png", None),
        (f"photo:{KEY}/../x", None),
        (f"photo:{KEY[:-1]}G", None),
        (f"photo:{KEY}\n", None),
        ("photo:../../etc/passwd", None),
        ("", None),
    ],
)
def test_a_photo_is_known_by_its_reference_and_by_any_address_of_it(text: str, key: str) -> None:
    assert key_of(text) == key


def promise(content: bytes, **other: object) -> Promise:
    of = {
        "key": KEY,
        "kind": PhotoType.PNG,
        "byte_length": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return Promise(**{**of, **other})  # type: ignore[arg-type]


def inspect(content: bytes, promised: Promise) -> None:
    inspection = Inspection(promised)
    inspection.take(content)
    inspection.finish()


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), min_size=1))
def test_a_promised_file_passes_however_it_is_cut(rest: bytes, cuts: list[int]) -> None:
    content = PNG + rest
    inspection = Inspection(promise(content))
    at = 0
    for size in cuts:
        inspection.take(content[at : at + size])
        at += size
    inspection.take(content[at:])
    inspection.finish()


@pytest.mark.parametrize(
    ("content", "other", "what"),
    [
        (PNG, {"byte_length": len(PNG) - 1}, "byteLength"),
        (PNG, {"byte_length": len(PNG) + 1}, "byteLength"),
        (PNG, {"kind": PhotoType.JPEG}, "type"),
        (b"<script>", {}, "type"),
        (PNG, {"sha256": "00" * 32}, "sha256"),
    ],
)
def test_what_was_not_promised_is_refused(content: bytes, other: dict, what: str) -> None:
    with pytest.raises(Refused) as caught:
        inspect(content, promise(content, **other))
    (refusal,) = caught.value.refusals
    assert (refusal.code, refusal.params) == (Code.PHOTO_UNFIT, {"what": what})
