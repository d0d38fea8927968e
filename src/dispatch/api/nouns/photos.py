"""Photos (照片): uploaded by signed addresses, shown by signed addresses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.base import OfRow, column
from dispatch.api.nouns.describing import described
from dispatch.api.nouns.writes import (
    Result,
    arguments_of,
    filled,
    key_field,
    mutation_field,
    needed,
    payload_type,
    write,
)
from dispatch.domain import photos as domain
from dispatch.domain.errors import Code
from dispatch.services import photos as service
from dispatch.store.photos import Photo as PhotoRow

described(
    domain.PhotoType,
    "Kinds of photos (照片格式); a file is looked at, whatever its sender calls it.",
    {
        domain.PhotoType.JPEG: "`image/jpeg` (JPEG).",
        domain.PhotoType.PNG: "`image/png` (PNG).",
        domain.PhotoType.WEBP: "`image/webp` (WebP).",
        domain.PhotoType.HEIC: "`image/heic`, as phones take them (HEIC).",
    },
)


def shown(info: Info, texts: Sequence[str]) -> list[str]:
    """Photos as addresses: ours are signed anew, others are as they were given."""
    return [shown_one(info, text) for text in texts]


def shown_one(info: Info, text: str) -> str:
    key = domain.key_of(text)
    if key is None:
        return text
    backing = info.context.backing
    return backing.photos.addresses.reading(key, now=backing.services.clock())


@strawberry.type(description="A header that a request must have (请求头).")
class HttpHeader:
    name: str = column("Its name (名称).")
    value: str = column("Its value (值).")


@strawberry.type(
    description="Where and how a photo is uploaded (照片上传地址): send the file by `method` to "
    "`address` with `headers`, then say `photoConfirm`, then name `reference` among the photos of "
    "a ticket or an order."
)
class PhotoUpload(OfRow):
    row = PhotoRow

    @strawberry.field(
        description="What the photo is named by (照片引用). Whoever knows it can name it at its "
        "site."
    )
    def reference(root: PhotoRow) -> str:
        return domain.reference_to(root.key)

    @strawberry.field(
        description="Where to (上传地址); without a host: from the service's own address on. It "
        "needs no token."
    )
    def address(root: PhotoRow, info: Info) -> str:
        backing = info.context.backing
        upload = backing.photos.upload(
            service.promise_of(root), now=backing.services.clock(), until=root.expires_at
        )
        return upload.address

    @strawberry.field(description="The method of HTTP (请求方法): `PUT`.")
    def method(root: PhotoRow) -> str:
        return "PUT"

    @strawberry.field(description="Headers that must be sent as they are (请求头).")
    def headers(root: PhotoRow) -> list[HttpHeader]:
        return [HttpHeader(name="Content-Type", value=root.kind.media_type)]

    expires_at: datetime = column("Until when the address holds (有效至).")


@strawberry.type(description="A photo that was uploaded (照片).")
class Photo(OfRow):
    row = PhotoRow

    @strawberry.field(description="What the photo is named by (照片引用).")
    def reference(root: PhotoRow) -> str:
        return domain.reference_to(root.key)

    @strawberry.field(
        description="Where it is read for a while, from the service's own address on (照片地址). "
        "It needs no token."
    )
    def address(root: PhotoRow, info: Info) -> str:
        return shown_one(info, domain.reference_to(root.key))

    kind: domain.PhotoType = column("What it is (照片格式).")
    byte_length: int = column("How long the file is, in bytes (大小).")
    received_at: datetime | None = column("When it had come (收到时间).")


@strawberry.input(description="A photo that is going to be uploaded (准备上传的照片).")
class PhotoUploadInput:
    site_id: strawberry.ID = needed("The site that it is of (项目).", node="Site")
    kind: domain.PhotoType = needed("What it is (照片格式).")
    byte_length: int = needed("How long the file is, in bytes (大小); the policy says the most.")
    sha256: str = needed("SHA-256 of the file, as 64 hexadecimal digits in lower case (校验值).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A photo that has been uploaded (已上传的照片).")
class PhotoConfirmInput:
    reference: str = needed("What `photoUpload` named it by (照片引用).")


_UPLOAD = Result(
    "upload", PhotoUpload, "Where and how to send it (照片上传地址); null when refused."
)
_PHOTO = Result("photo", Photo, "The photo, which may be named now (照片); null when refused.")
_CONFIRMED = payload_type(PhotoConfirmInput, _PHOTO, Code.PHOTO_NOT_UPLOADED, Code.PHOTO_UNFIT)


async def _confirm(root: None, info: Info, input: PhotoConfirmInput) -> Any:
    context = info.context
    files = context.backing.photos.files
    row = await service.confirm(context.services, files, context.actor, **arguments_of(input))
    return filled(_CONFIRMED, _PHOTO, row)


@strawberry.type
class PhotoMutations:
    photo_upload = write(
        service.ask,
        PhotoUploadInput,
        _UPLOAD,
        Code.TOO_MANY_PHOTOS,
        description="Asks for a place to send a photo to; the address is signed and holds for a "
        "while (上传照片). A photo that nothing names goes after a day, by policy.",
    )
    photo_confirm = mutation_field(
        _confirm,
        _CONFIRMED,
        PhotoConfirmInput,
        description="Says that a photo was sent; it is checked against what was promised: length, "
        "kind, SHA-256 (确认照片). Said again, it answers the same.",
    )
